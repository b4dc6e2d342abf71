/** What a job is handed to work with: for a mailbox, for a planned change, for a read of the whole tenant. */
import type { CmdletReply, Cmdlets, ReadOptions } from "./cmdlets.ts";
import type { Groups } from "./groups.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Directory } from "./principal.ts";
import type { Count, FoundRow } from "./rows.ts";
import type { ExoValue, Parameters } from "./values.ts";

interface BaseContext<Params> {
  readonly params: Params;
  readonly tenantId: string;
  readonly runId: string;
  readonly exo: Cmdlets;
  readonly directory: Directory;
  readonly count: Count;
  readonly signal: AbortSignal;
}

/** What a job gets for one mailbox. */
export interface TaskContext<Params> extends BaseContext<Params> {
  readonly mailbox: Mailbox;
  /** The mailbox's line in the manifest. */
  readonly line: number;
  /** True when the run has few targets, so that per-mailbox reads replace the bulk reads of the whole tenant. */
  readonly small: boolean;
  /**
   * Runs a cmdlet for this mailbox: `Identity`, or `Mailbox` where the cmdlet takes it by that name, is filled in with its ExchangeGuid, the
   * anchor is the mailbox, and rows whose Identity belongs to another mailbox are set aside, counted as `wrong-identity`, and asked for once
   * more by object id.
   * @throws {ExoError} with remedy `give-up` and kind `wrong-identity` on the second mismatch
   */
  read(cmdlet: string, parameters: Parameters, options?: ReadOptions): Promise<CmdletReply>;
}

/** A write as a plan has it. `Identity` is not among the parameters: it is the mailbox's immutable id, and the engine fills it in. */
export interface Change {
  readonly cmdlet: string;
  readonly parameters: Parameters;
}

/** What became of a write that was carried out, or was not needed. */
export interface Written {
  /** False: everything was as wanted before, and nothing was sent. */
  readonly changed: boolean;
  /** What was there before and is there now, as far as the write concerns it; `null` where nobody knows how to look. */
  readonly before: ExoValue;
  readonly after: ExoValue;
  /** Texts the service gave along. */
  readonly warnings: readonly string[];
  /** When that was known. */
  readonly atMs: number;
}

/** What a writing job gets for one planned change. */
export interface WriteContext<Params> extends TaskContext<Params> {
  readonly change: Change;
  /**
   * Carries out the planned change, once: announced in the journal first, never sent blindly twice. May be called once.
   * @throws what only the executor knows the meaning of; a job lets it pass
   */
  readonly write: () => Promise<Written>;
}

/** What a job gets for a bulk read. */
export interface BulkContext<Params> extends BaseContext<Params> {
  /** The read's own line in the manifest: what a row is about that is about the tenant itself, or about somebody without a mailbox. */
  readonly line: number;
  /** The mailbox of the manifest with this key (any form); `undefined` when none has it, or when any other recipient of the tenant has it too. */
  mailboxOf(key: string): Promise<{ readonly line: number; readonly mailbox: Mailbox } | undefined>;
  /** Rows of the run that are on record, those about one target together: of a read that is made last, all but its own. */
  rows(): AsyncIterable<readonly FoundRow[]>;
  readonly groups: Groups;
  /** Mailboxes of the manifest a bulk read has not accounted for, in manifest order. */
  missing(seen: ReadonlySet<number>): AsyncIterable<{ readonly line: number; readonly mailbox: Mailbox }>;
  /** `TaskContext.read` for any mailbox of the manifest. */
  readFor(
    mailbox: Mailbox,
    cmdlet: string,
    parameters: Parameters,
    options?: ReadOptions,
  ): Promise<CmdletReply>;
}
