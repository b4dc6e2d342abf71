/** `exosweep import` as a user runs it: with no settings at all, and killed in the middle. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSqliteJournal } from "../../src/journal/index.ts";
import { runHere } from "../support/command-line-here.ts";
import { openPlace, type Place } from "../support/command-line.ts";

const HEAD = '"Mailbox","User","AccessRights"';
const FILE = [
  HEAD,
  '"sales@x.example","anna@x.example","Full Access"',
  '"sales@x.example","bert@x.example","Send As"',
];

async function place(): Promise<{
  readonly at: Place;
  here(...words: readonly string[]): ReturnType<typeof runHere>;
}> {
  const at = await openPlace();
  onTestFinished(() => at[Symbol.asyncDispose]());
  const data = join(at.directory, "exosweep-data");
  return { at, here: (...words) => runHere([...words, "--data", data]) };
}

test("files alone are enough to look up, compare, judge, export and prove", async () => {
  const { at, here } = await place();
  const first = await at.write("old.csv", `${FILE.join("\r\n")}\r\n`);
  const second = await at.write(
    "new.csv",
    `${[...FILE.slice(0, 2), '"sales@x.example","carla@x.example","Full Access"'].join("\r\n")}\r\n`,
  );
  const one = await here("import", first, "--tenant", "Mine", "--taken-at", "2026-01-01", "-o", "json");
  expect({ exitCode: one.exitCode, ...JSON.parse(one.stdout) }).toMatchObject({
    exitCode: 0,
    schemaVersion: 1,
    tenant: "mine",
    as: "fasttrack",
    state: "complete",
    lines: 2,
    rows: 2,
    mailboxes: 1,
    rights: ["full-access", "send-as"],
    takenAt: "2026-01-01T00:00:00.000Z",
  });
  const two = await here("import", second, "--tenant", "mine", "--rights", "full-access,send-as");
  expect(two).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("complete   for the mailboxes in the file"),
  });
  const [old, young] = [JSON.parse(one.stdout).run as string, /^run (\w+):/.exec(two.stdout)?.[1] ?? ""];

  // The only name there is needs no saying.
  const who = await here("who-can-access", "sales@x.example", "-o", "json");
  expect(who.exitCode).toBe(0);
  expect(JSON.parse(who.stdout)).toMatchObject({ complete: false });
  expect(
    JSON.parse(who.stdout).accesses.map((access: { holder: { address: string } }) => access.holder.address),
  ).toEqual(["anna@x.example", "carla@x.example"]);
  const what = await here("what-can-access", "carla@x.example", "--tenant", "MINE");
  expect(what).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("sales@x.example") });

  const diff = await here("diff", old, young, "-o", "json");
  expect(JSON.parse(diff.stdout).counts.changes).toMatchObject({ added: 1, removed: 1, unknown: 0 });
  expect((await here("diff", old, young)).stdout).toContain("is the file old.csv (fasttrack)");
  expect((await here("findings", young)).exitCode).toBe(0);
  expect((await here("export", young, "--format", "csv", "--headers", "fasttrack")).stdout).toContain(
    "sales@x.example,carla@x.example,Full Access",
  );
  expect((await here("runs", "verify", young)).exitCode).toBe(0);
  expect(await here("runs", "redrive", young, "--outcome", "ok", "--detach")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("it was imported from a file"),
  });
});

test("what makes no sense ends with 2, and says what would", async () => {
  const { at, here } = await place();
  const bad = await at.write("bad.csv", `${[...FILE, '"sales","x","y"'].join("\n")}\n`);
  const said = async (...words: readonly string[]): Promise<string> => {
    const { exitCode, stderr } = await here("import", ...words);
    expect(exitCode).toBe(2);
    return stderr;
  };
  expect(await said(bad, "--tenant", "mine")).toMatch(
    /1 of its lines cannot be read:\n {2}line 4: expected an address in Mailbox/,
  );
  expect(await said(bad, "--tenant", "mine", "--as", "erp")).toContain(
    "which are those of Find-MailboxDelegates",
  );
  expect(await said(bad, "--tenant", "a/b")).toContain("expected letters, digits");
  expect(await said(bad, "--tenant", "mine", "--taken-at", "2099-01-01")).toContain("it is yet to come");
  expect(await said(bad, "--tenant", "mine", "--rights", "owner")).toContain("expected full-access, send-as");
  expect(await said(join(at.directory, "none.csv"), "--tenant", "mine")).toContain("none.csv");
  expect(await said("/dev/null", "--tenant", "mine")).toContain("no file that can be read more than once");
  expect(await said(at.directory, "--tenant", "mine")).toContain("no file that can be read more than once");
  expect(await here("import", bad, "--tenant", "mine", "--skip-bad-lines")).toMatchObject({ exitCode: 3 });
});

test("killed in the middle it leaves nothing that looks like a run, and the next import is whole", async () => {
  const { at, here } = await place();
  const lines = Array.from(
    { length: 12_000 },
    (_, n) => `"m${n % 2_400}@x.example","u${n}@x.example","Full Access"`,
  );
  const path = await at.write("large.csv", `${[HEAD, ...lines].join("\r\n")}\r\n`);
  const command = at.start(["import", path, "--tenant", "mine"]);
  await command.said("lines read");
  await sleep(randomInt(300));
  command.child.kill("SIGKILL");
  await command.ended;
  const journal = await openSqliteJournal({ path: join(at.directory, "exosweep-data", "journal.db") });
  const [half] = await journal.runs();
  // Its claim is over when the next one comes.
  expect(["importing", undefined]).toContain(half?.state);
  expect(await journal.openRuns()).toEqual([]);
  await journal.close();
  expect(await here("who-can-access", "m1@x.example", "--tenant", "mine")).toMatchObject({ exitCode: 2 });
  const again = await here("import", path, "--tenant", "mine", "-o", "json");
  expect(JSON.parse(again.stdout)).toMatchObject({
    state: "complete",
    rows: 12_000,
    mailboxes: 2_400,
    again: false,
  });
  const { run } = JSON.parse(again.stdout) as { readonly run: string };
  expect((await here("runs", "verify", run)).exitCode).toBe(0);
  const who = await here("who-can-access", "m1@x.example", "--tenant", "mine", "-o", "json");
  expect(JSON.parse(who.stdout).accesses).toHaveLength(5);
});

test("what an import left that died keeps nobody waiting", async () => {
  const { at, here } = await place();
  const journal = await openSqliteJournal({ path: join(at.directory, "exosweep-data", "journal.db") });
  const run = { id: "rdead", job: "permission-audit", tenant: "mine", tenantId: "file:mine", params: {} };
  await journal.createRun({ ...run, scope: { kind: "imported" }, naiveCallsPerTarget: 0, imported: true });
  await journal.close();
  expect(await here("runs", "watch", "rdead")).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("importing"),
  });
  expect(await here("runs", "resume", "rdead")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("import the file again"),
  });
  expect(await here("who-can-access", "sales@x.example", "--tenant", "mine")).toMatchObject({ exitCode: 2 });
  expect((await here("runs", "cancel", "rdead")).exitCode).toBe(0);
});
