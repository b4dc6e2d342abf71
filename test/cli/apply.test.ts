import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { politeQuirks } from "../../src/emulator/index.ts";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const emulated = await openEmulatedPlace({ mailboxes: 40, seed: 9 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { place, here, emulator } = emulated;
const [tenant] = emulated.tenants;
// A lost answer is looked for after seconds instead of minutes.
await emulated.configure(
  "runs: { pollMs: 100 }\nrequests: { timeoutMs: 500, retryDelayMs: 20 }\nwrites: { settleMs: 1000, lookGapMs: 100 }",
);
const QUIET = { ...politeQuirks(), writeLagSeconds: 0, dirSyncedRefusals: false };

beforeEach(async () => {
  emulator.setProfile("off");
  emulator.setProfile({ quirks: QUIET });
  await here(["runs", "cancel", "--all"]);
});

const [access] = emulator.tenants;
const listed = await here(["invoke", "Get-Mailbox", "--tenant", tenant, "--param", "ResultSize=Unlimited"]);
const mailboxes: readonly { readonly PrimarySmtpAddress: string; readonly ExchangeGuid: string }[] =
  JSON.parse(listed.stdout);
const addresses = mailboxes.map(({ PrimarySmtpAddress }) => PrimarySmtpAddress);
const guids = mailboxes.map(({ ExchangeGuid }) => ExchangeGuid);

async function plan(name: string, lines: readonly string[]): Promise<string> {
  await place.write(name, lines.join("\n"));
  return join(place.directory, name);
}

function marks(word: string, count = 5): readonly string[] {
  return [
    "Action,Mailbox,Field,Value",
    ...addresses.slice(0, count).map((address) => `Set,${address},CustomAttribute2,${word}`),
  ];
}

function writes(): number {
  return [...emulator.ledger.read(0, Infinity, { writesOnly: true })].length;
}

test("a plan is shown and nothing is written until it is approved by its own hash", async () => {
  const before = writes();
  const file = await plan("shown.csv", [...marks("shown"), "Set,nobody@nowhere.example,CustomAttribute2,x"]);
  const shown = await here(["apply", file, "--tenant", tenant, "--what-if", "-o", "json"]);
  expect(shown.exitCode).toBe(0);
  const seen = JSON.parse(shown.stdout);
  expect(seen).toMatchObject({
    changes: 5,
    mailboxes: 5,
    cmdlets: [{ cmdlet: "Set-Mailbox", effect: "absolute", count: 5 }],
    unknown: ["nobody@nowhere.example"],
  });
  expect(writes()).toBe(before);
  const id = runIdIn(shown.stderr);
  expect((await here(["runs", "approve", id, "--plan", "123456"])).exitCode).toBe(8);
  const approved = await here(["runs", "approve", id, "--plan", seen.sha256.slice(0, 12), "-o", "json"]);
  // A name that nobody has is a fault of the plan.
  expect(approved.exitCode).toBe(3);
  expect(JSON.parse(approved.stdout).outcomes).toEqual({ ok: 5, gone: 1 });
  expect((await here(["runs", "approve", id, "--plan", ""])).exitCode).not.toBe(0);
  expect(writes()).toBe(before + 5);
  expect((await here(["runs", "approve", id])).stderr).toContain(`Cannot approve run ${id}: it is complete`);
});

test("a plan given with --yes is carried out, and its export says what was there before", async () => {
  const file = await plan("yes.csv", marks("yes"));
  const applied = await here(["apply", file, "--tenant", tenant, "--yes", "-o", "json"]);
  expect([applied.exitCode, JSON.parse(applied.stdout).outcomes]).toEqual([0, { ok: 5 }]);
  const id = runIdIn(applied.stderr);
  const { stdout } = await here(["export", id, "--format", "ndjson"]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
  expect(rows.map(({ Result }) => Result)).toEqual(Array(5).fill("changed"));
  expect(new Set(rows.map(({ Mailbox }) => Mailbox))).toEqual(new Set(addresses.slice(0, 5)));
  expect(rows[0]?.["Before"]).not.toBe("unknown");
  const again = await here(["apply", file, "--tenant", tenant, "--yes", "-o", "json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({ state: "complete", outcomes: { ok_no_change: 5 } });
});

test("without a terminal nobody is asked: the plan stays, and how to approve it is said", async () => {
  const before = writes();
  const asked = await here(["apply", await plan("ask.csv", marks("ask")), "--tenant", tenant]);
  expect(asked.exitCode).toBe(2);
  expect(asked.stderr).toMatch(/add --yes, or: exosweep runs approve r\w+ --plan [0-9a-f]{12}/);
  expect(writes()).toBe(before);
});

test("a job that reads takes no plan, and one that writes no mailboxes", async () => {
  const { exitCode, stderr } = await here(["run", "apply-changes", "--tenant", tenant]);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("exosweep apply FILE")]);
});

test("a write nobody can be sure of is in the inbox, with all that is known, until somebody decides", async () => {
  emulator.setProfile({ quirks: { lostWriteReply: 1 } });
  const line = JSON.stringify({
    mailbox: addresses[0],
    cmdlet: "Start-ManagedFolderAssistant",
    parameters: {},
  });
  const applied = await here(["apply", await plan("once.json", [line]), "--tenant", tenant, "--yes"]);
  expect(applied.exitCode).toBe(7);
  const id = runIdIn(applied.stderr);
  const inbox = await here(["reconcile", "list", "-o", "json"]);
  expect([inbox.exitCode, JSON.parse(inbox.stdout)]).toMatchObject([
    7,
    [{ run: id, line: 1, mailbox: addresses[0], cmdlet: "Start-ManagedFolderAssistant" }],
  ]);
  const shown = await here(["reconcile", "show", id, "1", "-o", "json"]);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    outcome: "unresolved",
    intents: [{ n: 1, effect: "once", end: "doubtful" }],
  });
  const text = (await here(["reconcile", "show", id, "1"])).stdout;
  expect(text).toContain("reconcile decide");
  expect(text).toContain("its answer was waited for in vain");
  expect(text).not.toContain('{"lost"');
  const redriven = await here(["runs", "redrive", id, "--outcome", "unresolved", "--yes"]);
  expect([redriven.exitCode, redriven.stderr]).toEqual([2, expect.stringContaining("reconcile list")]);
  const words = ["reconcile", "decide", id, "1"];
  expect((await here([...words, "maybe", "--because", "x"])).stderr).toContain("words are: applied");
  expect((await here([...words, "applied", "--because", " "])).stderr).toContain("--because is empty");
  const decided = await here([...words, "applied", "--because", "its log says so", "-o", "json"]);
  expect(JSON.parse(decided.stdout)).toMatchObject({ outcomes: { ok: 1 } });
  expect((await here(["reconcile", "list"])).exitCode).toBe(0);
  expect((await here(["runs", "verify", id])).exitCode).toBe(0);
});

test("one word may be said of several writes in doubt, and the first that is in none ends it", async () => {
  emulator.setProfile({ quirks: { lostWriteReply: 1 } });
  const lines = addresses
    .slice(0, 4)
    .map((mailbox) => JSON.stringify({ mailbox, cmdlet: "Start-ManagedFolderAssistant", parameters: {} }));
  const applied = await here(["apply", await plan("several.json", lines), "--tenant", tenant, "--yes"]);
  const id = runIdIn(applied.stderr);
  const decide = async (...words: readonly string[]) =>
    here(["reconcile", "decide", id, ...words, "--because", "looked", "-o", "json"]);
  expect(JSON.parse((await decide("1-3", "applied")).stdout).outcomes).toEqual({ ok: 3, unresolved: 1 });
  const beyond = await decide("4,2", "abandon");
  expect([beyond.exitCode, beyond.stderr]).toEqual([
    2,
    expect.stringMatching(/^decided: 1 of 2 lines$[^]*Cannot decide line 2 of run \w+: it is not in doubt/m),
  ]);
  expect((await decide("x", "applied")).stderr).toContain('Cannot read the lines "x"');
});

test("failed writes are tried again only as somebody confirmed them", async () => {
  const lines = addresses
    .slice(0, 3)
    .map((mailbox) =>
      JSON.stringify({ mailbox, cmdlet: "Set-Mailbox", parameters: { NoSuchParameter: "x" } }),
    );
  const applied = await here(["apply", await plan("bad.json", lines), "--tenant", tenant, "--yes"]);
  const id = runIdIn(applied.stderr);
  expect(applied.exitCode).toBe(3);
  const redrive = ["runs", "redrive", id, "--outcome", "failed"];
  const dry = JSON.parse((await here([...redrive, "--dry-run", "-o", "json"])).stdout);
  expect(dry).toMatchObject({ run: id, targets: 3, outcomes: { failed: 3 } });
  expect((await here(redrive)).stderr).toContain("add --yes, or --selection");
  expect((await here([...redrive, "--selection", "00"])).stderr).toContain("the selection is");
  expect((await here([...redrive, "--selection", ""])).stderr).toContain("the selection is");
  const again = await here([...redrive, "--selection", dry.sha256, "-o", "json"]);
  expect([again.exitCode, JSON.parse(again.stdout)]).toMatchObject([
    3,
    { redrives: 1, outcomes: { failed: 3 } },
  ]);
  const one = await here([...redrive, "--lines", "2", "--yes", "-o", "json"]);
  expect(one.stderr).toContain("selected: 1 targets (1 failed)");
});

test("a plan that contradicts itself under two names of a mailbox is not carried out, and what it says twice is done once", async () => {
  const before = writes();
  const mailbox = { name: addresses[0], guid: guids[0] };
  const both = ["Action,Mailbox,Field,Value", `Set,${mailbox.name},CustomAttribute2,a`];
  const other = await plan("other.csv", [...both, `Set,${mailbox.guid},CustomAttribute2,b`]);
  const refused = await here(["apply", other, "--tenant", tenant, "--yes", "-o", "json"]);
  expect([refused.exitCode, JSON.parse(refused.stdout).contradictions]).toEqual([
    2,
    [expect.stringMatching(/^line 2 .* contradicts line 1/)],
  ]);
  expect(writes()).toBe(before);
  const same = await plan("same.csv", [...both, `Set,${mailbox.guid},CustomAttribute2,a`]);
  const applied = await here(["apply", same, "--tenant", tenant, "--yes"]);
  expect([applied.exitCode, applied.stderr]).toEqual([0, expect.stringContaining("1 lines of the file say")]);
  expect(writes()).toBe(before + 1);
});

test("a run whose plan waits for a word is not resumed but approved, and says so", async () => {
  const shown = await here(["apply", await plan("wait.csv", marks("wait")), "--tenant", tenant, "--what-if"]);
  const id = runIdIn(shown.stderr);
  const resumed = await here(["runs", "resume", id]);
  expect([resumed.exitCode, resumed.stderr]).toEqual([2, expect.stringContaining(`runs approve ${id}`)]);
});

test("the limits of a run can be read and changed", async () => {
  const applied = await here([
    "apply",
    await plan("limit.csv", marks("limit")),
    "--tenant",
    tenant,
    "--what-if",
  ]);
  const id = runIdIn(applied.stderr);
  const limits = await here(["runs", "limit", id, "--failures", "0", "--percent", "50", "-o", "json"]);
  expect(JSON.parse(limits.stdout)).toMatchObject({ failures: null, percent: 50, streak: 50, canary: 25 });
  expect((await here(["runs", "limit", id])).stdout).toContain("failures  any number");
  expect((await here(["runs", "limit", id, "--percent", "101"])).exitCode).toBe(2);
  expect(access?.mailboxes).toBe(40);
});
