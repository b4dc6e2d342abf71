import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator, type Emulator, type ProfilePatch } from "../../src/emulator/index.ts";
import { be, benchOf, type BatchCall, type Bench, type RawReply } from "./wire.ts";

let emulator: Emulator;
let bench: Bench;

beforeAll(async () => {
  emulator = await startEmulator({ mailboxes: 40 });
  bench = await benchOf(emulator);
});
afterAll(async () => emulator.stop());

const one = async (at = 0): Promise<RawReply> =>
  bench.invoke("Get-MailboxPermission", { Identity: [...emulator.targets(bench.tenantId)][at] });

function batchOf(count: number): BatchCall[] {
  const ids = [...emulator.targets(bench.tenantId)].slice(0, count);
  return ids.map((Identity, at) => ({
    id: String(at),
    cmdlet: "Get-MailboxPermission",
    parameters: { Identity },
  }));
}

/** Everything a window of one grants is gone already. */
async function refusedBy(patch: ProfilePatch): Promise<RawReply> {
  be(emulator, { rate: { kind: "window", n: 1, per: 3600, unit: "request", headers: false }, ...patch });
  const replies = [await one(), await one()];
  const refused = replies.find((reply) => reply.status === 429);
  if (!refused) throw new Error("nothing was refused");
  return refused;
}

test("a rate refuses with 429, Retry-After in seconds and JSON (exo-protocol.md 13)", async () => {
  const reply = await refusedBy({});
  expect(reply.headers["retry-after"]).toMatch(/^\d+$/);
  expect(JSON.parse(reply.text)).toEqual({
    error: { code: "TooManyRequests", message: expect.any(String) },
  });
});

test("fractionalRetryAfter: seconds with a fraction (exo-protocol.md 11, quirk 18)", async () => {
  const reply = await refusedBy({ quirks: { fractionalRetryAfter: 1 } });
  expect(reply.headers["retry-after"]).toMatch(/^\d+\.\d+$/);
});

test("missingRetryAfter: no Retry-After at all (exo-protocol.md 11, quirk 18)", async () => {
  const reply = await refusedBy({ quirks: { missingRetryAfter: 1 } });
  expect(reply.headers["retry-after"]).toBeUndefined();
});

test("plainTextThrottle: the body is plain text (exo-protocol.md 11, quirk 18)", async () => {
  const reply = await refusedBy({ quirks: { plainTextThrottle: 1 } });
  expect([reply.headers["content-type"], reply.text]).toEqual([
    "text/plain; charset=utf-8",
    "Too many requests. Please wait and try again.",
  ]);
});

test("concurrencyStatus: the concurrency text, at once, under 429, 503 or 500 (exo-protocol.md 11, quirk 19)", async () => {
  for (const concurrencyStatus of ["429", "503", "500"]) {
    be(emulator, {
      conc: { max: 1, unit: "request", retryAfter: null },
      latency: { call: { median: 200, sigma: 0 } },
      quirks: { concurrencyStatus },
    });
    const first = one();
    await expect.poll(() => emulator.inFlight().calls).toBe(1);
    const begin = performance.now();
    const second = await one(1);
    expect(performance.now() - begin).toBeLessThan(150);
    expect([second.status, second.headers["content-type"], second.headers["retry-after"]]).toEqual([
      Number(concurrencyStatus),
      "text/plain; charset=utf-8",
      undefined,
    ]);
    expect(second.text).toMatch(
      /^You have reached the maximum number of concurrent requests per tenant\. Please wait and try again/,
    );
    expect((await first).status).toBe(200);
  }
});

test("Rate-Limit headers: Limit, falling Remaining, Reset as ISO in UTC (exo-protocol.md 3.3)", async () => {
  be(emulator, { rate: { kind: "window", n: 3000, per: 60, unit: "item", headers: true } });
  const [first, second] = [await one(), await bench.batch(batchOf(10))];
  expect(first.headers["rate-limit-limit"]).toBe("3000");
  const remaining = [first, second].map((reply) => Number(reply.headers["rate-limit-remaining"]));
  expect((remaining[0] ?? 0) - (remaining[1] ?? 0)).toBe(10);
  const reset = first.headers["rate-limit-reset"];
  expect(reset).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const ahead = Date.parse(String(reset)) - Date.now();
  expect(ahead).toBeGreaterThan(-1000);
  expect(ahead).toBeLessThanOrEqual(60_000);
});

test("rateHeadersMissing: some servers send none (exo-protocol.md 11, quirk 20)", async () => {
  const rate = { kind: "window", n: 3000, per: 60, unit: "item", headers: true } as const;
  be(emulator, { rate, quirks: { rateHeadersMissing: 1 } });
  expect((await one()).headers["rate-limit-limit"]).toBeUndefined();
  be(emulator, { rate, quirks: { rateHeadersMissing: 0.5 } });
  const seen = new Set<boolean>();
  for (let n = 0; n < 20; n += 1) {
    const headers = { "connection-id": `connection-${n}` };
    const reply = await bench.invoke("Get-Mailbox", { ResultSize: 1 }, { headers });
    seen.add(reply.headers["rate-limit-limit"] === undefined);
  }
  expect(seen.size).toBe(2);
});

test("a budget slows calls down and says so in the recorded words (exo-protocol.md 9.3; 11, quirk 21)", async () => {
  const budget = {
    recharge: 0.6,
    cutoff: -3_000_000,
    cap: 300_000,
    start: -1_608_289,
    gain: 20,
    maxDelay: 30_000,
    unlock: 0.9,
    warn: true,
  };
  const latency = { call: { median: 2047, sigma: 0 } };
  be(emulator, { timeScale: 100, budget, latency });
  const begin = performance.now();
  const [warning = ""] = JSON.parse((await one()).text)["@adminapi.warnings"];
  expect(performance.now() - begin).toBeGreaterThan(200);
  const told =
    /^Micro delay applied\. Actual delayed: (\d+) msecs, Enforced: True, Capped delay: (\d+) msecs, Required: False,/.exec(
      warning,
    );
  // The one published sample: 21,956 ms at this balance, here a hundred times as fast.
  expect(Number(told?.[1])).toBeGreaterThan(210);
  expect(Number(told?.[1])).toBeLessThan(230);
  expect(told?.[2]).toBe(told?.[1]);
  expect(warning).toMatch(/Balance: -16\d{3}\/2160000\/-30000,/);
  expect(warning).toContain(
    "PowerShellCmdletsLeft: 384/400, ExchangeCmdletsLeft: 185/200, CmdletTimePeriod: 5,",
  );
});

test("past the cutoff the tenant is locked: 429 with Retry-After (exo-protocol.md 9.3)", async () => {
  const emulator = await startEmulator({ mailboxes: 10 });
  const bench = await benchOf(emulator);
  be(emulator, {
    budget: {
      recharge: 0.5,
      cutoff: -1000,
      cap: 100,
      start: -990,
      gain: 0,
      maxDelay: 0,
      unlock: 0.9,
      warn: false,
    },
    latency: { call: { median: 20, sigma: 0 } },
  });
  const invoke = async (): Promise<RawReply> => bench.invoke("Get-Mailbox", { ResultSize: 1 });
  expect((await invoke()).status).toBe(200);
  const locked = await invoke();
  // (900 to 1010 ms of debt) at 0.5 ms per ms: about 200 ms.
  expect([locked.status, Number(locked.headers["retry-after"]) < 0.5]).toEqual([429, true]);
  await expect.poll(async () => (await invoke()).status, { interval: 20 }).toBe(200);
  await emulator.stop();
});

test("a limit changes by itself, and when somebody says so (exo-protocol.md 11, quirk 22)", async () => {
  const rate = { kind: "window", n: 1, per: 3600, unit: "request", headers: false } as const;
  be(emulator, { timeScale: 1000, rate, changes: [{ at: 100, set: { rate: { n: 1000 } } }] });
  await one();
  expect((await one()).status).toBe(429);
  await expect.poll(async () => (await one()).status, { interval: 20 }).toBe(200);
  emulator.setProfile({ rate: { n: 1 } });
  expect((await one()).status).toBe(429);
  emulator.setProfile({ rate: null });
  expect((await one()).status).toBe(200);
});

test("itemThrottle: single items are refused inside a 200, each with its own Retry-After (exo-protocol.md 11, quirk 27)", async () => {
  be(emulator, {
    itemThrottle: true,
    rate: { kind: "bucket", rate: 0.1, burst: 4, unit: "item", headers: false },
  });
  const reply = await bench.batch(batchOf(6));
  const { responses } = JSON.parse(reply.text);
  expect(reply.status).toBe(200);
  expect(responses.map((item: { status: number }) => item.status)).toEqual([200, 200, 200, 200, 429, 429]);
  expect(responses[5].headers["Retry-After"]).toMatch(/^\d+$/);
  expect(responses[5].body.error.code).toBe("TooManyRequests");
});
