import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openSqliteJournal } from "../../src/journal/index.ts";
import type { Running } from "../support/command-line.ts";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";
import { newRun } from "../support/journal.ts";

const emulated = await openEmulatedPlace({ mailboxes: 120, tenants: 2, seed: 6 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { place, here, emulator } = emulated;
const [tenant, other = ""] = emulated.tenants;
// Quick to see that a worker is dead.
await emulated.configure("runs: { pollMs: 100, claimMs: 1000 }\ntasks: { lockMs: 1000 }");
const audit = ["run", "permission-audit", "--tenant", tenant];

/** A service that needs this long for the mailboxes, and no time for listings. */
function answersAfter(ms: number): void {
  emulator.setProfile({
    latency: { cmdlets: { "get-mailboxpermission": { median: ms, sigma: 0, tail: { share: 0, times: 1 } } } },
  });
}

async function stateOf(id: string): Promise<unknown> {
  return JSON.parse((await here(["runs", "show", id, "-o", "json"])).stdout);
}

/** A run that is being worked on, in a process of its own. */
async function running(): Promise<{ readonly command: Running; readonly id: string }> {
  const command = place.start(audit);
  const said = await command.said(/^run \w+ running /m);
  return { command, id: runIdIn(said) };
}

beforeEach(async () => {
  emulator.setProfile("off");
  await here(["runs", "cancel", "--all"]);
});

describe("a run in one command", () => {
  test.each([
    ["Ctrl-C", "SIGINT", 130],
    ["SIGTERM", "SIGTERM", 143],
  ] as const)("drains on %s, says how to go on, and goes on", async (_name, signal, exitCode) => {
    answersAfter(60);
    const { command, id } = await running();
    command.child.kill(signal);
    const ended = await command.ended;
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toContain(`nothing is lost. Resume with: exosweep runs resume ${id}`);
    expect(await stateOf(id)).toMatchObject({ state: "running" });

    emulator.setProfile("off");
    const resumed = await here(["runs", "resume", id, "-o", "json"]);
    expect(resumed.exitCode).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ id, state: "complete", outcomes: { ok: 123 } });
  });

  test("stops at once on a second Ctrl-C", async () => {
    answersAfter(60_000);
    const from = emulator.ledger.length;
    const command = place.start(audit);
    // The first of these calls tries the cmdlet; its answer will not come.
    await vi.waitUntil(
      () => [...emulator.ledger.read(from)].some(({ cmdlet }) => /^get-mailboxpermission$/i.test(cmdlet)),
      { timeout: 25_000 },
    );
    command.child.kill("SIGINT");
    await command.said("stopping");
    const before = performance.now();
    command.child.kill("SIGINT");
    expect((await command.ended).exitCode).toBe(130);
    expect(performance.now() - before).toBeLessThan(4_000);
  });

  test("ends with 4 when it is paused from another terminal, and goes on when it is resumed", async () => {
    answersAfter(60);
    const { command, id } = await running();
    const paused = await here(["runs", "pause", id, "--reason", "coffee"]);
    expect(paused).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(`exosweep runs resume ${id}`),
    });
    const ended = await command.ended;
    expect(ended.exitCode).toBe(4);
    expect(ended.stderr).toMatch(/^paused: operator: by .+: coffee$/m);
    expect((await here(["runs", "watch", id])).exitCode).toBe(4);
    emulator.setProfile("off");
    expect((await here(["runs", "resume", id])).exitCode).toBe(0);
  });

  test("is refused with 9 and the first one's id while that is open", async () => {
    const detached = await here([...audit, "--detach"]);
    expect(detached.exitCode).toBe(0);
    const id = runIdIn(detached.stderr);
    expect(detached.stderr).toContain('no worker is alive: start one with "exosweep worker"');
    const second = await here(audit);
    expect([second.exitCode, second.stdout]).toEqual([9, ""]);
    expect(second.stderr).toMatch(new RegExp(`^error: .*${id}.*\\n {2}next: .*runs show ${id}`));
  });
});

describe("the kill switch", () => {
  test("ends every open run of every tenant, for every worker", async () => {
    // Long enough that a busy machine says its word before the run is over.
    answersAfter(300);
    const { command, id } = await running();
    const second = runIdIn((await here(["run", "permission-audit", "--tenant", other, "--detach"])).stderr);
    const switched = await here(["runs", "cancel", "--all", "-o", "json"]);
    expect(switched.exitCode).toBe(0);
    const cancelled = JSON.parse(switched.stdout) as { id: string; state: string }[];
    expect(new Map(cancelled.map((run) => [run.id, run.state]))).toEqual(
      new Map([
        [id, "cancelled"],
        [second, "cancelled"],
      ]),
    );
    expect((await command.ended).exitCode).toBe(1);
    const arrived = emulator.ledger.length;
    expect(await stateOf(id)).toMatchObject({
      state: "cancelled",
      outcomes: { cancelled: expect.any(Number) },
    });
    expect(emulator.ledger.length).toBe(arrived);
    expect(await here(["runs", "cancel", "--all"])).toMatchObject({
      exitCode: 0,
      stderr: "no run was open\n",
    });
    expect((await here(["runs", "resume", id])).exitCode).toBe(2);
  });
});

describe("a worker of its own", () => {
  test("does the work of detached runs, watched or not", async () => {
    answersAfter(60);
    const worker = place.start(["worker"]);
    await worker.said("worker started");
    const detached = await here([...audit, "--detach"]);
    const id = runIdIn(detached.stderr);
    expect(detached.stderr).toContain(`next: exosweep runs watch ${id}`);

    const watching = place.start(["runs", "watch", id]);
    await watching.said(/^run \w+ running /m);
    watching.child.kill("SIGINT");
    const unwatched = await watching.ended;
    expect(unwatched.exitCode).toBe(130);
    expect(unwatched.stderr).toContain(`run ${id} goes on in its workers`);

    emulator.setProfile("off");
    const watched = await here(["runs", "watch", id, "-o", "json"]);
    expect(watched.exitCode).toBe(0);
    expect(JSON.parse(watched.stdout)).toMatchObject({ id, state: "complete", outcomes: { ok: 123 } });
    expect(watched.stderr).not.toContain("working in this process");
    worker.child.kill("SIGTERM");
    expect((await worker.ended).exitCode).toBe(143);
  });

  test("that dies leaves its run to whoever watches", async () => {
    answersAfter(300);
    const worker = place.start(["worker"]);
    await worker.said("worker started");
    const id = runIdIn((await here([...audit, "--detach"])).stderr);
    const watching = place.start(["runs", "watch", id]);
    await watching.said(/^run \w+ running /m);
    worker.child.kill("SIGKILL");
    emulator.setProfile("off");
    const ended = await watching.ended;
    expect(ended.stderr).toContain("no worker is alive: working in this process");
    expect(ended.exitCode).toBe(0);
    expect(await stateOf(id)).toMatchObject({ state: "complete", outcomes: { ok: 123 } });
  }, 60_000);
});

test("a run with a write whose fate is unknown ends with 7, and says how to see it", async () => {
  const journal = await openSqliteJournal({ path: join(place.directory, "exosweep-data", "journal.db") });
  await journal.createRun(newRun({ id: "rwrites", tenant }));
  await journal.addTargets("rwrites", [
    { kind: "mailbox", id: "m1", objectId: "", label: "ann@contoso.com", data: null },
  ]);
  await journal.sealManifest("rwrites");
  await journal.moveRun("rwrites", ["planned"], "running");
  const end = { run: "rwrites", line: 1, attempt: 1, worker: "w1", rows: [], atMs: Date.now() };
  await journal.settle({ ...end, outcome: "unresolved", reason: "Cannot tell whether it was executed" });
  await journal.moveRun("rwrites", ["running"], "complete_with_failures");
  await journal.close();
  const watched = await here(["runs", "watch", "rwrites"]);
  expect(watched.exitCode).toBe(7);
  expect(watched.stderr).toContain("exosweep reconcile list rwrites");
  const items = await here(["runs", "items", "rwrites", "--outcome", "unresolved", "-o", "json"]);
  expect(JSON.parse(items.stdout)).toMatchObject([{ outcome: "unresolved", label: "ann@contoso.com" }]);
});
