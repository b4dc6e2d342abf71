/**
 * Takes every open run through its life: enumerate, try the cmdlets, feed, seal. One process at a time has a run (a claim in the journal that
 * expires), so a run whose processes all died is picked up by the next worker that starts, by itself, also after Redis was emptied.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../config.ts";
import { ExoError, type Exchange } from "../exo/index.ts";
import { JournalError, type Journal, type RunRecord, type RunState } from "../journal/index.ts";
import type { TaskQueues } from "../queue/index.ts";
import { indexAccess, ReportError } from "../reports/index.ts";
import { SignInError } from "../tenants/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import { COUNTED_MS } from "./call-tally.ts";
import { enumerate } from "./enumerate.ts";
import { RunError } from "./errors.ts";
import { feed } from "./feeder.ts";
import { canaryWord, failuresOf, isCanary, type Limits, limitsOf, reached } from "./limits.ts";
import type { OpenRun, OpenRuns } from "./open-runs.ts";
import { causeOfError, pauseReason } from "./pause.ts";
import { checkOffered, checkWrites, preflight, type PreflightParts } from "./preflight.ts";
import type { LoadedRun, RunCache } from "./run-cache.ts";
import { scopeSchema } from "./scope.ts";
import { isOver, isWorking, sourcesOf } from "./state.ts";
import { sumUp, type Summarise } from "./sum-up.ts";
import type { TenantClosed } from "./tenant-closed.ts";
import { crashPoint, planted } from "../test-points.ts";

/** Wait before a run is tried again after a fault of ours, such as an unreachable Redis. */
const AGAIN_MS = 2_000;
/** A gate closed for longer than this makes the run `throttled`: a person who looks should know why nothing moves. */
const THROTTLED_MS = 5_000;
const LOOK_AT_GATE_MS = 1_000;

export interface PlannerParts {
  readonly owner: string;
  readonly journal: Journal;
  readonly queues: TaskQueues;
  readonly telemetry: Telemetry;
  readonly open: OpenRuns;
  readonly cache: RunCache;
  readonly claimMs: number;
  readonly window: number;
  readonly smallScope: number;
  readonly closed: TenantClosed;
  readonly limits: Settings["limits"];
  /** Whether the list of cmdlets the app may run is asked for first. */
  readonly discovery: boolean;
  /** Answers of writes on their way are waited for so long after a run was cancelled. */
  readonly settleMs: number;
  exchange(tenant: string): Promise<Exchange>;
  /** What the sealer keeps for people. */
  readonly summarise: Summarise;
}

export class Planner {
  readonly #parts: PlannerParts;
  readonly #driving = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  readonly #enough = new AbortController();
  #off: (() => void) | undefined;

  constructor(parts: PlannerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#off = this.#parts.open.onLook(() => this.#take());
    this.#take();
  }

  /** Lets go of its runs; another process may take them at once. What waits for a Redis that is away is left to itself after `graceMs`. May be called again with 0. */
  async stop(graceMs: number): Promise<void> {
    this.#off?.();
    this.#stop.abort(new Error("The planner is stopping"));
    if (graceMs === 0) this.#enough.abort();
    const waited = sleep(graceMs, undefined, { signal: this.#enough.signal }).catch(() => undefined); // It was enough.
    await Promise.race([Promise.allSettled(this.#driving.values()), waited]);
    this.#enough.abort();
  }

  #take(): void {
    for (const run of this.#parts.open.all) {
      if (this.#stop.signal.aborted || this.#driving.has(run.id) || !wantsPlanner(run.state)) continue;
      const driving = this.#drive(run).finally(() => this.#driving.delete(run.id));
      this.#driving.set(run.id, driving);
    }
  }

  async #drive(run: OpenRun): Promise<void> {
    const { journal, owner, claimMs, telemetry } = this.#parts;
    const lost = new AbortController();
    try {
      if (!(await journal.claimRun(run.id, owner, claimMs))) return;
    } catch (error) {
      // Somebody who watches has to hear of a full disk here too: nothing else would be written that could fail.
      this.#sayJournalFailed(error);
      telemetry.emit("warning", { text: `Run ${run.id} could not be claimed: the journal did not answer` });
      return;
    }
    const renewal = setInterval(() => {
      journal.claimRun(run.id, owner, claimMs).then(
        (mine) => mine || lost.abort(new Error("Another process has this run")),
        () => undefined, // A claim that cannot be renewed expires by itself; the next renewal may succeed before that.
      );
    }, claimMs / 3);
    const signal = AbortSignal.any([this.#stop.signal, lost.signal]);
    try {
      await (run.state === "cancelled" ? this.#finishCancel(run.id) : this.#live(run.id, signal));
    } catch (error) {
      // The run keeps its state when not even that can be written: the next look takes it again.
      await this.#failed(run.id, error, signal).catch((fault: unknown) => this.#sayJournalFailed(fault));
    } finally {
      clearInterval(renewal);
      await journal.releaseRun(run.id, owner).catch(() => undefined); // It expires by itself.
    }
  }

  /** What is left of a cancellation whose process died, or is still at it: both may, and each target is settled once. */
  async #finishCancel(id: string): Promise<void> {
    const { journal, open } = this.#parts;
    const run = await journal.run(id);
    const nowMs = Date.now();
    await journal.cancelPending(id, run?.reason ?? "cancelled", nowMs, nowMs - this.#parts.settleMs);
    await open.look();
  }

  /** From the state the journal has to the next one, until nothing is left to plan. */
  async #live(id: string, signal: AbortSignal): Promise<void> {
    const { journal, open, cache } = this.#parts;
    const loaded = await cache.load(id);
    for (;;) {
      signal.throwIfAborted();
      const run = await journal.run(id);
      if (run === undefined) return;
      if (run.state === "planned") {
        await this.#move(id, "enumerating");
      } else if (run.state === "enumerating") {
        await open.look();
        const leave = AbortSignal.any([signal, open.signal(id)]);
        const exo = await this.#parts.exchange(run.tenant);
        const before = this.#preflightParts(run, loaded, exo, leave);
        const offered = this.#parts.discovery ? await checkOffered(before) : undefined;
        const manifest =
          run.manifest ??
          (await enumerate({
            journal,
            exo,
            job: loaded.job,
            run: id,
            params: loaded.params,
            scope: scopeSchema.parse(run.scope),
            smallScope: this.#parts.smallScope,
            signal: leave,
          }));
        if (manifest.count > 0) await preflight(before);
        if (loaded.job.writes && offered !== undefined) await checkWrites(before, offered);
        if (loaded.job.writes && !planted("skip-approval")) {
          await this.#move(id, "awaiting_approval", "its plan stands", ["enumerating"]);
          return;
        }
        // From nowhere else: who paused it meanwhile must not find it running.
        await this.#move(id, "running", undefined, ["enumerating"]);
      } else if (isWorking(run.state)) {
        await open.look();
        const leave = AbortSignal.any([signal, open.signal(id)]);
        const looking = setInterval(() => {
          void this.#sayThrottled(id, run.tenant);
          void this.#stopAtLimit(loaded);
        }, LOOK_AT_GATE_MS);
        const canary = isCanary(run, this.#limitsOf(run, loaded))
          ? this.#limitsOf(run, loaded).canary
          : undefined;
        try {
          await feed({
            ...(canary === undefined ? {} : { upTo: canary }),
            journal,
            queues: this.#parts.queues,
            run: id,
            tenantId: run.tenantId,
            window: this.#parts.window,
            bulk: loaded.job.bulk.map((read) => read.name),
            last: loaded.job.bulk.filter((read) => read.last).map((read) => read.name),
            signal: leave,
          });
        } finally {
          clearInterval(looking);
        }
        if (canary === undefined) await this.#move(id, "draining");
        else await this.#release(loaded);
      } else if (run.state === "draining") {
        await this.#seal(loaded);
      } else {
        return;
      }
    }
  }

  #preflightParts(
    { id, tenant }: RunRecord,
    { job, params }: LoadedRun,
    exo: Exchange,
    signal: AbortSignal,
  ): PreflightParts {
    const { journal, telemetry } = this.#parts;
    const warn = (text: string): void => telemetry.emit("warning", { text, tenant });
    return { exo, journal, job, params, run: id, signal, warn };
  }

  /** The counts must add up to the manifest before a run is called complete. */
  async #seal(loaded: LoadedRun): Promise<void> {
    const { journal, telemetry } = this.#parts;
    // Every process has written its last counts of calls by then.
    await sleep(COUNTED_MS, undefined, { signal: this.#stop.signal });
    const run = await journal.run(loaded.id);
    if (run === undefined) return;
    // A person has decided that a target is tried again.
    if ((await journal.countPending(run.id)) > 0 && !planted("skip-seal-check")) {
      await this.#move(run.id, "running", undefined, ["draining"]);
      return;
    }
    const settled = Object.values(run.outcomes).reduce((sum, count) => sum + count, 0);
    if (settled !== run.manifest?.count && !planted("skip-seal-check")) {
      throw new RunError(
        "dependency-down",
        `Cannot seal run ${run.id}: ${settled} outcomes for ${run.manifest?.count ?? 0} targets`,
        `Look with: exosweep runs verify ${run.id}`,
      );
    }
    crashPoint("run.before-seal");
    await this.#index(loaded);
    const { summary, unjudged } = await sumUp(this.#parts.summarise, loaded, this.#stop.signal);
    if (unjudged !== undefined)
      telemetry.emit("warning", { text: `The findings of run ${run.id} could not be judged: ${unjudged}` });
    // Else another process has sealed it while this one stood still.
    if (!(await journal.setSummary(run.id, summary))) return;
    await this.#move(
      run.id,
      failuresOf(run, loaded.job.writes) === 0 ? "complete" : "complete_with_failures",
    );
    crashPoint("run.sealed");
  }

  /** Who looks something up finds it at once; without the index it would be made then. */
  async #index({ id, job }: LoadedRun): Promise<void> {
    const { journal, telemetry } = this.#parts;
    try {
      await indexAccess({ journal, run: id, job, signal: this.#stop.signal });
    } catch (error) {
      if (!(error instanceof ReportError)) throw error;
      telemetry.emit("warning", { text: `Run ${id} cannot be looked up: ${error.message}` });
    }
  }

  #limitsOf(run: Pick<RunRecord, "limits">, { job }: LoadedRun): Limits {
    return limitsOf(run.limits, job.writes, this.#parts.limits);
  }

  /** The canary is through: the rest follows at once, or waits for a person. */
  async #release(loaded: LoadedRun): Promise<void> {
    const { journal } = this.#parts;
    const run = await journal.run(loaded.id);
    if (run === undefined || (await this.#stopAtLimit(loaded))) return;
    const limits = this.#limitsOf(run, loaded);
    const word = canaryWord(run, limits);
    crashPoint("canary.before-release");
    // Whoever resumes it releases the rest.
    if (word !== undefined) await this.#move(run.id, "paused", pauseReason("threshold", word));
    // Somebody who changed the limits meanwhile: the next look finds the canary still through.
    else await journal.setLimits(run.id, { ...limits, released: true }, run.limits);
  }

  /** @returns whether the run was stopped */
  async #stopAtLimit(loaded: LoadedRun): Promise<boolean> {
    const { journal, telemetry } = this.#parts;
    try {
      const run = await journal.run(loaded.id);
      const goesOn = run !== undefined && isWorking(run.state) && (await journal.countPending(run.id)) > 0;
      const word = goesOn ? reached(run, this.#limitsOf(run, loaded), loaded.job.writes) : undefined;
      if (word === undefined) return false;
      crashPoint("limits.before-pause");
      await this.#move(loaded.id, "paused", pauseReason("threshold", word));
      return true;
    } catch (error) {
      this.#sayJournalFailed(error);
      telemetry.emit("warning", {
        text: `The limits of run ${loaded.id} could not be looked at: trying again`,
      });
      return false;
    }
  }

  /** Running and throttled are one thing to the engine; people see the difference. */
  async #sayThrottled(id: string, tenant: string): Promise<void> {
    const state = this.#parts.open.state(id);
    const closedForMs = await this.#parts.closed.forMs(tenant, performance.now());
    try {
      if (state === "running" && closedForMs > THROTTLED_MS) {
        await this.#move(
          id,
          "throttled",
          `the service asked everybody to wait ${Math.ceil(closedForMs / 1_000)} s`,
        );
      } else if (state === "throttled" && closedForMs === 0) {
        await this.#parts.journal.moveRun(id, ["throttled"], "running");
        await this.#parts.open.look();
      }
    } catch {
      this.#parts.telemetry.emit("warning", {
        text: `The state of run ${id} could not be written: trying again`,
      });
    }
  }

  async #move(
    id: string,
    to: RunState,
    reason?: string,
    sources: readonly RunState[] = sourcesOf(to),
  ): Promise<void> {
    const { journal, telemetry, open } = this.#parts;
    const from = open.state(id) ?? "planned";
    if (await journal.moveRun(id, sources, to, reason)) {
      crashPoint("run.moved");
      telemetry.emit("run:moved", { run: id, from, to, reason });
    }
    await open.look();
  }

  #sayJournalFailed(error: unknown): void {
    if (error instanceof JournalError)
      this.#parts.telemetry.emit("journal:failed", { text: error.message, advice: error.advice });
  }

  async #failed(id: string, error: unknown, signal: AbortSignal): Promise<void> {
    const { telemetry } = this.#parts;
    if (signal.aborted || (error instanceof ExoError && error.remedy === "stopped")) return;
    // Paused or cancelled while we worked: the signal of the run, not ours.
    const state = this.#parts.open.state(id);
    if (state === undefined || !wantsPlanner(state)) return;
    if (isOver(state) && !(error instanceof JournalError)) return;
    const reason = whyPaused(error);
    if (reason !== undefined) {
      await this.#move(id, "paused", pauseReason(causeOfError(error), reason));
      return;
    }
    this.#sayJournalFailed(error);
    telemetry.emit("warning", {
      text: `Run ${id} cannot go on for now: ${error instanceof Error ? error.message : "unknown fault"}`,
    });
    await sleep(AGAIN_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined); // Stopping ends the wait.
  }
}

/** Why a run has to wait for a person; undefined for a fault that may pass by itself. */
function whyPaused(error: unknown): string | undefined {
  if (error instanceof SignInError) return error.transient ? undefined : `${error.message}; ${error.advice}`;
  if (error instanceof ExoError) return error.message;
  if (error instanceof RunError && error.code !== "dependency-down")
    return `${error.message}; ${error.advice}`;
  return undefined;
}

function wantsPlanner(state: RunState): boolean {
  return state === "planned" || state === "draining" || state === "cancelled" || isWorking(state);
}
