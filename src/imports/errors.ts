/** A file that cannot be imported as it is. `advice` says what to do. */
export class ImportError extends Error {
  override readonly name = "ImportError";
  readonly advice: string;
  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.advice = advice;
  }
}
