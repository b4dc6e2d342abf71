/** The run service over a journal. Whatever it says is in the journal first; workers find it there. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Settings } from "../config.ts";
import type { Exchange } from "../exo/index.ts";
import type { Job } from "../job.ts";
import {
  IN_DOUBT,
  isComplete,
  type Journal,
  type Json,
  type RunRecord,
  type RunState,
  RunOpenError,
} from "../journal/index.ts";
import type { Tenant } from "../tenants/index.ts";
import { countMailboxes } from "./enumerate.ts";
import { RunError } from "./errors.ts";
import { estimate } from "./estimate.ts";
import { failuresOf, type Limits, limitsOf, limitsSchema } from "./limits.ts";
import { pauseCauseOf, pauseReason } from "./pause.ts";
import { RunProgress } from "./progress.ts";
import type { RunPlan, RunService, RunSnapshot, Selection } from "./run-service.ts";
import { describeScope } from "./scope.ts";
import { redrivable, select } from "./selection.ts";
import { isOver, isWorking, sourcesOf } from "./state.ts";
import { tryFilter } from "./try-filter.ts";
import { crashPoint } from "../test-points.ts";

const WATCH_MS = 500;

/** Characters of a hash that are enough to name it. */
const SURE = 8;

const FINISHED = ["complete", "complete_with_failures"] as const satisfies readonly RunState[];

/** The journal's note about a run whose plan somebody approved. */
const APPROVAL = "approval";

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
  const { journal, catalogue } = parts;

  function jobNamed(name: string): Job {
    const job = catalogue.find((candidate) => candidate.name === name);
    if (job !== undefined) return job;
    throw new RunError(
      "unknown-job",
      `Cannot run "${name}": there is no such job`,
      `Choose one of: ${catalogue.map((known) => known.name).join(", ")}`,
    );
  }

  function tenantNamed(name: string): Tenant {
    const tenant = parts.tenants.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (tenant !== undefined) return tenant;
    const known = parts.tenants.map((candidate) => candidate.name).join(", ");
    throw new RunError(
      "unknown-tenant",
      `Cannot find tenant "${name}"`,
      known === ""
        ? "Add one to exosweep.yaml; `exosweep init` writes a first one"
        : `Configured are: ${known}`,
    );
  }

  function checked(job: Job, params: Readonly<Record<string, unknown>>): Json {
    const result = job.params.safeParse(params);
    if (!result.success) {
      const mistakes = result.error.issues.map(
        (issue) => `${issue.path.join(".") || "parameters"}: ${issue.message}`,
      );
      throw new RunError(
        "bad-parameter",
        `Cannot run "${job.name}": ${mistakes.join("; ")}`,
        `See its parameters with: exosweep jobs show ${job.name}`,
      );
    }
    // What was given, not what it became: defaults stay the job's.
    return asJson(params);
  }

  async function get(id: string): Promise<RunRecord> {
    const exact = await journal.run(id);
    if (exact !== undefined) return exact;
    const matches =
      id === "" ? [] : (await journal.runs({ limit: 1_000 })).filter((run) => run.id.startsWith(id));
    const [only] = matches;
    if (only !== undefined && matches.length === 1) return only;
    throw new RunError(
      "unknown-run",
      `Cannot find run "${id}": ${matches.length === 0 ? "the journal has none" : `${matches.length} runs begin so`}`,
      "List them with: exosweep runs list",
    );
  }

  async function move(id: string, to: RunState, reason?: string): Promise<RunRecord> {
    const run = await get(id);
    if (run.state === to) return run;
    const from = sourcesOf(to);
    if (!from.includes(run.state) || !(await journal.moveRun(run.id, from, to, reason))) {
      const now = await get(run.id);
      throw new RunError(
        "not-allowed",
        `Cannot move run ${run.id} to "${to}": it is ${now.state}`,
        `Look at it with: exosweep runs show ${run.id}`,
      );
    }
    return get(run.id);
  }

  function runOpen(error: RunOpenError): RunError {
    return new RunError(
      "run-open",
      error.message,
      `Watch it with: exosweep runs watch ${error.run}, or end it with: exosweep runs cancel ${error.run}`,
      { cause: error },
    );
  }

  function writesOf(run: RunRecord): boolean {
    return catalogue.find(({ name }) => name === run.job)?.writes ?? false;
  }

  function limitsFor(run: RunRecord): Limits {
    return limitsOf(run.limits, writesOf(run), parts.limits);
  }

  /** Others change them too: what they said is kept. */
  async function relimit(
    id: string,
    change: (limits: Limits, run: RunRecord) => Limits,
  ): Promise<{ readonly run: RunRecord; readonly limits: Limits }> {
    for (;;) {
      const run = await get(id);
      const limits = change(limitsFor(run), run);
      if (isDeepStrictEqual(limits, limitsFor(run))) return { run, limits };
      if (await journal.setLimits(run.id, limits, run.limits)) return { run, limits };
    }
  }

  /** Failures that are none any more are not forgiven any more. */
  async function remember(id: string): Promise<void> {
    await relimit(id, (limits, run) => {
      const failures = failuresOf(run, writesOf(run));
      return { ...limits, forgiven: Math.min(limits.forgiven, failures) };
    });
  }

  /** Asked before anything is opened: what is opened has no outcome until the run may go on. @throws {RunError} `run-open` */
  async function refuseBeside(run: RunRecord): Promise<void> {
    const beside = (await journal.runs({ open: true })).find(
      (other) => other.tenantId === run.tenantId && other.job === run.job && other.id !== run.id,
    );
    if (beside !== undefined) throw runOpen(new RunOpenError(run.job, run.tenant, beside.id));
  }

  /** A run may have been paused between the seal on its plan and somebody's word about it: then it goes back to where that is waited for. */
  async function mayRun({ id, job, manifest }: RunRecord): Promise<boolean> {
    if (manifest === undefined) return false;
    if (catalogue.find(({ name }) => name === job)?.writes === false) return true;
    const note = await journal.note(id, APPROVAL);
    return note !== null && typeof note === "object" && "plan" in note && note["plan"] === manifest.sha256;
  }

  /** Whoever lets a run go on that stopped by itself has seen its failures and its canary. */
  async function forgive(run: RunRecord): Promise<void> {
    if (pauseCauseOf(run.reason) !== "threshold") return;
    const [next] = await journal.pending(run.id, 0, 1);
    await relimit(run.id, (limits, now) => {
      const released = limits.released || (next ?? Number.POSITIVE_INFINITY) > limits.canary;
      return { ...limits, released, forgiven: failuresOf(now, writesOf(now)) };
    });
  }

  async function cancel(id: string, reason: string): Promise<RunRecord> {
    const run = await move(id, "cancelled", reason);
    // After a crash right here a planner does what is left, and so does cancelling again.
    crashPoint("cancel.before-settle");
    const nowMs = Date.now();
    await journal.cancelPending(run.id, reason, nowMs, nowMs - parts.writes.settleMs);
    return get(run.id);
  }

  return {
    get,
    cancel,
    list: (filter) => journal.runs(filter),
    events: (run, limit) => journal.events(run, limit),
    verify: async (run, head) => journal.verify((await get(run)).id, head),
    pause: (run, reason) => move(run, "paused", pauseReason("operator", reason)),

    async *items(run, filter) {
      yield* journal.targets((await get(run)).id, filter);
    },

    async start(options, signal = new AbortController().signal) {
      const job = jobNamed(options.job);
      const tenant = tenantNamed(options.tenant);
      const params = checked(job, options.params);
      if (job.writes !== (options.scope.kind === "changes")) throw wrongScope(job);
      await tryFilter(options.scope, () => parts.exchange(tenant.name), signal);
      try {
        const run = await journal.createRun({
          id: newRunId(),
          job: job.name,
          tenant: tenant.name,
          tenantId: tenant.tenantId,
          params,
          scope: asJson(options.scope),
          naiveCallsPerTarget: job.naiveCallsPerTarget,
        });
        crashPoint("run.created");
        return run;
      } catch (error) {
        throw error instanceof RunOpenError ? runOpen(error) : error;
      }
    },

    async plan(options, signal = new AbortController().signal): Promise<RunPlan> {
      const job = jobNamed(options.job);
      const tenant = tenantNamed(options.tenant);
      checked(job, options.params);
      const exchange = (): Promise<Exchange> => parts.exchange(tenant.name);
      await tryFilter(options.scope, exchange, signal);
      const targets = await countMailboxes(await exchange(), options.scope, signal);
      const last = (await journal.runs({ tenant: tenant.name, limit: 20 })).find(
        (run) => run.endedAtMs !== undefined && run.startedAtMs !== undefined && run.calls.items > 0,
      );
      const lastSeconds =
        last?.endedAtMs !== undefined && last.startedAtMs !== undefined
          ? (last.endedAtMs - last.startedAtMs) / 1_000
          : 0;
      return estimate({
        job,
        params: job.params.parse(options.params),
        tenant: tenant.name,
        scope: describeScope(options.scope),
        targets,
        small: targets <= parts.smallScope,
        lastPerSecond: last !== undefined && lastSeconds > 0 ? last.calls.items / lastSeconds : undefined,
      });
    },

    async approve(id, by, plan) {
      const run = await get(id);
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
      // Noted first: a run is never set going without its plan's approval on record.
      await journal.putNote(run.id, APPROVAL, { by, plan: sha256, atMs: Date.now() });
      await journal.addEvent(run.id, { atMs: Date.now(), kind: "approved", data: { by, plan: sha256 } });
      return move(run.id, "running");
    },

    async limit(id, change) {
      const { run, limits } = await relimit(id, (now) => limitsSchema.parse({ ...now, ...change }));
      await journal.addEvent(run.id, { atMs: Date.now(), kind: "limits", data: asJson(change) });
      return limits;
    },

    async *doubts(id) {
      const runs = id === undefined ? await journal.runs() : [await get(id)];
      for (const run of runs) {
        if (IN_DOUBT.every((outcome) => (run.outcomes[outcome] ?? 0) === 0)) continue;
        for await (const chunk of journal.targets(run.id, { outcome: IN_DOUBT }))
          for (const target of chunk) yield { run, target };
      }
    },

    async doubt(id, line) {
      const run = await get(id);
      const target = await journal.target(run.id, line);
      if (target === undefined)
        throw new RunError(
          "unknown-run",
          `Cannot find line ${line} of run ${run.id}: it has ${run.manifest?.count ?? 0}`,
          `List its targets with: exosweep runs items ${run.id}`,
        );
      const intents = await journal.intents(run.id, line);
      return { run, target, intents, history: await journal.history(run.id, line) };
    },

    async decide(id, line, word, by, why) {
      const run = await get(id);
      // What is abandoned may have been executed: it is no failure that could be tried again.
      const outcome = { applied: "ok", abandon: "skipped", "not-applied": undefined } as const;
      if (word === "not-applied" && run.state === "cancelled")
        throw new RunError(
          "not-allowed",
          `Cannot send line ${line} of run ${run.id} again: the run was cancelled`,
          "Decide applied or abandon, and put what is still wanted into a new plan",
        );
      if (word === "not-applied" && isOver(run.state)) await refuseBeside(run);
      const decided = await journal.decide({
        run: run.id,
        line,
        ...(outcome[word] === undefined ? {} : { outcome: outcome[word] }),
        reason: `decided "${word}" by ${by}: ${why}`,
        by,
        atMs: Date.now(),
      });
      // Said again after a crash right below: it is open for another try, and only the run has to be moved.
      const isOpen =
        word === "not-applied" &&
        isOver(run.state) &&
        (await journal.target(run.id, line))?.outcome === undefined;
      if (!decided && !isOpen)
        throw new RunError(
          "not-allowed",
          `Cannot decide line ${line} of run ${run.id}: it is not in doubt`,
          `List what is with: exosweep reconcile list ${run.id}`,
        );
      await remember(run.id);
      // Decided first, moved second: after a crash in between the run has a pending target, and resuming it moves it.
      if (word === "not-applied") await journal.moveRun(run.id, FINISHED, "running");
      return get(run.id);
    },

    async resume(id) {
      const run = await get(id);
      // Opened by a redrive or a decision whose process died before it could set the run going.
      if (isComplete(run.state) && (await journal.countPending(run.id)) > 0) return move(run.id, "running");
      if (run.state !== "paused") {
        if (isWorking(run.state) || run.state === "planned") return run;
        throw new RunError(
          "not-allowed",
          `Cannot resume run ${run.id}: it is ${run.state}`,
          run.state === "cancelled"
            ? "Start a new run"
            : `Try failed targets again with: exosweep runs redrive ${run.id}`,
        );
      }
      await forgive(run);
      return move(run.id, (await mayRun(run)) ? "running" : "planned");
    },

    async cancelAll(reason) {
      const open = await journal.openRuns();
      const ends = await Promise.allSettled(open.map((run) => cancel(run.id, reason)));
      // One that cannot be cancelled must not keep the others from being; one that ended by itself meanwhile needs no cancelling.
      const failed = ends.find((end) => end.status === "rejected" && !isNotAllowed(end.reason));
      if (failed?.status === "rejected") throw failed.reason;
      return Promise.all(open.map((run) => get(run.id)));
    },

    select: async (id, filter) => select(journal, await get(id), filter),

    async redrive({ run: { id }, lines, sha256, outcomes }: Selection) {
      const run = await get(id);
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
          "Wait for its end, or cancel it",
        );
      }
      await refuseBeside(run);
      const now = await select(journal, run, { lines });
      if (now.sha256 !== sha256)
        throw new RunError(
          "stale-plan",
          `Cannot redrive run ${run.id}: of the ${lines.size} selected targets some are not what they were`,
          "Select again",
        );
      // Opened first, moved second: a crash in between leaves a finished run with pending targets, and the same command goes on from there.
      const asked = { lines: lines.size, sha256, outcomes };
      await journal.addEvent(run.id, { atMs: Date.now(), kind: "redrive", data: asked });
      const targets = await journal.redrive(run.id, { lines, outcome: redrivable() });
      const pending = await journal.countPending(run.id);
      crashPoint("redrive.before-move");
      await remember(run.id);
      if (pending > 0) await journal.moveRun(run.id, FINISHED, "running");
      return { run: await get(run.id), targets };
    },

    async *watch(id: string, signal: AbortSignal): AsyncGenerator<RunSnapshot> {
      const progress = new RunProgress();
      for (;;) {
        const run = await get(id);
        yield progress.snapshot(run, Date.now());
        const held = run.state === "paused" || run.state === "awaiting_approval";
        if (isOver(run.state) || held || signal.aborted) return;
        await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined); // Aborted: one last snapshot, then the end.
      }
    },
  };
}

function wrongScope({ name, writes }: Job): RunError {
  return writes
    ? new RunError(
        "bad-parameter",
        `Cannot run "${name}" on mailboxes: it carries out a plan`,
        "Give it one with: exosweep apply FILE --tenant NAME",
      )
    : new RunError(
        "bad-parameter",
        `Cannot give "${name}" a plan of changes: it only reads`,
        "Leave the plan out",
      );
}

function isNotAllowed(error: unknown): boolean {
  return error instanceof RunError && error.code === "not-allowed";
}

function asJson(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value));
  return json;
}

/** Short enough to type, long enough to be unique: 10 characters of base 32 without look-alikes. */
function newRunId(): string {
  const alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
  return `r${Array.from(randomBytes(9), (byte) => alphabet[byte % alphabet.length] ?? "a").join("")}`;
}
