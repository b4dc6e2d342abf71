/** One call on its way: what is to be sent, who waits for it, and what has happened to it so far. */
import type { ExoRow } from "../job/index.ts";
import type { Lane } from "../throttle/index.ts";
import type { Effect } from "./effects.ts";
import type { CmdletInput } from "./encode.ts";
import type { Anchor } from "./exchange.ts";
import type { Resource } from "./resource.ts";

/** Where a call goes: to the cmdlet (or the resource that is read in its place), to a later page of its listing, or to the list of cmdlets. */
export type Target =
  | { readonly kind: "invoke" }
  | { readonly kind: "link"; readonly url: URL }
  | { readonly kind: "catalogue" };

/** What the service answered to one call, in one page. */
export interface Answer {
  readonly rows: readonly ExoRow[];
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
  /** Link to the next page, not yet checked. */
  readonly next: string | undefined;
  /** The service said that it left rows out. */
  readonly truncated: boolean;
  readonly requestId: string | undefined;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/** What happened to a call before; decides whether it is tried again. */
export interface History {
  readonly firstSentAtMs: number | undefined;
  /** Faults of the service or the network. */
  readonly faults: number;
  /** Refusals by a throttle, in a row. */
  readonly throttles: number;
  /** When the last of them came. */
  readonly refusedAtMs: number | undefined;
  /** Refusals of this one mailbox, in a row, and when they began. */
  readonly busy: number;
  readonly busySinceMs: number | undefined;
  /** New tokens that were asked for because of it, since it last had another answer. */
  readonly renewals: number;
  /** It goes alone from now on. */
  readonly single: boolean;
  /** Most calls in a batch with it. */
  readonly company: number;
  /** It had failed for good, but the tenant answered when it was asked: one more failure is the last. */
  readonly lastTry: boolean;
}

export const NO_HISTORY: History = {
  firstSentAtMs: undefined,
  faults: 0,
  throttles: 0,
  refusedAtMs: undefined,
  busy: 0,
  busySinceMs: undefined,
  renewals: 0,
  single: false,
  company: Number.MAX_SAFE_INTEGER,
  lastTry: false,
};

export interface Call {
  readonly cmdlet: string;
  readonly input: CmdletInput;
  /** Read with a GET in place of `input`. */
  readonly resource: Resource | undefined;
  readonly effect: Effect;
  readonly target: Target;
  readonly select: readonly string[];
  readonly anchor: Anchor;
  readonly lane: Lane;
  readonly run: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Awaited between headers and body of each answer, also of a batch's. */
  readonly alone: (() => Promise<void>) | undefined;
  /** Awaited each time before the call is sent; answers until when it may leave (`performance.now()`). */
  readonly beforeSend: (() => Promise<number>) | undefined;
  /** Goes in a request of its own from the start: listings, slow cmdlets, calls that may kill. */
  readonly single: boolean;
  /** Has the long timeout when it goes alone. */
  readonly slow: boolean;
  /** Asked to see whether the tenant answers at all: its failure is the answer, and casts no doubt on anything. */
  readonly probe?: true;
  history: History;
  /** Both end the call; the second time does nothing. */
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}
