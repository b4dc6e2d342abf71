/** What a journal refuses. */

/** This tenant has an open run of this job; `run` is its id. */
export class RunOpenError extends Error {
  override readonly name = "RunOpenError";
  readonly job: string;
  readonly tenant: string;
  readonly run: string;
  constructor(job: string, tenant: string, run: string) {
    super(`Cannot start "${job}" on tenant "${tenant}": run ${run} is not over yet`);
    this.job = job;
    this.tenant = tenant;
    this.run = run;
  }
}

/** The journal cannot do what it is asked: disk full, file locked, wrong version, no such run. `advice` says what to do. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly advice: string;
  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.advice = advice;
  }
}
