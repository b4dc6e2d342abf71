/** `exosweep schedule`, from the line that is typed to the run that a worker process starts. */
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openSqliteJournal } from "../../src/journal/index.ts";
import { openEmulatedPlace } from "../support/emulated-place.ts";

const emulated = await openEmulatedPlace({ mailboxes: 20, tenants: 1, seed: 4 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { place, here } = emulated;
const [tenant] = emulated.tenants;
const JOB = ["--job", "permission-audit", "--tenant", tenant];
const AT_THREE = ["--cron", "0 3 * * *", "--tz", "Europe/Sofia"];

async function json(words: readonly string[]): Promise<unknown> {
  const { exitCode, stdout, stderr } = await here([...words, "-o", "json"]);
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
  return JSON.parse(stdout);
}

async function refusal(words: readonly string[]): Promise<string> {
  const { exitCode, stderr } = await here(["schedule", ...words]);
  expect(exitCode).toBe(2);
  return stderr;
}

test("a schedule is added, listed, paused, resumed and removed", async () => {
  const added = await here(["schedule", "add", "nightly", ...JOB, ...AT_THREE, "--missed", "skip"]);
  expect(added).toMatchObject({ exitCode: 0 });
  expect(added.stdout).toContain(
    `schedule nightly: permission-audit on ${tenant}, 0 3 * * * in Europe/Sofia`,
  );
  expect(added.stderr).toContain("no scheduler is alive");
  expect(await json(["schedule", "list"])).toMatchObject([
    { name: "nightly", tz: "Europe/Sofia", missed: "skip", paused: false, last: null },
  ]);
  expect(await json(["schedule", "pause", "nightly"])).toMatchObject({ paused: true, next: null });
  expect((await here(["schedule"])).stdout).toMatch(/nightly .* paused/);
  expect(await json(["schedule", "resume", "nightly"])).toMatchObject({ paused: false });
  expect(await json(["schedule", "remove", "nightly"])).toMatchObject({ removed: true });
  expect((await here(["schedule", "list"])).stderr).toContain("no schedules yet");
});

test("the next ten times are by the clock of its zone", async () => {
  await here(["schedule", "add", "three", ...JOB, ...AT_THREE]);
  const times = (await json(["schedule", "next", "three"])) as readonly { local: string; due: string }[];
  expect(times).toHaveLength(10);
  for (const { local, due } of times) {
    expect(local).toMatch(/^\w{3} \d{4}-\d\d-\d\d 03:00 \+0[23]:00$/);
    expect(Date.parse(local.slice(4).replace(" ", "T").replace(" ", ""))).toBe(Date.parse(due));
  }
  await here(["schedule", "remove", "three"]);
});

test("what cannot be is refused in one message, and nothing is on record", async () => {
  expect(await refusal(["add", "n", ...JOB, "--cron", "0 0 30 2 *"])).toContain("never fires");
  expect(await refusal(["add", "n", ...JOB, "--cron", "0 3 * *"])).toContain("not five fields");
  expect(await refusal(["add", "n", ...JOB, "--cron", "0 3 * * *", "--tz", "Sofia"])).toContain(
    'Cannot use the time zone "Sofia"',
  );
  expect(await refusal(["add", "n n", ...JOB, ...AT_THREE])).toContain('Cannot name a schedule "n n"');
  expect(
    await refusal(["add", "n", "--job", "permission-audit", "--tenant", "nobody", ...AT_THREE]),
  ).toContain('Cannot find tenant "nobody"');
  expect(await refusal(["add", "n", "--job", "apply-changes", "--tenant", tenant, ...AT_THREE])).toContain(
    'Cannot run "apply-changes"',
  );
  expect(await refusal(["add", "n", ...JOB, ...AT_THREE, "--param", "colour=red"])).toContain("colour");
  expect(await refusal(["next", "n"])).toContain('Cannot find schedule "n"');
  expect(await refusal(["ad"])).toContain("did you mean");
  expect(await json(["schedule", "list"])).toEqual([]);
  await here(["schedule", "add", "n", ...JOB, ...AT_THREE]);
  expect(await refusal(["add", "n", ...JOB, ...AT_THREE])).toContain("there is one of this name");
  await here(["schedule", "remove", "n"]);
});

test("a run by hand is started, and while it is not over no second one", async () => {
  await here(["schedule", "add", "hand", ...JOB, ...AT_THREE]);
  const started = (await json(["schedule", "run-now", "hand"])) as { id: string };
  const again = await here(["schedule", "run-now", "hand"]);
  expect(again).toMatchObject({ exitCode: 9 });
  expect(again.stderr).toContain(started.id);
  expect(await json(["schedule", "history", "hand"])).toMatchObject([
    { state: "skipped", run: null },
    { state: "started", run: started.id, byHand: true },
  ]);
  await here(["runs", "cancel", started.id]);
  await here(["schedule", "remove", "hand"]);
});

test("a worker process catches up a night that was missed, and says on its run when it is over", async () => {
  const journal = await openSqliteJournal({ path: join(place.directory, "exosweep-data", "journal.db") });
  await journal.addSchedule({
    name: "missed",
    job: "permission-audit",
    tenant,
    cron: "0 * * * *",
    zone: "UTC",
    params: {},
    scope: { kind: "all", types: ["user"] },
    missed: "catch-up",
    createdAtMs: Date.now() - 86_400_000,
  });
  await emulated.configure("runs: { pollMs: 100 }\nschedules: { lookMs: 100, lateMs: 0 }");
  const worker = place.start(["worker"]);
  await worker.said(/"schedule":"missed".*scheduled run is over/);
  const [tick] = await journal.ticks("missed", 1);
  expect(tick).toMatchObject({ state: "ended", reason: expect.stringContaining("23 before it were missed") });
  expect(await journal.run(tick?.run ?? "")).toMatchObject({ state: expect.stringMatching(/^complete/) });
  const events = await journal.events(tick?.run ?? "", 20);
  expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["scheduled", "scheduled-run-over"]));
  worker.child.kill("SIGTERM");
  expect((await worker.ended).exitCode).toBe(143);
  await journal.close();
});
