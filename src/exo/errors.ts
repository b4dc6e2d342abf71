/** What a caller should do about a failed call. The only field the executor reads. */
export type Remedy =
  /** This mailbox has its own trouble: try again after `retryAfterMs`. */
  | "wait"
  /** The object does not exist (any more). */
  | "gone"
  /** We may run this cmdlet, but not on this object. */
  | "denied"
  /** Nothing on this tenant can go on: sign-in or role is missing. Pause the run. */
  | "pause-run"
  /** We were told to stop before it was sent. */
  | "stopped"
  /** It would fail again. */
  | "give-up";

/** Names of what went wrong, for fingerprints and tests; never shown without its sentence. */
export type FailureKind =
  | "not-sent"
  | "network"
  | "timeout"
  | "throttled"
  | "mailbox-busy"
  | "server-error"
  | "transient"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "ambiguous-identity"
  | "wrong-identity"
  | "bad-request"
  | "cursor-expired"
  | "incomplete"
  | "malformed"
  | "too-large"
  | "unsafe-link"
  | "refused-here"
  | "stopped"
  | "other";

/** A call failed for good, after every repeat that made sense. */
export class ExoError extends Error {
  override readonly name = "ExoError";
  readonly cmdlet: string;
  readonly kind: FailureKind;
  readonly remedy: Remedy;
  readonly status: number | undefined;
  /** The service's id of the answer, for a support ticket. */
  readonly requestId: string | undefined;
  /** `Ex6F9304`; often empty. */
  readonly errorId: string | undefined;
  /** Full .NET name of the exception. */
  readonly exceptionType: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** True when a write may have been executed all the same. Always false for a read. */
  readonly ambiguous: boolean;

  constructor(
    message: string,
    facts: {
      readonly cmdlet: string;
      readonly kind: FailureKind;
      readonly remedy: Remedy;
      readonly status?: number | undefined;
      readonly requestId?: string | undefined;
      readonly errorId?: string | undefined;
      readonly exceptionType?: string | undefined;
      readonly retryAfterMs?: number | undefined;
      readonly ambiguous?: boolean;
      readonly cause?: unknown;
    },
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.cmdlet = facts.cmdlet;
    this.kind = facts.kind;
    this.remedy = facts.remedy;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.errorId = facts.errorId;
    this.exceptionType = facts.exceptionType;
    this.retryAfterMs = facts.retryAfterMs;
    this.ambiguous = facts.ambiguous ?? false;
  }
}
