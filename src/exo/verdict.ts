/** What can have become of a call, before anybody decides what to do about it. */
import type { Body } from "./body.ts";
import type { Envelope } from "./decode.ts";
import type { FailureKind, Remedy } from "./errors.ts";
import type { Resource } from "./resource.ts";

/** One reply: of a request, or of one item of a batch. */
export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

export interface ReplyContext {
  /** A page after the first of a listing: nothing is then no end, and not found is no answer. */
  readonly continuation: boolean;
  /** The reply is for a batch as a whole. */
  readonly batch: boolean;
  /** What was read in place of a cmdlet; absent: a cmdlet was run. */
  readonly resource?: Resource["kind"] | undefined;
}

/** Facts about a failure that go into its message and its record. */
export interface FailureFacts {
  /** `undefined` when no answer came. */
  readonly status: number | undefined;
  readonly errorId: string;
  readonly exceptionType: string;
  /** The service's words, not yet fit to be shown. */
  readonly words: string;
}

export type Verdict =
  | { readonly is: "rows"; readonly envelope: Envelope }
  /** `slot`: too many at once. `budget`: too much in a while. Not executed. */
  | { readonly is: "throttled"; readonly by: "slot" | "budget" }
  /** The token was not accepted. Not executed. */
  | { readonly is: "unauthorized" }
  /** We may not run this cmdlet, or not here. Not executed. */
  | { readonly is: "forbidden" }
  /** The listing must begin again. */
  | { readonly is: "cursor-lost" }
  /** A batch was refused as a whole because of what it is. Not executed. */
  | { readonly is: "batch-refused"; readonly tooLarge: boolean }
  /** May pass by itself. `executed: "unknown"` unless the reply shows that it was refused before any work. */
  | { readonly is: "fault"; readonly kind: FaultKind; readonly executed: "no" | "unknown" }
  /** Exchange said no, and would say it again. */
  | { readonly is: "refused"; readonly kind: FailureKind; readonly remedy: Remedy };

export type FaultKind = Extract<
  FailureKind,
  "transient" | "server-error" | "malformed" | "too-large" | "not-sent" | "network" | "timeout"
>;

export interface Classified {
  readonly verdict: Verdict;
  /** Name of the rule that decided, for tests and the log. */
  readonly rule: string;
  readonly facts: FailureFacts;
}
