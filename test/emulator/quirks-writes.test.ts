import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  startEmulator,
  type Emulator,
  type LedgerEntry,
  type ProfilePatch,
} from "../../src/emulator/index.ts";
import { be, benchOf, bodyOf, type Bench } from "./wire.ts";

let emulator: Emulator;
let bench: Bench;
let people: readonly string[];

type QuirkPatch = NonNullable<ProfilePatch["quirks"]>;
const quirks = (patch: QuirkPatch): void => be(emulator, { quirks: { writeLagSeconds: 0, ...patch } });

beforeAll(async () => {
  emulator = await startEmulator({ mailboxes: 400 });
  bench = await benchOf(emulator);
  people = [...emulator.targets(bench.tenantId)].slice(20);
});
beforeEach(() => quirks({}));
afterAll(async () => emulator.stop());

/** A mailbox nobody has written to in this file, and somebody else. */
let used = 0;
function pair(): { readonly mailbox: string; readonly trustee: string } {
  used += 1;
  return { mailbox: people[used * 2] ?? "", trustee: people[used * 2 + 1] ?? "" };
}

interface Write {
  readonly mailbox: string;
  readonly trustee: string;
}

const parametersOf = ({ mailbox, trustee }: Write): object => ({
  Identity: mailbox,
  User: trustee,
  AccessRights: ["ChangeOwner"],
});

/** What a caller gets to see of one write, in a word. */
async function symptom(send: Promise<Response>): Promise<string> {
  try {
    const reply = await send;
    const text = await reply.text().catch(() => "broken body");
    if (text === "broken body") return text;
    return `${reply.status} ${text.startsWith("{") ? "json" : "other"}`;
  } catch (error) {
    return error instanceof Error && error.name === "TimeoutError" ? "timeout" : "broken connection";
  }
}

const post = async (path: string, body: object): Promise<Response> =>
  fetch(`${bench.base}/${path}`, {
    method: "POST",
    headers: bench.headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(700),
  });
const sendOne = async (write: Write): Promise<string> =>
  symptom(post("InvokeCommand", bodyOf("Add-MailboxPermission", parametersOf(write))));
const sendAll = async (writes: readonly Write[]): Promise<Response> =>
  post("$batch", {
    requests: writes.map((write, at) => ({
      id: `id-${at}`,
      method: "POST",
      url: `${bench.base}/InvokeCommand`,
      headers: bench.headers,
      body: bodyOf("Add-MailboxPermission", parametersOf(write)),
    })),
  });

/** Rights of the kind these tests grant. */
const grants = (mailbox: string): number =>
  [...emulator.truth(bench.tenantId)].filter(
    (fact) => fact.mailboxGuid === mailbox && fact.right === "ChangeOwner" && fact.allow,
  ).length;
const isInForce = ({ mailbox }: Write): boolean => grants(mailbox) === 1;

/** What the ledger says of the calls about a mailbox. */
const callsOf = ({ mailbox }: Write): LedgerEntry[] =>
  [...emulator.ledger.read(0, undefined, { writesOnly: true })].filter((entry) => entry.subject === mailbox);
const record = (write: Write): (string | boolean | number | null | undefined)[][] =>
  callsOf(write).map((entry) => [
    entry.executedAtMs !== null,
    entry.write?.changed,
    entry.deliveredAtMs !== null,
  ]);

const SYMPTOMS = [
  ["dropped", "broken connection"],
  ["reset", "broken body"],
  ["timeout", "timeout"],
  ["gateway-timeout", "504 other"],
  ["truncated", "broken body"],
] as const;

describe.each(SYMPTOMS)("a reply that is lost in the form %s", (lostWriteForm, seen) => {
  test("lostWriteReply, lostWriteForm: the write is executed", async () => {
    quirks({ lostWriteReply: 1, lostWriteForm });
    const write = pair();
    expect(grants(write.mailbox)).toBe(0);
    expect(await sendOne(write)).toBe(seen);
    expect(isInForce(write)).toBe(true);
    expect(record(write)).toEqual([[true, true, false]]);
  });

  test("lostWriteRequest: the write is not executed, and nobody can tell", async () => {
    quirks({ lostWriteRequest: 1, lostWriteForm });
    const write = pair();
    expect(await sendOne(write)).toBe(seen);
    expect(isInForce(write)).toBe(false);
    expect(record(write)).toEqual([[false, null, false]]);
    expect(callsOf(write)[0]?.status).toBeNull();
  });

  test("lateWrite, lateWriteSeconds: the write is executed when its caller has given up", async () => {
    quirks({ lateWrite: 1, lateWriteSeconds: 1, lostWriteForm });
    const write = pair();
    expect(await sendOne(write)).toBe(seen);
    expect([isInForce(write), emulator.inFlight().late]).toEqual([false, 1]);
    await expect.poll(() => emulator.inFlight().late, { timeout: 3000 }).toBe(0);
    expect(isInForce(write)).toBe(true);
    const [entry] = callsOf(write);
    expect((entry?.executedAtMs ?? 0) - (entry?.arrivedAtMs ?? 0)).toBeGreaterThanOrEqual(990);
    expect(entry).toMatchObject({ status: 200, write: { changed: true, executions: 1, nth: 1 } });
  });
});

test("lostWriteReply: a refusal changed nothing and is told", async () => {
  quirks({ lostWriteReply: 1 });
  const write = { ...pair(), trustee: "nobody@contoso.example" };
  expect(await sendOne(write)).toMatch(/^40[04] json$/);
  expect(record(write)).toEqual([[false, null, true]]);
});

test("lostWriteForm: an answer is missing from a sound batch, executed or not; a call alone is dropped", async () => {
  for (const [quirk, executed] of [
    ["lostWriteReply", true],
    ["lostWriteRequest", false],
  ] as const) {
    quirks({ [quirk]: 1, lostWriteForm: "missing-item", faultyWrites: "add-mailboxpermission" });
    const writes = [pair(), pair(), pair()];
    const reply = await sendAll(writes);
    expect([reply.status, await reply.json()]).toEqual([200, { responses: [] }]);
    expect(writes.map(isInForce)).toEqual([executed, executed, executed]);
    expect(writes.flatMap(record)).toEqual(writes.map(() => [executed, executed || null, false]));
    const alone = pair();
    expect([await sendOne(alone), isInForce(alone)]).toEqual(["broken connection", executed]);
  }
});

test("lostWriteReply: the neighbours of a write whose reply is lost are executed and in doubt too", async () => {
  quirks({ lostWriteReply: 0.2, lostWriteForm: "dropped" });
  const writes = Array.from({ length: 20 }, pair);
  expect(await symptom(sendAll(writes))).toBe("broken connection");
  expect(writes.every(isInForce)).toBe(true);
});

test("lostWriteForm: rotate meets every form", async () => {
  quirks({ lostWriteReply: 1 });
  const seen = new Set<string>();
  for (let n = 0; n < 24 && seen.size < 4; n += 1) seen.add(await sendOne(pair()));
  expect([...seen].toSorted()).toEqual(["504 other", "broken body", "broken connection", "timeout"]);
});

test("lostWriteRequest: the same seed strikes the same writes, in whatever order they are sent", async () => {
  const struck = async (isReversed: boolean): Promise<string[]> => {
    const twin = await startEmulator({ mailboxes: 60, seed: 9 });
    be(twin, { quirks: { lostWriteRequest: 0.5, lostWriteForm: "gateway-timeout" } });
    const other = await benchOf(twin);
    const targets = [...twin.targets(other.tenantId)].slice(10, 50);
    if (isReversed) targets.reverse();
    await Promise.all(
      targets.map((Identity) => other.invoke("Set-CASMailbox", { Identity, ImapEnabled: false })),
    );
    const missed = [...twin.ledger.read()].filter((entry) => entry.executedAtMs === null);
    await twin.stop();
    return missed.map((entry) => entry.subject ?? "").toSorted();
  };
  const first = await struck(false);
  expect(first.length).toBeGreaterThan(10);
  expect(first.length).toBeLessThan(30);
  expect(await struck(true)).toEqual(first);
});

test("faultyWrites, faultyWritesOnce: only named cmdlets are struck, and each write once", async () => {
  quirks({
    lostWriteRequest: 1,
    lostWriteForm: "dropped",
    faultyWrites: "Set-Mailbox, Add-MailboxPermission",
    faultyWritesOnce: true,
  });
  const write = pair();
  expect((await bench.invoke("Set-CASMailbox", { Identity: write.mailbox, ImapEnabled: true })).status).toBe(
    200,
  );
  expect(await sendOne(write)).toBe("broken connection");
  expect(await sendOne(write)).toBe("200 json");
  expect(callsOf(write).map((entry) => [entry.cmdlet, entry.write?.nth, entry.write?.executions])).toEqual([
    ["Set-CASMailbox", 1, 1],
    ["Add-MailboxPermission", 1, 1],
    ["Add-MailboxPermission", 2, 1],
  ]);
});

describe("the answers of writes in a batch", () => {
  const idsOf = async (reply: Response): Promise<string[]> => {
    const { responses } = (await reply.json()) as { responses: readonly { readonly id: string }[] };
    return responses.map(({ id }) => id);
  };

  test("missingWriteItems: executed, and without an answer", async () => {
    quirks({ missingWriteItems: 0.5 });
    const writes = Array.from({ length: 20 }, pair);
    const ids = await idsOf(await sendAll(writes));
    expect(ids.length).toBeGreaterThan(2);
    expect(ids.length).toBeLessThan(18);
    expect(writes.every(isInForce)).toBe(true);
    const isDelivered = (at: number): boolean => writes.slice(at, at + 1).flatMap(record)[0]?.[2] === true;
    await expect.poll(() => writes.flatMap((_, at) => (isDelivered(at) ? [`id-${at}`] : []))).toEqual(ids);
  });

  test("doubledWriteItems: executed once, and answered twice", async () => {
    quirks({ doubledWriteItems: 1 });
    const writes = [pair(), pair()];
    expect(await idsOf(await sendAll(writes))).toEqual(["id-0", "id-0", "id-1", "id-1"]);
    expect(writes.map((write) => callsOf(write).map((entry) => entry.write?.executions))).toEqual([[1], [1]]);
  });

  test("swappedWriteItems: one write has the answer of its neighbour", async () => {
    quirks({ swappedWriteItems: 0.3 });
    const writes = Array.from({ length: 20 }, pair);
    const ids = await idsOf(await sendAll(writes));
    expect(ids.toSorted()).toEqual(writes.map((_, at) => `id-${at}`).toSorted());
    expect(ids).not.toEqual(writes.map((_, at) => `id-${at}`));
  });

  test("foreignWriteItems: executed, and answered under an id nobody sent", async () => {
    quirks({ foreignWriteItems: 1 });
    const writes = [pair(), pair()];
    const ids = await idsOf(await sendAll(writes));
    expect(ids).toHaveLength(2);
    expect(ids.filter((id) => id.startsWith("id-"))).toEqual([]);
    expect(writes.every(isInForce)).toBe(true);
  });
});

test("staleEverywhereSeconds: a write is in force and not to be seen, on its own connection either", async () => {
  be(emulator, { timeScale: 10, quirks: { writeLagSeconds: 0, staleEverywhereSeconds: 10 } });
  const write = pair();
  expect(await sendOne(write)).toBe("200 json");
  const shown = async (): Promise<boolean> =>
    (await bench.invoke("Get-MailboxPermission", { Identity: write.mailbox })).text.includes("ChangeOwner");
  expect([isInForce(write), await shown()]).toEqual([true, false]);
  await expect.poll(shown, { timeout: 4000 }).toBe(true);
});

describe("lostWriteReply and a blind second send", () => {
  interface Sample {
    readonly cmdlet: string;
    readonly parameters: (write: Write) => object;
    /** What the second send is told, and what each of the two changed; null: it was refused. */
    readonly told: number;
    readonly changed: readonly (boolean | null)[];
  }

  /** The default calendar, in the language of the mailbox. */
  const calendarOf = async (mailbox: string): Promise<string> => {
    const reply = await bench.invoke("Get-MailboxFolderStatistics", {
      Identity: mailbox,
      FolderScope: "Calendar",
    });
    return JSON.parse(reply.text).value[0].Name;
  };
  const groupOf = async (): Promise<string> => {
    const reply = await bench.invoke("Get-DistributionGroup", { ResultSize: 1 });
    return JSON.parse(reply.text).value[0].ExternalDirectoryObjectId;
  };

  const sendTwice = async (mailbox: string, { cmdlet, told, changed }: Sample, parameters: object) => {
    quirks({ lostWriteReply: 1, faultyWritesOnce: true, lostWriteForm: "dropped" });
    await expect(bench.invoke(cmdlet, parameters)).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect((await bench.invoke(cmdlet, parameters)).status).toBe(told);
    const calls = [...emulator.ledger.read(0, undefined, { writesOnly: true })].slice(-2);
    expect(calls.map(({ subject, write }) => [subject, write?.nth, write?.changed])).toEqual([
      [mailbox, 1, changed[0]],
      [mailbox, 2, changed[1]],
    ]);
  };

  test.each<Sample>([
    {
      cmdlet: "Set-MailboxAutoReplyConfiguration",
      parameters: ({ mailbox }) => ({ Identity: mailbox, AutoReplyState: "Enabled", InternalMessage: "§" }),
      told: 200,
      changed: [true, false],
    },
    {
      cmdlet: "Add-RecipientPermission",
      parameters: ({ mailbox, trustee }) => ({
        Identity: mailbox,
        Trustee: trustee,
        AccessRights: ["SendAs"],
      }),
      told: 200,
      changed: [true, false],
    },
    {
      cmdlet: "New-InboxRule",
      parameters: ({ mailbox }) => ({ Mailbox: mailbox, Name: "marked", DeleteMessage: true }),
      told: 200,
      changed: [true, true],
    },
    {
      cmdlet: "Start-ManagedFolderAssistant",
      parameters: ({ mailbox }) => ({ Identity: mailbox }),
      told: 200,
      changed: [true, true],
    },
  ])("$cmdlet: what it changes each time", async (sample) => {
    const write = pair();
    await sendTwice(write.mailbox, sample, sample.parameters(write));
    const [facts] = emulator.facts(bench.tenantId, [write.mailbox]);
    if (facts === undefined || !("rules" in facts)) throw new Error("no facts");
    const isCreate = sample.cmdlet === "New-InboxRule";
    expect(facts.rules.filter(({ name }) => name === "marked")).toHaveLength(isCreate ? 2 : 0);
    expect(facts.runs).toEqual(sample.cmdlet.startsWith("Start-") ? { [sample.cmdlet]: 2 } : {});
  });

  test("folder entries and members are refused the second time, in the words of the service", async () => {
    const write = pair();
    const folder = `${write.mailbox}:\\${await calendarOf(write.mailbox)}`;
    const refused: Sample = {
      cmdlet: "Add-MailboxFolderPermission",
      parameters: () => ({}),
      told: 400,
      changed: [true, null],
    };
    await sendTwice(write.mailbox, refused, {
      Identity: folder,
      User: write.trustee,
      AccessRights: ["Editor"],
    });
    quirks({});
    const group = await groupOf();
    const member = { Identity: group, Member: write.trustee };
    await sendTwice(group, { ...refused, cmdlet: "Add-DistributionGroupMember" }, member);
    expect((await bench.invoke("Add-DistributionGroupMember", member)).text).toContain(
      "|Microsoft.Exchange.Management.Tasks.MemberAlreadyExistsException|The recipient ",
    );
  });
});

test("faultyWritesOnce: what the throttle refused was not the time at which a write is struck", async () => {
  quirks({ lostWriteRequest: 1, lostWriteForm: "dropped", faultyWritesOnce: true });
  const write = pair();
  emulator.addFaults([
    { match: { subject: write.mailbox, nth: 1 }, fault: { kind: "item-throttled", retryAfter: "1" } },
  ]);
  expect(await sendOne(write)).toMatch(/^429/);
  expect(await sendOne(write)).toBe("broken connection");
  expect(await sendOne(write)).toBe("200 json");
});
