/** A run at the desk of whoever steers it: found, moved, kept from standing in another's way, and its limits changed. */
import { isDeepStrictEqual } from "node:util";
import type { Settings } from "../config.ts";
import type { Job } from "../job/index.ts";
import { type Journal, type RunRecord, RunOpenError, type RunState } from "../journal/index.ts";
import { RunError } from "./errors.ts";
import { failuresOf, type Limits, limitsOf } from "./limits.ts";
import { pauseCauseOf } from "./pause.ts";
import { sourcesOf } from "./state.ts";

export interface DeskParts {
  readonly journal: Journal;
  readonly catalogue: readonly Job[];
  readonly limits: Settings["limits"];
}

/** The journal's note about a run whose plan somebody approved. */
export const APPROVAL = "approval";

/** What people call a move. */
const DOING: Partial<Record<RunState, string>> = {
  paused: "pause",
  cancelled: "cancel",
  running: "set going",
};

/** Times a change of limits is tried against others'. */
const MOST_TRIES = 100;

export class RunDesk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** @param id or the beginning of one, when only one run has it @throws {RunError} `unknown-run` */
  async get(id: string): Promise<RunRecord> {
    const exact = await this.#parts.journal.run(id);
    if (exact !== undefined) return exact;
    const matches =
      id === ""
        ? []
        : (await this.#parts.journal.runs({ limit: 1_000 })).filter((run) => run.id.startsWith(id));
    const [only] = matches;
    if (only !== undefined && matches.length === 1) return only;
    throw new RunError(
      "unknown-run",
      `Cannot find run "${id}": ${matches.length === 0 ? "the journal has none" : `${matches.length} runs begin so`}`,
      id.includes(":")
        ? "Parts of a run are for reports only: name the run"
        : "List them with: exosweep runs list",
    );
  }

  /** @throws {RunError} `not-allowed` */
  async move(id: string, to: RunState, reason?: string): Promise<RunRecord> {
    const run = await this.get(id);
    if (run.state === to) return run;
    const from = sourcesOf(to);
    if (!from.includes(run.state) || !(await this.#parts.journal.moveRun(run.id, from, to, reason))) {
      const now = await this.get(run.id);
      throw new RunError(
        "not-allowed",
        `Cannot ${DOING[to] ?? `move to "${to}"`} run ${run.id}: it is ${now.state}`,
        `Look at it with: exosweep runs show ${run.id}`,
      );
    }
    return this.get(run.id);
  }

  /** Asked before anything is opened: what is opened has no outcome until the run may go on. @throws {RunError} `run-open` */
  async refuseBeside(run: RunRecord): Promise<void> {
    const beside = (await this.#parts.journal.runs({ open: true })).find(
      (other) => other.tenantId === run.tenantId && other.job === run.job && other.id !== run.id,
    );
    if (beside !== undefined) throw runOpen(new RunOpenError(run.job, run.tenant, beside.id));
  }

  /** A run may have been paused between the seal on its plan and somebody's word about it: then it goes back to where that is waited for. */
  async mayRun({ id, job, manifest }: RunRecord): Promise<boolean> {
    if (manifest === undefined) return false;
    if (this.#parts.catalogue.find(({ name }) => name === job)?.writes === false) return true;
    const note = await this.#parts.journal.note(id, APPROVAL);
    return note !== null && typeof note === "object" && "plan" in note && note["plan"] === manifest.sha256;
  }

  /** Others change them too: what they said is kept. @throws {RunError} `not-allowed` when they never stop */
  async relimit(
    id: string,
    change: (limits: Limits, run: RunRecord) => Limits,
  ): Promise<{ readonly run: RunRecord; readonly limits: Limits }> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const run = await this.get(id);
      const limits = change(this.#limitsFor(run), run);
      if (isDeepStrictEqual(limits, this.#limitsFor(run))) return { run, limits };
      if (await this.#parts.journal.setLimits(run.id, limits, run.limits)) return { run, limits };
    }
    throw new RunError(
      "not-allowed",
      `Cannot change the limits of run ${id}: somebody else changed them ${MOST_TRIES} times meanwhile`,
      "Try again when nobody else does",
    );
  }

  /** Failures that are none any more are not forgiven any more. */
  async remember(id: string): Promise<void> {
    await this.relimit(id, (limits, run) => {
      const failures = failuresOf(run, this.#writesOf(run));
      return { ...limits, forgiven: Math.min(limits.forgiven, failures) };
    });
  }

  /** Whoever lets a run go on that stopped by itself has seen its failures and its canary. */
  async forgive(run: RunRecord): Promise<void> {
    if (pauseCauseOf(run.reason) !== "threshold") return;
    const [next] = await this.#parts.journal.pending(run.id, 0, 1);
    await this.relimit(run.id, (limits, now) => {
      const released = limits.released || (next ?? Number.POSITIVE_INFINITY) > limits.canary;
      return { ...limits, released, forgiven: failuresOf(now, this.#writesOf(now)) };
    });
  }

  #writesOf(run: RunRecord): boolean {
    return this.#parts.catalogue.find(({ name }) => name === run.job)?.writes ?? false;
  }

  #limitsFor(run: RunRecord): Limits {
    return limitsOf(run.limits, this.#writesOf(run), this.#parts.limits);
  }
}

export function runOpen(error: RunOpenError): RunError {
  return new RunError(
    "run-open",
    error.message,
    `Look at it with: exosweep runs show ${error.run}, or end it with: exosweep runs cancel ${error.run}`,
    { cause: error },
  );
}
