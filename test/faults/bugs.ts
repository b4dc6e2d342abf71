/**
 * A scenario for every planted bug, small enough to run all of them with each pull request: what it takes for the defect to show, and the
 * invariant it must be caught by. A bug that is caught by accident, by a run that merely takes long, does not count.
 */
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { ScriptedFault } from "../../src/emulator/index.ts";
import type { CrashPoint, PlantedBug } from "../../src/test-points.ts";
import type { Family } from "./family.ts";
import { runCommand } from "./world/worker.ts";
import { until, type World, type WorldOptions } from "./world/world.ts";

export interface Scenario {
  readonly bug: PlantedBug;
  /** What the judge says of it, one of these at least: an invariant, or `G8` for a run that never ends. */
  readonly caughtBy: readonly string[];
  readonly family: Family;
}

type Strike = Family["strike"];
type Facts = Partial<Family> & { readonly strike?: Strike };

const nothing: Strike = () => Promise.resolve();

function scenario(
  bug: PlantedBug,
  caughtBy: readonly string[],
  facts: Facts,
  world: WorldOptions = {},
): Scenario {
  const family: Family = {
    id: bug,
    title: bug,
    iterations: 1,
    mix: "reads",
    workers: 1,
    strikesUntil: "start",
    withinMs: 60_000,
    strike: nothing,
    ...facts,
    world: { mailboxes: 40, ...world, orders: { bugs: [bug] } },
  };
  return { bug, caughtBy, family };
}

function reading(
  bug: PlantedBug,
  caughtBy: readonly string[],
  strike: Strike = nothing,
  facts: Facts = {},
  world: WorldOptions = {},
): Scenario {
  return scenario(bug, caughtBy, { strike, ...facts }, world);
}

function writing(
  bug: PlantedBug,
  caughtBy: readonly string[],
  quirks: NonNullable<NonNullable<WorldOptions["profile"]>["quirks"]>,
  facts: Facts = {},
): Scenario {
  const profile = { quirks: { ...quirks, faultyWritesOnce: true } };
  return scenario(bug, caughtBy, { mix: "writes", effects: ["absolute"], writes: 15, ...facts }, { profile });
}

/** So many faults of a kind, for the reads of mailboxes. */
function failing(kind: ScriptedFault["fault"]["kind"], times: number, retryAfter?: string): Strike {
  return async ({ world }) => {
    await world.service.addFaults([
      {
        match: { cmdlet: "Get-MailboxPermission", nth: 5 },
        fault: { kind, ...(retryAfter === undefined ? {} : { retryAfter }) },
        times,
      },
    ]);
  };
}

/** The worker dies at a point, and another one goes on. */
function dyingAt(point: "settle.before-commit", lives: number): Strike {
  return async ({ world }) => {
    await Promise.all(world.workers.map((worker) => worker.end("SIGKILL")));
    for (let life = 0; life < lives; life += 1)
      await Promise.race([world.startWorker({ dieAt: { point, nth: 2 } }).gone, sleep(20_000)]);
  };
}

/** Every worker is killed while tasks are in hand. */
const killing: Strike = async ({ world, cases }) => {
  await world.settledPart(cases[0]?.run ?? "", 0.1);
  await Promise.all(world.workers.map((worker) => worker.end("SIGKILL")));
};

const emptying: Strike = async ({ world, cases: [of] }) => {
  await world.settledPart(of?.run ?? "", 0.1);
  await world.redis.tell("FLUSHALL");
};

/** A word of the operator's, and then silence for longer than it takes to hold. */
function saying(word: "pause" | "cancel"): Strike {
  return async ({ world, cases: [of] }) => {
    if (of === undefined) return;
    await world.settledPart(of.run, 0.02);
    await of[word]();
    await sleep(4_000);
    if (word === "pause") await of.resume();
  };
}

/** Slow enough that there is work left two seconds later. */
const SLOW: WorldOptions = {
  mailboxes: 80,
  profile: { latency: { call: { median: 300, sigma: 0.2 } } },
  settings: { gate: { startWindow: 1, maxWindow: 1 }, batch: { maxCalls: 4 } },
};

/** So slow that there is work left when Redis is emptied, and over in a few seconds all the same. */
const LEISURELY: WorldOptions = { profile: { latency: { call: { median: 200, sigma: 0.2 } } } };

/** A worker freezes at a point; meanwhile another one does all there is to do, and then the first goes on where it was. */
function freezingAt(point: CrashPoint, nth: number): Strike {
  return async ({ world, cases: [of] }) => {
    await Promise.all(world.workers.map((worker) => worker.end("SIGKILL")));
    const zombie = world.startWorker({ stopAt: { point, nth } });
    await until("the worker has frozen", 40_000, async () =>
      (await world.noted(zombie.pid, "stopped")) ? true : undefined,
    );
    await world.startWorkers(1);
    // The other one has to look twice before it sends a write: all of it is done when it is done with the rest.
    await until("the other has gone on", 30_000, async () =>
      ((await world.app.runs.get(of?.run ?? "")).outcomes.ok ?? 0) > 0 ? true : undefined,
    ).catch(() => undefined); // The judge will say so.
    await world.settledPart(of?.run ?? "", 1);
    zombie.signal("SIGCONT");
    await sleep(1_500);
  };
}

/** Somebody else changes what a lost write has just set. */
const contradicting: Strike = async ({ cases: [of] }) => {
  if (of === undefined || of.plan.kind !== "changes") return;
  await of.rival(of.plan.changes.slice(0, 10));
};

function command(...words: readonly string[]): (world: World, run: string) => Promise<void> {
  return async (world, run) =>
    void (await runCommand(
      world.site,
      world.orders,
      words.map((word) => (word === "RUN" ? run : word)),
    ));
}

/** A failed target is tried again by hand. */
const redriving: Strike = async ({ world, cases: [of] }) => {
  if (of === undefined) return;
  const [subject = ""] = await world.service.targets(of.tenantId);
  await world.service.addFaults([
    { match: { cmdlet: "Get-MailboxPermission", subject }, fault: { kind: "transient" } },
  ]);
  await world.over(of.run, 40_000);
  await world.service.clearFaults();
  await command("runs", "redrive", "RUN", "--outcome", "failed,ok", "--detach")(world, of.run);
};

/** A line of a finished run is edited behind everybody's back: whoever verifies the run must say so. */
const editing: Strike = async ({ world, cases: [of] }) => {
  if (of === undefined) return;
  await world.over(of.run, 60_000);
  const edit = (from: string, to: string): void => {
    using file = new DatabaseSync(world.journal, { timeout: 5_000 });
    file.prepare("UPDATE targets SET outcome = ? WHERE line = 1 AND outcome = ?").run(to, from);
  };
  edit("ok", "denied");
  const verified = await runCommand(world.site, world.orders, ["runs", "verify", of.run]);
  edit("denied", "ok");
  if (!verified.last.some((line) => /\b1\b/.test(line) && /edited|differs|not what|hash|seal/i.test(line)))
    throw new Error("an edited line was verified");
};

/** Cancelled while the answers of writes are lost. */
const cancelling: Strike = async ({ world, cases: [of] }) => {
  if (of === undefined) return;
  await until("a write is in doubt", 30_000, async () => {
    const writes = (await world.service.ledger(of.tenantId, 0)).filter(({ write }) => write !== undefined);
    return writes.length > 3 ? true : undefined;
  });
  await Promise.all(world.workers.map((worker) => worker.end("SIGKILL")));
  of.orders.push({ atMs: Date.now(), word: "cancelled" });
  await command("runs", "cancel", "RUN")(world, of.run);
};

/** The same without the defect: nothing of it may be said then. */
export function soundly({ family, ...scenario }: Scenario): Scenario {
  return { ...scenario, family: { ...family, world: { ...family.world, orders: {} } } };
}

export const SCENARIOS: readonly Scenario[] = [
  reading("acknowledge-before-journal", ["I2"], dyingAt("settle.before-commit", 3)),
  reading("ignore-missing-item", ["I3"], failing("item-missing", 4)),
  reading("skip-seal-check", ["I1", "I10"]),
  reading("count-throttles-as-failures", ["I1"], failing("item-throttled", 3, "0")),
  reading("trust-redis-as-record", ["G8"], emptying, { withinMs: 20_000 }, LEISURELY),
  reading("truncated-page-is-whole", ["I1"], saying("cancel"), {}, { mailboxes: 1_100 }),
  reading("lose-staged-rows", ["I1", "I3"]),
  reading("settle-twice", ["I1", "I10"], freezingAt("reply.before-settle", 3), { withinMs: 25_000 }),
  reading("send-while-paused", ["I6"], saying("pause"), {}, SLOW),
  reading("send-after-cancel", ["I6"], saying("cancel"), {}, SLOW),
  reading("redrive-resends-ok", ["I1"], redriving),
  reading("ignore-retry-after", ["I7"], failing("throttled", 1, "5"), { retryAfterMs: 5_000 }),
  reading("accept-foreign-rows", ["I3"], failing("items-swapped", 4)),
  reading("quarantine-neighbours", ["I1"], killing, {}, LEISURELY),
  reading("accept-edited-line", ["G8"], editing),
  reading("foreign-token", ["I9", "G8"], nothing, { withinMs: 8_000 }, { tenants: 2 }),
  writing("skip-approval", ["I6"], {}),
  writing("skip-intent", ["I4"], {}),
  writing("guess-ok", ["I3"], { lostWriteReply: 0.5 }),
  writing("retry-lost-write", ["I4"], { lostWriteReply: 0.5 }),
  writing("retry-lost-once", ["I5"], { lostWriteReply: 0.5 }, { effects: ["once"] }),
  writing("resend-without-look", ["I4"], { lostWriteRequest: 0.5 }),
  writing("skip-settle-window", ["I4"], { lateWrite: 0.6, lateWriteSeconds: 1.5 }),
  writing("one-look-is-enough", ["I4"], { lostWriteRequest: 0.6 }),
  writing("look-on-other-connection", ["I4"], { lostWriteReply: 0.5, writeLagSeconds: 60 }),
  writing("skip-deadline", ["I4", "I6"], {}, { strike: freezingAt("write.sent", 1), writes: 8 }),
  writing(
    "ignore-conflict",
    ["I4"],
    { lostWriteReply: 1, writeLagSeconds: 0 },
    { strike: contradicting, allowances: { outcomes: ["conflict"] } },
  ),
  writing("cancel-claims-unsent", ["I3"], { lostWriteReply: 1 }, { strike: cancelling }),
];
