import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  startEmulator,
  type Emulator,
  type Fault,
  type FaultKind,
  type LedgerEntry,
} from "../../src/emulator/index.ts";
import { be, benchOf, type BatchCall, type Bench, type RawReply } from "./wire.ts";

let emulator: Emulator;
let bench: Bench;

beforeAll(async () => {
  emulator = await startEmulator({ mailboxes: 20 });
  bench = await benchOf(emulator);
});
beforeEach(() => be(emulator));
afterAll(async () => emulator.stop());

const subject = (at = 0): string => [...emulator.targets(bench.tenantId)][at] ?? "";
const call = async (at = 0): Promise<RawReply> =>
  bench.invoke("Get-MailboxPermission", { Identity: subject(at) });

/** The next call meets the fault. */
function next(kind: FaultKind, more: Omit<Fault, "kind"> = {}): void {
  emulator.addFaults([{ match: { nth: 1 }, fault: { kind, ...more } }]);
}

function lastEntry(): LedgerEntry {
  const entry = [...emulator.ledger.read(emulator.ledger.length - 1)][0];
  if (!entry) throw new Error("the ledger is empty");
  return entry;
}

/** What the ledger says of the last call. */
const record = (): [executed: boolean, delivered: boolean, status: number | null] => {
  const { executedAtMs, deliveredAtMs, status } = lastEntry();
  return [executedAtMs !== null, deliveredAtMs !== null, status];
};

const batch = (count: number): BatchCall[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `id-${at}`,
    cmdlet: "Get-MailboxPermission",
    parameters: { Identity: subject(at) },
  }));
const idsOf = (reply: RawReply): (string | null)[] =>
  JSON.parse(reply.text).responses.map((item: { id: string } | null) => item?.id ?? null);

test("without a fault a call is executed and delivered", async () => {
  expect((await call()).status).toBe(200);
  await expect.poll(record).toEqual([true, true, 200]);
});

test("lost-after: executed, and the connection ends without a reply", async () => {
  next("lost-after");
  await expect(call()).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect(record()).toEqual([true, false, 200]);
});

test("lost-before: the connection ends without a reply and nothing was executed", async () => {
  next("lost-before");
  await expect(call()).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect(record()).toEqual([false, false, null]);
});

test("late: the connection ends at once, the call is executed later", async () => {
  be(emulator, { timeScale: 100 });
  next("late", { delaySeconds: 20 });
  await expect(call()).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect(record()).toEqual([false, false, null]);
  await expect.poll(record).toEqual([true, false, 200]);
  const { arrivedAtMs, executedAtMs } = lastEntry();
  expect((executedAtMs ?? 0) - arrivedAtMs).toBeGreaterThanOrEqual(190);
});

test("truncated: executed, the body ends before its length", async () => {
  next("truncated");
  const reply = await call();
  expect([reply.status, reply.whole]).toEqual([200, false]);
  expect(reply.bytes.length).toBeLessThan(Number(reply.headers["content-length"]));
  expect(record()).toEqual([true, false, 200]);
});

test("reset: executed, the connection is reset before the reply is whole", async () => {
  next("reset");
  const whole = await call().then(
    (reply) => reply.whole,
    (error: Error) => error.message,
  );
  expect([false, "read ECONNRESET", "socket hang up"]).toContain(whole);
  expect(record()).toEqual([true, false, 200]);
});

test("cut: a whole reply whose JSON breaks off", async () => {
  next("cut");
  const reply = await call();
  expect([reply.whole, reply.bytes.length]).toEqual([true, Number(reply.headers["content-length"])]);
  expect(() => JSON.parse(reply.text)).toThrow("JSON");
});

test("garbled: a body labelled gzip that is neither gzip nor JSON", async () => {
  next("garbled");
  const reply = await call();
  expect([reply.status, reply.headers["content-encoding"], reply.bytes[0], reply.bytes[1]]).toEqual([
    200,
    "gzip",
    0x1f,
    0x8b,
  ]);
});

test("slow-body: the body drips", async () => {
  next("slow-body", { delaySeconds: 0.2 });
  const begin = performance.now();
  expect(JSON.parse((await call()).text).value.length).toBeGreaterThan(0);
  expect(performance.now() - begin).toBeGreaterThan(150);
});

test("unavailable, bad-gateway: not executed; gateway-timeout: executed", async () => {
  next("unavailable");
  expect([(await call()).status, record()[0]]).toEqual([503, false]);
  next("bad-gateway");
  expect([(await call()).status, record()[0]]).toEqual([502, false]);
  next("gateway-timeout");
  expect([(await call()).status, record()]).toEqual([504, [true, false, 200]]);
});

test("unauthorized, claims: 401 in the middle of a run", async () => {
  next("unauthorized");
  expect((await call()).headers["www-authenticate"]).toContain('error="invalid_token"');
  next("claims");
  expect((await call()).headers["www-authenticate"]).toContain("claims=");
  bench = await benchOf(emulator);
  expect((await call()).status).toBe(200);
});

test("throttled: 429 with Retry-After exactly as ordered, however odd", async () => {
  for (const retryAfter of ["0", "-1", "1000000000", "Wed, 21 Oct 2026 07:28:00 GMT", "soon", null]) {
    next("throttled", { retryAfter });
    const reply = await call();
    expect([reply.status, reply.headers["retry-after"] ?? null]).toEqual([429, retryAfter]);
  }
});

test("transient: one call fails under a transient name, the next is fine", async () => {
  next("transient");
  expect([(await call()).status, record()[0]]).toEqual([400, false]);
  expect((await call()).status).toBe(200);
});

test("item-unauthorized, item-throttled: one item alone is refused inside a 200", async () => {
  const strike = async (fault: Fault): Promise<[number, string | undefined, number][]> => {
    emulator.addFaults([{ match: { subject: subject(1), nth: 1 }, fault }]);
    const { responses } = JSON.parse((await bench.batch(batch(2))).text);
    return responses.map((item: { status: number; headers: Record<string, string>; body: unknown }) => [
      item.status,
      item.headers["Retry-After"],
      item.body === null ? 0 : 1,
    ]);
  };
  expect(await strike({ kind: "item-unauthorized" })).toEqual([
    [200, undefined, 1],
    [401, undefined, 0],
  ]);
  expect(await strike({ kind: "item-throttled", retryAfter: "7" })).toEqual([
    [200, undefined, 1],
    [429, "7", 1],
  ]);
});

test("page-expired, next-loops, next-foreign: paging goes wrong", async () => {
  const page = async (query = ""): Promise<RawReply> =>
    bench.invoke("Get-Mailbox", {}, { query, headers: { prefer: "odata.maxpagesize=5" } });
  const linkOf = (reply: RawReply): URL => new URL(JSON.parse(reply.text)["@odata.nextLink"]);
  next("next-foreign");
  expect(linkOf(await page()).host).toBe("outlook.office365.example");
  const first = await page();
  next("page-expired");
  expect((await page(linkOf(first).search)).text).toContain("Expired or Invalid pagination request");
  next("next-loops");
  const looping = await page();
  expect(JSON.parse((await page(linkOf(looping).search)).text).value).toEqual(JSON.parse(looping.text).value);
});

test("item faults: missing, null, twice, under a foreign id, swapped with its neighbour", async () => {
  const ids = async (kind: FaultKind): Promise<(string | null)[]> => {
    emulator.addFaults([{ match: { subject: subject(1), nth: 1 }, fault: { kind } }]);
    return idsOf(await bench.batch(batch(3)));
  };
  expect(await ids("item-missing")).toEqual(["id-0", "id-2"]);
  expect(await ids("item-null")).toEqual(["id-0", null, "id-2"]);
  expect(await ids("item-twice")).toEqual(["id-0", "id-1", "id-1", "id-2"]);
  expect(await ids("item-foreign")).toEqual(["id-0", expect.stringMatching(/^[0-9a-f-]{36}$/), "id-2"]);
  expect(await ids("items-swapped")).toEqual(["id-0", "id-2", "id-1"]);
});

test("a script strikes the nth call of a cmdlet, for one mailbox, as often as it says", async () => {
  emulator.addFaults([
    {
      match: { cmdlet: "get-mailboxpermission", subject: subject(3), nth: 2 },
      fault: { kind: "throttled" },
      times: 2,
    },
  ]);
  const statuses: number[] = [];
  for (let n = 0; n < 5; n += 1) statuses.push((await call(3)).status, (await call(4)).status);
  expect(statuses).toEqual([200, 200, 429, 200, 429, 200, 200, 200, 200, 200]);
});

test("rates strike from the seed: the same seed, the same victims", async () => {
  const pattern = async (seed: number): Promise<string> => {
    const other = await startEmulator({ seed, mailboxes: 5 });
    be(other, { faults: { rates: { throttled: 0.5 } } });
    const caller = await benchOf(other);
    let seen = "";
    for (let n = 0; n < 16; n += 1)
      seen += (await caller.invoke("Get-Mailbox", { ResultSize: 1 })).status === 200 ? "." : "x";
    await other.stop();
    return seen;
  };
  const [first, again, another] = [await pattern(7), await pattern(7), await pattern(8)];
  expect(first).toBe(again);
  expect(first).not.toBe(another);
  expect(first).toMatch(/x/);
});

test("bursts: requests are refused for the last seconds of every span", async () => {
  be(emulator, { timeScale: 100, faults: { bursts: { every: 20, last: 10 } } });
  const seen = new Set<boolean>();
  await expect.poll(async () => seen.add((await call()).status === 200).size, { interval: 10 }).toBe(2);
  be(emulator, { faults: { bursts: { every: 1, last: 1 } } });
  expect([502, 503, 504]).toContain((await call()).status);
});

test("p5xx strikes requests, p5xxItem single items", async () => {
  be(emulator, { p5xx: 1 });
  expect([502, 503, 504]).toContain((await bench.batch(batch(3))).status);
  be(emulator, { p5xxItem: 1 });
  const { responses } = JSON.parse((await bench.batch(batch(3))).text);
  expect(responses.map((item: { status: number }) => item.status)).toEqual([500, 500, 500]);
});
