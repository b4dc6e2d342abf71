/** A schedule cannot be what was asked for. */
export class ScheduleError extends Error {
  override readonly name = "ScheduleError";
  readonly code: "bad-cron" | "bad-zone" | "bad-name" | "exists" | "unknown" | "removed";
  readonly advice: string;
  constructor(code: ScheduleError["code"], message: string, advice: string) {
    super(message);
    this.code = code;
    this.advice = advice;
  }
}
