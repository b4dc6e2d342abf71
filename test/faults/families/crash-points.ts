/** Every named crash point: a worker dies there, and the next one goes on; or it freezes there while another goes on, and comes back. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CrashPoint } from "../../../src/test-points.ts";
import type { Effect } from "../checker/index.ts";
import type { Family, Stage } from "../family.ts";
import { runCommand } from "../world/worker.ts";
import { Case } from "../world/case.ts";
import { until, World } from "../world/world.ts";

/** In the order of a run's life, so that one run can die of all of them. */
const OF_PLANNING: readonly CrashPoint[] = [
  "run.moved",
  "manifest.cleared",
  "manifest.part-added",
  "manifest.before-seal",
  "manifest.sealed",
  "preflight.begun",
  "tasks.before-add",
  "tasks.added",
];
const OF_READS: readonly CrashPoint[] = [
  "rows.staged",
  "task.taken",
  "target.loaded",
  "reply.before-settle",
  "settle.before-commit",
  "settle.committed",
  "task.before-ack",
  // What is read last.
  "group.kept",
];
const OF_WRITES: readonly CrashPoint[] = [
  "canary.before-release",
  "task.taken",
  "write.before-look",
  "write.before-intent",
  "intent.before-commit",
  "intent.committed",
  "write.sent",
  "write.answered",
  "reply.before-settle",
  "settle.before-commit",
  "settle.committed",
  "task.before-ack",
  "doubt.before-snooze",
  "doubt.before-look",
  "doubt.looked",
  "doubt.before-end",
  "doubt.ended",
];
const OF_SEALING: readonly CrashPoint[] = [
  "run.before-seal",
  "access.part-indexed",
  "summary.written",
  "run.sealed",
];

/** A point nobody comes by in so long is left to the guard that counts what was reached. */
const PATIENCE_MS = 40_000;

/** A target whose reply was being read, alone, when two workers died one after the other is rightly taken for poison. */
const POISONED = { outcomes: ["quarantined"] };

function isOver(state: string): boolean {
  return /^(complete|cancelled)/.test(state);
}

/** One life after the other, each ended at the next point. */
async function chain({ world, cases, random, reached }: Stage, points: readonly CrashPoint[]): Promise<void> {
  await Promise.all(world.workers.map((worker) => worker.end("SIGKILL")));
  for (const point of points) {
    const states = await Promise.all(cases.map(async ({ run }) => (await world.app.runs.get(run)).state));
    if (states.every(isOver)) return;
    const nth = /^(settle|task\.|target|write|intent|reply)/.test(point) ? random.between(1, 3) : 1;
    const worker = world.startWorker({ dieAt: { point, nth } });
    const died = worker.gone.then(() => true);
    const passed = until(point, PATIENCE_MS, async () => {
      await Promise.all(cases.map((of) => world.goOn(of.run)));
      const states = await Promise.all(cases.map(async ({ run }) => (await world.app.runs.get(run)).state));
      return states.every(isOver) || !worker.running ? true : undefined;
    }).then(
      () => !worker.running,
      () => false,
    );
    if (await Promise.race([died, passed])) {
      reached.faults += 1;
      reached.deaths += 1;
    } else {
      await worker.end("SIGKILL");
    }
  }
}

export const deathsWhileReading: Family = {
  id: "F02r",
  title: "a worker dies at every crash point of a run that reads",
  iterations: 1,
  mix: "reads",
  workers: 1,
  open: openWithoutWorkers,
  strikesUntil: "start",
  allowances: POISONED,
  strike: (stage) => chain(stage, [...OF_PLANNING, ...OF_READS, ...OF_SEALING]),
};

function deathsWhileWriting(effect: Effect): Family {
  return {
    id: `F02${effect}`,
    title: `a worker dies at every crash point of a run whose writes are ${effect}`,
    iterations: 1,
    mix: "writes",
    effects: [effect],
    writes: 60,
    workers: 1,
    // Some are not executed, so that doubts end in both ways.
    open: () =>
      openWithoutWorkers({ quirks: { lostWriteRequest: 0.15, lostWriteReply: 0.1, faultyWritesOnce: true } }),
    strikesUntil: "start",
    allowances: POISONED,
    strike: (stage) => chain(stage, [...OF_PLANNING, ...OF_WRITES, ...OF_SEALING]),
  };
}

async function openWithoutWorkers(profile: object = {}): Promise<World> {
  return World.open({ mailboxes: 80, profile });
}

export const deathsWhileWritingEach: readonly Family[] = (
  ["absolute", "convergent", "create", "once"] as const
).map(deathsWhileWriting);

/** Where a frozen process is most dangerous: it has just looked, and is about to do. */
const DANGEROUS: readonly CrashPoint[] = [
  "manifest.before-seal",
  "manifest.cleared",
  "manifest.part-added",
  "task.taken",
  "write.before-look",
  "write.before-intent",
  "intent.before-commit",
  "intent.committed",
  "write.sent",
  "write.answered",
  "reply.before-settle",
  "settle.before-commit",
  "doubt.before-look",
  "doubt.before-end",
  "doubt.ended",
  "run.before-seal",
];

export const frozenAtPoints: Family = {
  id: "F03p",
  title: "a worker freezes at a named point until another has gone on, and comes back",
  iterations: DANGEROUS.length,
  workers: 1,
  open: () =>
    openWithoutWorkers({ quirks: { lostWriteRequest: 0.15, lostWriteReply: 0.1, faultyWritesOnce: true } }),
  mix: "writes",
  strikesUntil: "start",
  async strike({ world, cases, random, reached, at }) {
    await Promise.all(world.workers.map((worker) => worker.end("SIGKILL")));
    const point = DANGEROUS[at % DANGEROUS.length] ?? random.pick(DANGEROUS);
    const zombie = world.startWorker({ stopAt: { point, nth: random.between(1, 2) } });
    const stopped = await until(point, PATIENCE_MS, async () => {
      await Promise.all(cases.map((of) => world.goOn(of.run)));
      const states = await Promise.all(cases.map(async ({ run }) => (await world.app.runs.get(run)).state));
      return states.every(isOver) || (await world.noted(zombie.pid, "stopped")) ? true : undefined;
    }).catch(() => false);
    if (!stopped) return;
    const [successor] = await world.startWorkers(1);
    // Leases are gone, and the settle window too in some of the cases.
    await sleep(random.between(1_500, 4_500));
    zombie.signal("SIGCONT");
    reached.faults += 1;
    reached.zombies += 1;
    await sleep(random.between(0, 1_000));
    if (successor === undefined) throw new Error("No worker started");
  },
};

/** What people type is killed too: whatever it had begun is finished by whoever comes next. */
export const deathsOfCommands: Family = {
  id: "F02c",
  title: "commands die at every crash point: run, cancel, redrive, export",
  iterations: 1,
  mix: "reads",
  // So slow that a run is not over before a limit is seen, or a cancel said.
  open: () =>
    World.open({
      mailboxes: 80,
      profile: { latency: { call: { median: 100, sigma: 0.2 } } },
      settings: {
        gate: { startWindow: 1, maxWindow: 1 },
        batch: { maxCalls: 4, startCalls: 4 },
        requests: { maxRetries: 1 },
      },
    }),
  strikesUntil: "start",
  async begin(world) {
    const from = await world.service.heard();
    const start = ["run", "permission-audit", "--tenant", "t0", "--all", "--detach"];
    await runCommand(world.site, { notes: world.notes, dieAt: { point: "run.created", nth: 1 } }, start);
    const [run] = await world.app.runs.list({ open: true });
    if (run === undefined) throw new Error("The run that was started is not on record");
    return [await Case.adopt(world, run.id, 0, from)];
  },
  async strike({ world, cases: [of], random, reached }) {
    reached.faults += 1;
    if (of === undefined) return;
    const die = async (point: CrashPoint, ...words: string[]): Promise<void> => {
      const command = await runCommand(world.site, { notes: world.notes, dieAt: { point, nth: 1 } }, words);
      reached.faults += 1;
      if (!(await world.noted(command.pid, "died")))
        throw new Error(`"${words.join(" ")}" never came by ${point}: ${command.last.join("; ")}`);
      reached.deaths += 1;
    };
    const [tenant] = world.service.tenants;
    const broken = (await world.service.targets(tenant?.tenantId ?? "")).slice(0, 5);
    await world.service.addFaults(
      broken.map((subject) => ({
        match: { cmdlet: "Get-MailboxPermission", subject },
        fault: { kind: "transient" },
        times: 1_000,
      })),
    );
    await world.app.runs.limit(of.run, { failures: 1 });
    const planner = world.startWorker({ dieAt: { point: "limits.before-pause", nth: 1 } });
    await Promise.race([planner.gone, sleep(PATIENCE_MS)]);
    if (!(await world.noted(planner.pid, "died"))) throw new Error("no limit was reached");
    await world.startWorkers(1);
    await world.over(of.run, 60_000);
    await world.service.clearFaults();
    const again = ["runs", "redrive", of.run, "--outcome", "failed", "--detach"];
    await die("redrive.part-opened", ...again);
    await die("redrive.before-move", ...again);
    await runCommand(world.site, { notes: world.notes }, again);
    await world.over(of.run, 60_000);
    await die("bundle.before-rename", "export", of.run, "--bundle", `${world.home}/bundle`);
    await die(
      "export.before-rename",
      "export",
      of.run,
      "--format",
      "csv",
      "--out",
      `${world.home}/export.csv`,
    );
    for (const point of ["cancel.before-settle", "cancel.part-settled"] as const) {
      const cancelled = await Case.reads(world, 0);
      try {
        await world.settledPart(cancelled.run, 0.2 * random.next());
        await die(point, "runs", "cancel", cancelled.run);
        await world.over(cancelled.run, 30_000);
      } finally {
        await cancelled.discard();
      }
    }
  },
};

/** A person's word about a write nobody could be sure of dies with the command that said it, or does not. */
export const deathsOfDecisions: Family = {
  id: "F02d",
  title: "decisions about writes in doubt die at their crash points",
  iterations: 1,
  mix: "writes",
  effects: ["once"],
  writes: 20,
  world: { profile: { quirks: { lostWriteReply: 0.3, lostWriteRequest: 0.3, faultyWritesOnce: true } } },
  allowances: { outcomes: ["skipped"] },
  strikesUntil: "start",
  async strike({ world, cases: [of], random, reached }) {
    if (of === undefined) return;
    await world.over(of.run, 60_000);
    const executed = new Set(
      (await world.service.ledger(of.tenantId, 0)).flatMap(({ subject, executedAtMs, write }) =>
        write !== undefined && executedAtMs !== null ? [subject] : [],
      ),
    );
    for await (const { target } of world.app.runs.doubts(of.run)) {
      const subject = (target.data as { readonly mailboxId?: string }).mailboxId ?? "";
      const word = executed.has(subject) ? "applied" : random.pick(["abandon", "not-applied"]);
      const point = random.pick(["decision.before-commit", "decision.committed"] as const);
      const words = [
        "reconcile",
        "decide",
        of.run,
        String(target.line),
        word,
        "--because",
        "the ledger says so",
      ];
      await runCommand(world.site, { notes: world.notes, dieAt: { point, nth: 1 } }, words);
      reached.faults += 1;
      reached.deaths += 1;
      // Said again: it was not heard, or it was, and then there is nothing to decide any more.
      await runCommand(world.site, { notes: world.notes }, words);
      if (reached.faults > 6) break;
    }
  },
};
