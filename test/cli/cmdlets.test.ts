import { assert, constantFrom, property, string } from "fast-check";
import { afterAll, beforeEach, expect, test } from "vitest";
import { matching } from "../../src/cli/cmdlet-views.ts";
import type { CmdletView } from "../../src/cli/cmdlet-views.ts";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const emulated = await openEmulatedPlace({ mailboxes: 60, seed: 7 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { here, emulator, tenants } = emulated;
const [tenant] = tenants;

async function grant(...directoryRoles: readonly string[]): Promise<void> {
  const [access] = emulator.tenants;
  await fetch(`${emulator.url}/__emulator/tenants/${access?.tenantId}/grants`, {
    method: "PUT",
    body: JSON.stringify({ appRoles: ["Exchange.ManageAsApp"], directoryRoles }),
  });
}

beforeEach(async () => {
  emulator.setProfile("off");
  await emulated.configure("runs: { pollMs: 100 }");
  await grant("exchange-administrator");
});

async function views(...words: readonly string[]): Promise<readonly CmdletView[]> {
  const { stdout } = await here(["cmdlets", "--tenant", tenant, ...words, "-o", "json"]);
  return JSON.parse(stdout) as readonly CmdletView[];
}

test("what the app may run, with its effect, the way it is run, and the jobs that use it", async () => {
  const all = await views();
  expect(all.find(({ cmdlet }) => cmdlet === "Get-InboxRule")).toMatchObject({
    allowed: true,
    effect: "read",
    via: "InvokeCommand",
    jobs: expect.arrayContaining(["inbox-rule-sweep"]),
    role: null,
  });
  expect(all.find(({ cmdlet }) => cmdlet === "Set-Mailbox")).toMatchObject({ effect: "absolute" });
  expect(all.find(({ cmdlet }) => cmdlet === "Get-EXOMailbox")).toMatchObject({ via: "resource", jobs: [] });
  const names = all.map(({ cmdlet }) => cmdlet);
  expect(names).toEqual(names.toSorted((one, other) => one.localeCompare(other, "en")));
});

test("a table for people, by a pattern in any casing", async () => {
  const { stdout, exitCode } = await here(["cmdlets", "get-*mailbox", "--tenant", tenant]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^CMDLET +EFFECT +VIA +JOBS$/m);
  expect(stdout).toMatch(/^Get-Mailbox +read +InvokeCommand +every job$/m);
  expect(stdout).toMatch(/^Get-EXOCasMailbox +read +resource/m);
  expect(stdout).not.toContain("Get-User");
});

test("one job's cmdlets", async () => {
  const found = await views("--job", "permission-audit");
  expect(found.map(({ cmdlet }) => cmdlet)).toContain("Get-MailboxPermission");
  expect(found.every(({ jobs }) => jobs.includes("permission-audit"))).toBe(true);
});

test("what is missing, with the role that would do, and exit code 5", async () => {
  expect((await here(["cmdlets", "--tenant", tenant, "--missing"])).exitCode).toBe(0);
  await grant("global-reader");
  const missing = await here(["cmdlets", "--tenant", tenant, "--missing"]);
  expect(missing.exitCode).toBe(5);
  expect(missing.stdout).toMatch(/^Get-RecipientPermission +Recipient Management +read/m);
  const listed = await here(["cmdlets", "--tenant", tenant]);
  expect(listed.exitCode).toBe(0);
  expect(listed.stdout).not.toContain("Get-RecipientPermission");
  expect(listed.stdout).not.toContain("Get-EXORecipientPermission");
  expect(listed.stderr).toMatch(/jobs need \d+ more that the app may not run: see --missing/);
  const one = await here(["cmdlets", "Get-RecipientPermission", "--tenant", tenant, "-o", "json"]);
  expect(one).toMatchObject({ exitCode: 5, stdout: "[]\n" });
  expect(one.stderr).toContain("Recipient Management is the least role group that may");
});

test("a name with a slip of the finger is offered the right one", async () => {
  const { stderr, exitCode } = await here(["cmdlets", "Get-Mailbx", "--tenant", tenant]);
  expect(exitCode).toBe(5);
  expect(stderr).toContain('did you mean "Get-Mailbox"?');
});

test.each([
  [["cmdlets", "--tenant", "nobody"], 2, 'Cannot find tenant "nobody"'],
  [["cmdlets"], 2, "--tenant"],
  [["cmdlets", "Get-X; rm", "--tenant", tenant], 2, 'Cannot look for "Get-X; rm"'],
  [["cmdlets", "--tenant", tenant, "--job", "permision-audit"], 2, 'did you mean "permission-audit"?'],
])("%j ends with %i and says why", async (words, code, why) => {
  const { stderr, exitCode } = await here(words);
  expect([exitCode, stderr]).toEqual([code, expect.stringContaining(why)]);
});

test("an app without a role hears what to give it", async () => {
  await grant();
  const { stderr, exitCode } = await here(["cmdlets", "--tenant", tenant]);
  expect(exitCode).toBe(5);
  expect(stderr).toContain("View-Only Organization Management is the least role group that may");
  expect(stderr).toContain("next: give the app the permission Exchange.ManageAsApp and a role");
});

test("an endpoint that never answers is waited for as long as the settings have it, and blocks no run", async () => {
  await emulated.configure("runs: { pollMs: 100 }\napi: { discoveryTimeoutMs: 500 }");
  emulator.setProfile({ quirks: { discovery: "silent" } });
  const { stderr, exitCode } = await here(["cmdlets", "--tenant", tenant]);
  expect(exitCode).toBe(10);
  expect(stderr).toContain("Cannot list the cmdlets the app may run: no answer came within 1 s");
  const run = await here(["run", "quota-sweep", "--tenant", tenant, "--sample", "2"]);
  expect([run.exitCode, run.stderr]).toEqual([
    0,
    expect.stringContaining("each cmdlet is tried on one mailbox"),
  ]);
});

test("a run is paused before it lists anything when a role is missing, and goes on when it is there", async () => {
  await grant("global-reader");
  const run = await here(["run", "permission-audit", "--tenant", tenant]);
  expect(run.exitCode).toBe(5);
  expect(run.stderr).toContain(
    "Cannot run Get-RecipientPermission: the app has no role for it; Recipient Management is the least role group that has one",
  );
  const id = runIdIn(run.stderr);
  const shown = JSON.parse((await here(["runs", "show", id, "-o", "json"])).stdout) as Record<
    string,
    unknown
  >;
  expect(JSON.stringify(shown)).toContain('"paused"');
  await grant("exchange-administrator");
  expect((await here(["runs", "resume", id])).exitCode).toBe(0);
  await here(["runs", "cancel", id]);
});

test("invoke runs Get-EXO*, and refuses what it does not take before anything is sent", async () => {
  const listed = await here(["invoke", "Get-EXOMailbox", "--tenant", tenant, "--param", "ResultSize=2"]);
  expect(listed.exitCode).toBe(0);
  const rows = JSON.parse(listed.stdout) as readonly Record<string, unknown>[];
  expect(rows).toHaveLength(2);
  expect(rows[0]).toHaveProperty("PrimarySmtpAddress");
  expect(rows[0]).not.toHaveProperty("IssueWarningQuota");
  const before = emulator.ledger.length;
  const refused = await here(["invoke", "Get-EXOMailbox", "--tenant", tenant, "--param", "SortBy=Name"]);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain(
    'it has no parameter "SortBy"; it takes Identity, ExternalDirectoryObjectId, ',
  );
  expect(emulator.ledger.length).toBe(before);
  expect(refused.stderr).toContain("next: correct what was asked for; nothing was sent");
});

test.each([
  ["*", "Get-Mailbox", true],
  ["get-m*", "Get-Mailbox", true],
  ["*Mail*Perm*", "Get-MailboxPermission", true],
  ["Get-Mailbo?", "Get-Mailbox", true],
  ["Get-Mailbox", "Get-MailboxPermission", false],
  ["Get-Mailbox?", "Get-Mailbox", false],
  ["", "Get-Mailbox", false],
  [`${"*a".repeat(60)}b`, "a".repeat(5_000), false],
])("%s against %s: %s, and in no time", (pattern, name, fits) => {
  const began = performance.now();
  expect(matching(pattern, name)).toBe(fits);
  expect(performance.now() - began).toBeLessThan(500);
});

test("a pattern fits what its regular expression would", () => {
  const letters = string({ unit: constantFrom("a", "b", "-"), maxLength: 8 });
  const patterns = string({ unit: constantFrom("a", "b", "-", "*", "?"), maxLength: 8 });
  assert(
    property(patterns, letters, (pattern, name) => {
      const wanted = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
      expect(matching(pattern.toUpperCase(), name)).toBe(wanted.test(name));
    }),
    { numRuns: 1_000 },
  );
});
