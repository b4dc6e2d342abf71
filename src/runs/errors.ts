/** What a user asked for cannot be done. `code` decides the exit code; `advice` says what to do next. */
export class RunError extends Error {
  override readonly name = "RunError";
  readonly code:
    | "unknown-job"
    | "unknown-tenant"
    | "unknown-run"
    | "bad-parameter"
    | "bad-list"
    | "bad-filter"
    | "not-allowed"
    | "stale-plan"
    | "run-open"
    | "dependency-down";
  readonly advice: string;
  constructor(code: RunError["code"], message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.advice = advice;
  }
}
