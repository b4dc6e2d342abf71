/** A report cannot be made or written. `advice` says what to do next. */
export class ReportError extends Error {
  override readonly name = "ReportError";
  readonly advice: string;
  /** There is no such report: what was asked for has to change. */
  readonly impossible: boolean;

  constructor(message: string, advice: string, options?: ErrorOptions & { readonly impossible?: boolean }) {
    super(message, options);
    this.advice = advice;
    this.impossible = options?.impossible ?? false;
  }
}
