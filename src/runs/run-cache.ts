/** The part of a run that never changes, loaded once per process: its job, its checked parameters, its tenant. */
import type { Job } from "../job/index.ts";
import type { Journal } from "../journal/index.ts";
import { RunError } from "./errors.ts";

export interface LoadedRun {
  readonly id: string;
  readonly job: Job;
  readonly params: unknown;
  readonly tenant: string;
  readonly tenantId: string;
}

export class RunCache {
  readonly #journal: Journal;
  readonly #catalogue: ReadonlyMap<string, Job>;
  readonly #runs = new Map<string, Promise<LoadedRun>>();

  constructor(journal: Journal, catalogue: readonly Job[]) {
    this.#journal = journal;
    this.#catalogue = new Map(catalogue.map((job) => [job.name, job]));
  }

  /** @throws {RunError} `unknown-run`; `unknown-job` or `bad-parameter` when this build has no such job, or one with other parameters */
  load(id: string): Promise<LoadedRun> {
    const known = this.#runs.get(id);
    if (known !== undefined) return known;
    const loading = this.#load(id);
    this.#runs.set(id, loading);
    loading.catch(() => this.#runs.delete(id));
    return loading;
  }

  forget(id: string): void {
    this.#runs.delete(id);
  }

  async #load(id: string): Promise<LoadedRun> {
    const run = await this.#journal.run(id);
    if (run === undefined)
      throw new RunError(
        "unknown-run",
        `Cannot work on run ${id}: the journal has no such run`,
        "Check that all workers use one journal",
      );
    const job = this.#catalogue.get(run.job);
    if (job === undefined) {
      throw new RunError(
        "unknown-job",
        `Cannot work on run ${id}: this build has no job "${run.job}"`,
        "Update this worker to the version that started the run",
      );
    }
    const params = job.params.safeParse(run.params);
    if (!params.success) {
      throw new RunError(
        "bad-parameter",
        `Cannot work on run ${id}: this build's job "${run.job}" does not take its parameters`,
        "Go on with the version that started the run, or cancel it and start a new one",
      );
    }
    return { id, job, params: params.data, tenant: run.tenant, tenantId: run.tenantId };
  }
}
