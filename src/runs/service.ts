/** The run service over a journal. Whatever it says is in the journal first; workers find it there. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../config.ts";
import type { Exchange } from "../exo/index.ts";
import type { Job } from "../job/index.ts";
import { isComplete, type Journal, type RunRecord } from "../journal/index.ts";
import type { Tenant } from "../tenants/index.ts";
import { crashPoint } from "../test-points.ts";
import { Contradictions } from "../changes/index.ts";
import { asJson } from "./as-json.ts";
import { createDecisions } from "./decisions.ts";
import { RunError } from "./errors.ts";
import { limitsSchema } from "./limits.ts";
import { pauseReason } from "./pause.ts";
import { RunProgress } from "./progress.ts";
import { APPROVAL, RunDesk } from "./run-desk.ts";
import type { RunService, RunSnapshot, Selection } from "./run-service.ts";
import { isImported } from "./scope.ts";
import { redrivable, select } from "./selection.ts";
import { createStarting } from "./starting.ts";
import { subjectOf } from "./targets.ts";
import { FINISHED, isOver, isWorking } from "./state.ts";

const WATCH_MS = 500;

/** Characters of a hash that are enough to name it. */
const SURE = 8;

export interface ServiceParts {
  readonly journal: Journal;
  readonly catalogue: readonly Job[];
  readonly tenants: readonly Tenant[];
  readonly smallScope: number;
  readonly limits: Settings["limits"];
  readonly writes: Pick<Settings["writes"], "settleMs">;
  exchange(tenant: string): Promise<Exchange>;
}

export function createRunService(parts: ServiceParts): RunService {
  const { journal } = parts;
  const desk = new RunDesk(parts);

  /** Names of the reads of a run that go by what it has found. */
  function lastReads({ job }: RunRecord): readonly string[] {
    const own = parts.catalogue.find(({ name }) => name === job);
    return own?.bulk.filter(({ last }) => last).map(({ name }) => name) ?? [];
  }

  /** A file may name one mailbox by several names: which it means is known only now. */
  async function refuseContradictions(run: RunRecord): Promise<void> {
    const contradictions = new Contradictions();
    const found: string[] = [];
    for await (const chunk of journal.targets(run.id))
      for (const target of chunk) {
        const subject = subjectOf(target);
        if (subject.kind !== "change") continue;
        const word = contradictions.add(target.line, { identity: subject.mailbox.id, ...subject.change });
        if (word !== undefined) found.push(`line ${target.line} ${word}`);
      }
    const [first] = found;
    if (first === undefined) return;
    throw new RunError(
      "not-allowed",
      `Cannot approve run ${run.id}: ${first}${found.length > 1 ? `; so do ${found.length - 1} more` : ""}`,
      `See its lines with: exosweep runs items ${run.id}; end it with: exosweep runs cancel ${run.id}; correct the file and apply it again`,
    );
  }

  async function cancel(id: string, reason: string): Promise<RunRecord> {
    const run = await desk.move(id, "cancelled", reason);
    // After a crash right here a planner does what is left, and so does cancelling again.
    crashPoint("cancel.before-settle");
    const nowMs = Date.now();
    await journal.cancelPending(run.id, reason, nowMs, nowMs - parts.writes.settleMs);
    return desk.get(run.id);
  }

  return {
    ...createStarting(parts),
    ...createDecisions(journal, desk),
    get: (id) => desk.get(id),
    cancel,
    list: (filter) => journal.runs(filter),
    events: (run, limit) => journal.events(run, limit),
    verify: async (run, head) => journal.verify((await desk.get(run)).id, head),
    pause: (run, reason) => desk.move(run, "paused", pauseReason("operator", reason)),

    async *items(run, filter) {
      yield* journal.targets((await desk.get(run)).id, filter);
    },

    async approve(id, by, plan) {
      const run = await desk.get(id);
      const sha256 = run.manifest?.sha256 ?? "";
      const named = plan === undefined || (plan.length >= SURE && sha256.startsWith(plan.toLowerCase()));
      if (run.state === "awaiting_approval" && !named)
        throw new RunError(
          "stale-plan",
          `Cannot approve run ${run.id}: its plan is ${sha256.slice(0, 12)}, not ${plan}`,
          `Read the plan with: exosweep runs items ${run.id}`,
        );
      if (run.state !== "awaiting_approval")
        throw new RunError(
          "not-allowed",
          `Cannot approve run ${run.id}: it is ${run.state}`,
          `Look at it with: exosweep runs show ${run.id}`,
        );
      await refuseContradictions(run);
      // Noted first: a run is never set going without its plan's approval on record.
      await journal.putNote(run.id, APPROVAL, { by, plan: sha256, atMs: Date.now() });
      await journal.addEvent(run.id, { atMs: Date.now(), kind: "approved", data: { by, plan: sha256 } });
      return desk.move(run.id, "running");
    },

    async limit(id, change) {
      const { run, limits } = await desk.relimit(id, (now) => limitsSchema.parse({ ...now, ...change }));
      await journal.addEvent(run.id, { atMs: Date.now(), kind: "limits", data: asJson(change) });
      return limits;
    },

    async resume(id) {
      const run = await desk.get(id);
      // Opened by a redrive or a decision whose process died before it could set the run going.
      if (isComplete(run.state) && (await journal.countPending(run.id)) > 0)
        return desk.move(run.id, "running");
      if (run.state !== "paused") {
        if (isWorking(run.state) || run.state === "planned" || run.state === "draining") return run;
        throw new RunError(
          "not-allowed",
          `Cannot resume run ${run.id}: it is ${run.state}`,
          run.state === "importing"
            ? "Whoever imports it goes on; if nobody does, import the file again"
            : run.state === "cancelled"
              ? "Start a new run"
              : run.state === "awaiting_approval"
                ? `Read its plan, then let it be carried out with: exosweep runs approve ${run.id}`
                : `Try failed targets again with: exosweep runs redrive ${run.id}`,
        );
      }
      await desk.forgive(run);
      return desk.move(run.id, (await desk.mayRun(run)) ? "running" : "planned");
    },

    async cancelAll(reason) {
      const open = await journal.openRuns();
      const ends = await Promise.allSettled(open.map((run) => cancel(run.id, reason)));
      // One that cannot be cancelled must not keep the others from being; one that ended by itself meanwhile needs no cancelling.
      const failed = ends.find((end) => end.status === "rejected" && !isNotAllowed(end.reason));
      if (failed?.status === "rejected") throw failed.reason;
      return Promise.all(open.map((run) => desk.get(run.id)));
    },

    async select(id, filter) {
      const run = await desk.get(id);
      return select(journal, run, filter, lastReads(run));
    },

    async redrive({ run: { id }, lines, sha256, outcomes }: Selection) {
      const run = await desk.get(id);
      if (isImported(run))
        throw new RunError(
          "not-allowed",
          `Cannot redrive run ${run.id}: it was imported from a file`,
          "Correct the file and import it again",
        );
      if (run.state === "cancelled")
        throw new RunError(
          "not-allowed",
          `Cannot redrive run ${run.id}: it was cancelled`,
          "Start a new run",
        );
      if (run.state !== "complete" && run.state !== "complete_with_failures") {
        throw new RunError(
          "not-allowed",
          `Cannot redrive run ${run.id}: it is ${run.state}`,
          run.state === "paused"
            ? `Let it go on first: exosweep runs resume ${run.id}`
            : "Wait for its end, or cancel it",
        );
      }
      await desk.refuseBeside(run);
      const now = await select(journal, run, { lines }, lastReads(run));
      if (now.sha256 !== sha256)
        throw new RunError(
          "stale-plan",
          `Cannot redrive run ${run.id}: of the ${lines.size} selected targets some are not what they were`,
          "Select again",
        );
      // Opened first, moved second: a crash in between leaves a finished run with pending targets, and the same command goes on from there.
      const asked = { lines: lines.size, sha256, outcomes };
      await journal.addEvent(run.id, { atMs: Date.now(), kind: "redrive", data: asked });
      const opened = await journal.redrive(run.id, { lines, outcome: redrivable() });
      const anew =
        now.anew.size > 0 ? await journal.redrive(run.id, { lines: now.anew, outcome: ["ok"] }) : 0;
      const targets = opened + anew;
      const pending = await journal.countPending(run.id);
      crashPoint("redrive.before-move");
      await desk.remember(run.id);
      if (pending > 0) await journal.moveRun(run.id, FINISHED, "running");
      return { run: await desk.get(run.id), targets };
    },

    async *watch(id: string, signal: AbortSignal): AsyncGenerator<RunSnapshot> {
      const progress = new RunProgress();
      for (;;) {
        const run = await desk.get(id);
        yield progress.snapshot(run, Date.now());
        // Whoever imports a file tells of it; if nobody does, nothing will.
        const held = ["paused", "awaiting_approval", "importing"].includes(run.state);
        if (isOver(run.state) || held || signal.aborted) return;
        await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined); // Aborted: one last snapshot, then the end.
      }
    },
  };
}

function isNotAllowed(error: unknown): boolean {
  return error instanceof RunError && error.code === "not-allowed";
}
