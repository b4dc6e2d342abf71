/** Cmdlets as a job sees them: it asks, and awaits everything, or a failure. */
import type { ExoRow, Parameters } from "./values.ts";

/** How a call is sent; every field is optional. */
export interface CallOptions {
  /** Properties wanted (`$select`); all when absent. */
  readonly select?: readonly string[];
  /** Withdraws the call if it has not left yet; a call already on the wire is let finish. */
  readonly signal?: AbortSignal;
}

/** How one mailbox is read. */
export interface ReadOptions extends CallOptions {
  /** The part of the mailbox that is meant, as it stands behind the mailbox in an identity: `:\Kalender`, `:LgAAAA…` (`exo-protocol.md` 10.8). */
  readonly part?: string;
}

/** Everything one call brought back. */
export interface CmdletReply {
  readonly rows: readonly ExoRow[];
  /** Texts of `@adminapi.warnings`, without truncation and throttle warnings. */
  readonly warnings: readonly string[];
  /** Texts of `@adminapi.errors`: errors that did not end the cmdlet. Not empty means the rows may be incomplete. */
  readonly errors: readonly string[];
  /** The service's id of the answer, for a support ticket. */
  readonly requestId: string | undefined;
  /** When the attempt that brought these rows left, and when its answer was complete: the rows were true in between. */
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/**
 * A job cannot trust an answer: it is incomplete, or holds a value that cannot be read. The target has failed, and says why;
 * rows of such an answer are never shown as if they were all.
 */
export class UnusableReply extends Error {
  override readonly name = "UnusableReply";
  readonly cmdlet: string;
  /** The service's id of the answer, for a support ticket. */
  readonly requestId: string | undefined;

  /** @param fact what is wrong; no names and no values of the mailbox, because it becomes the target's reason */
  constructor(cmdlet: string, fact: string, requestId: string | undefined) {
    super(`Cannot use the answer of ${cmdlet}: ${fact}`);
    this.cmdlet = cmdlet;
    this.requestId = requestId;
  }
}

/** True for the failure that says: this object does not exist (any more). */
export function isGone(error: unknown): boolean {
  return error instanceof Error && "remedy" in error && error.remedy === "gone";
}

/** One page of a listing. Pages come in order; a listing that cannot be read to its end throws instead of ending early. */
export interface Page {
  readonly rows: readonly ExoRow[];
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
  readonly requestId: string | undefined;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/** Cmdlets of one tenant. The client batches, paces and repeats; a job just awaits. */
export interface Cmdlets {
  /**
   * Runs one cmdlet and follows its pages to the end.
   * @throws {ExoError} (see `src/exo/errors.ts`); a job lets it pass: the executor knows what it means.
   */
  invoke(cmdlet: string, parameters: Parameters, options?: CallOptions): Promise<CmdletReply>;
  /** Reads a listing page by page (1000 rows each). A lost cursor restarts it: the iterator then yields `{ restarted: true }` first. */
  pages(cmdlet: string, parameters: Parameters, options?: CallOptions): AsyncIterable<Page | Restarted>;
}

/** The listing begins again from its first page: forget what it brought so far. */
export interface Restarted {
  readonly restarted: true;
  readonly reason: string;
}
