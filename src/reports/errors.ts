/** A report cannot be made or written. `advice` says what to do next. */
export class ReportError extends Error {
  override readonly name = "ReportError";
  readonly advice: string;
  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.advice = advice;
  }
}
