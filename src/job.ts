/**
 * READ FIRST: the words of this code, and the contract of a job.
 *
 * - tenant: one Microsoft 365 organisation, with the credentials we may use on it
 * - job: what can be done: a file in `jobs/`. BullMQ's own "jobs" are called *tasks* here
 * - run: one execution of a job against one tenant
 * - manifest: the frozen, counted, hashed list of a run's targets
 * - target: one line of the manifest: a mailbox, or a bulk read of the whole tenant
 * - task: a run's work for one target: one entry in the queue
 * - call: one cmdlet with its parameters; several calls travel in one batch
 * - row: one result record
 * - outcome: how a target ended: exactly one per target
 * - principal: anybody who can hold a right: a user, a group, a guest, a deleted account
 * - finding: what a rule has to say about a row
 *
 * A job is a plain object. It sees only this file: no Redis, no HTTP, no files, no settings.
 */
import type { z } from "zod";

/** A value as Exchange sent it, annotations stripped. Integers beyond 2^53 arrive as `bigint`, exact. */
export type ExoValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly ExoValue[]
  | { readonly [key: string]: ExoValue };

/** One object of a cmdlet's reply. Keys are the service's; a key may be absent, null or empty: three different things. */
export type ExoRow = { readonly [key: string]: ExoValue };

/** A parameter of a cmdlet, before encoding (`exo-protocol.md` 4.2). A `Date` is sent as UTC, a nested object as a hashtable. */
export type ParameterValue =
  | string
  | number
  | boolean
  | null
  | Date
  | readonly ParameterValue[]
  | { readonly [key: string]: ParameterValue };

export type Parameters = Readonly<Record<string, ParameterValue>>;

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

/** Kinds of mailbox a scope can name; `exo-protocol.md` 10.2 has the service's own names. */
export const MAILBOX_TYPES = ["user", "shared", "room", "equipment", "scheduling", "group"] as const;
export type MailboxType = (typeof MAILBOX_TYPES)[number];

/** A mailbox as the manifest knows it. */
export interface Mailbox {
  /** ExchangeGuid: the immutable id the mailbox is asked for by. */
  readonly id: string;
  /** ExternalDirectoryObjectId; empty for a mailbox without a directory object. */
  readonly objectId: string;
  readonly type: MailboxType | "other";
  readonly primarySmtp: string;
  readonly displayName: string;
  readonly userPrincipalName: string;
  readonly name: string;
  readonly alias: string;
  /** What `Identity` held in the listing: the Name or an old form of it. */
  readonly identity: string;
  readonly distinguishedName: string;
  readonly guid: string;
  /** Addresses it has or had, in lower case and without `smtp:`; absent where they were not asked for. */
  readonly addresses?: readonly string[];
  /** It had an archive when it was listed. */
  readonly hasArchive?: true;
}

/** What a principal is; `peers.md` 3a. */
export type PrincipalType =
  | "user"
  | "shared"
  | "room"
  | "equipment"
  | "group"
  | "guest"
  | "mail-user"
  | "contact"
  | "other";

/** What a `RecipientTypeDetails` stands for. */
export function recipientKind(details: string): PrincipalType {
  const name = details.toLowerCase();
  if (name.includes("guest")) return "guest";
  if (name === "usermailbox" || name === "user" || name === "disableduser" || name === "linkedmailbox")
    return "user";
  if (name === "sharedmailbox") return "shared";
  if (name === "roommailbox") return "room";
  if (name === "equipmentmailbox") return "equipment";
  // A list of rooms is a distribution group.
  if (name.includes("group") || name === "roomlist") return "group";
  if (name === "mailuser") return "mail-user";
  if (name.includes("contact")) return "contact";
  return "other";
}

/** Somebody who can sign in, one way or another: a contact is an address without an account. */
export function hasAccount(type: PrincipalType): boolean {
  return type !== "contact" && type !== "group";
}

/** One entry of a run's principal index. */
export interface Principal {
  /** ExternalDirectoryObjectId, or ExchangeGuid where there is none. */
  readonly id: string;
  readonly sid: string;
  readonly type: PrincipalType;
  readonly displayName: string;
  readonly name: string;
  readonly userPrincipalName: string;
  readonly primarySmtp: string;
  readonly guest: boolean;
  readonly disabled: boolean;
  readonly softDeleted: boolean;
  /** ExchangeGuid when the principal has a mailbox, else empty. */
  readonly mailboxId: string;
  /** Of a group: its RecipientTypeDetails, which decides how its members are asked for. Absent where nobody said. */
  readonly groupType?: string;
}

/** Stands for the id of somebody, or of a mailbox, of whom only the address is known. */
export function addressId(address: string): string {
  return `address:${address.trim().toLowerCase()}`;
}

/** Looks trustees up: SIDs, addresses, names, GUIDs, in any case. */
export interface Directory {
  /** Every principal one of whose keys equals `key`; several when the key is a name that is not unique. */
  find(key: string): Promise<readonly Principal[]>;
}

/** Somebody, or a group, in a group. */
export interface GroupMember {
  /** `Principal.id` */
  readonly id: string;
  readonly displayName: string;
  readonly address: string;
  readonly type: PrincipalType;
  /** `Principal.groupType` */
  readonly groupType?: string;
}

/** Who is in a group, directly. */
export interface GroupMembers {
  /** `Principal.id` of the group. */
  readonly id: string;
  readonly displayName: string;
  /** Each once. */
  readonly members: readonly GroupMember[];
  /** Why there may be more; absent when these are all. No names in it. */
  readonly gap?: string;
}

/** Whom a group that holds a right brings in, through groups in it, too. */
export interface GroupReach {
  /** `Principal.id` of the group. */
  readonly id: string;
  /** Everybody with an account, each once. */
  readonly people: number;
  /** How many of them are guests. */
  readonly guests: number;
  /** Why there may be more; absent when all are counted. */
  readonly gap?: string;
}

/** By `GroupReach.id`, in lower case. */
export type Reaches = ReadonlyMap<string, GroupReach>;

/** Somebody who comes in by a group. */
export interface ComesIn {
  readonly member: GroupMember;
  /** Names of the groups on the shortest way, from the one that holds the right to the one the member is in. */
  readonly path: readonly string[];
}

/** What a run has read of its groups: each group once, kept over crashes. */
export interface Groups {
  /** Undefined for a group that was not read yet. */
  members(group: string): Promise<GroupMembers | undefined>;
  /** Everybody with an account who comes in by a group, groups in it followed, the nearest first. */
  people(group: string): Promise<readonly ComesIn[]>;
  keep(group: GroupMembers): Promise<void>;
  keepReach(reaches: readonly GroupReach[]): Promise<void>;
}

/** A cell of a row. `null` is written as an empty cell, never for "unknown": that is the word `unknown`. */
export type Cell = string | number | boolean | null;

/** One result record; its keys are the job's columns. */
export type Row = Readonly<Record<string, Cell>>;

/**
 * What the cells of a column are, for formats with types (Parquet, XLSX). `integer` is a safe one; `time` is ISO 8601 in UTC as
 * `Date.toISOString` writes it. A cell that is something else, such as the word `unknown`, is kept as text beside the column.
 */
export type ColumnType = "text" | "integer" | "number" | "boolean" | "time";

/** A row with what the journal needs to know of it. */
export interface FoundRow {
  /** Line of the manifest the row is *about*: the mailbox, also when a bulk read brought it. */
  readonly about: number;
  /** Id of the noise rule that hides it by default (`NR1`…); absent for a row that is shown. */
  readonly noise?: string | undefined;
  readonly row: Row;
}

/** Counted oddities of a run, such as `wrong-identity`: shown in the summary, never silently dropped. */
export type Count = (name: string, by?: number) => void;

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

/** A read of the whole tenant, in place of one call per mailbox. It is a line of the manifest: all of it arrives, or the run is not complete. */
export interface BulkRead<Params> {
  /** In the manifest and in `--plan-only`: `send-as`. */
  readonly name: string;
  readonly cmdlet: string;
  /** Also part of a small run: it reads settings of the tenant, which no mailbox tells, at the price of a call or two. */
  readonly always?: true;
  /** Made when everything else of the run has its outcome: it goes by what the run has found. */
  readonly last?: true;
  /** False for parameters that make the read pointless. */
  wanted?(params: Params): boolean;
  /** Yields rows as they come. `Restarted` means: drop what was yielded so far. */
  perform(context: BulkContext<Params>): AsyncIterable<readonly FoundRow[] | Restarted>;
}

/** A job with findings has the columns `Finding` (`id: words`, the most severe first, joined by `; `) and `Severity` (a grade). Reports fill them. */
export type Severity = "critical" | "high" | "medium" | "low" | "info";

/** Most severe first. */
export const SEVERITIES = [
  "critical",
  "high",
  "medium",
  "low",
  "info",
] as const satisfies readonly Severity[];

/** How bad a finding is: `unknown` where only something that has not been read could tell. */
export type Grade = Severity | "unknown";

/** Most severe first. What is unknown may be anything, but does not outrank what is known to matter. */
export const GRADES = [
  "critical",
  "high",
  "medium",
  "unknown",
  "low",
  "info",
] as const satisfies readonly Grade[];

/** What people know, and may overrule, of a rule. */
export interface RuleFacts {
  /** Lower-case words with hyphens; unique among the rules of a job. People name it in files: it stays. */
  readonly id: string;
  readonly severity: Grade;
  /** Why it deserves a look: one sentence without names. */
  readonly why: string;
  /** Parameters of the job that it goes by, and that no reading depends on: they may be other ones whenever rows are judged. */
  readonly parameters?: readonly string[];
}

/** What one rule has to say about one row. */
export interface Finding {
  /** `RuleFacts.id` */
  readonly rule: string;
  readonly severity: Grade;
  /** Without names: what stands behind the id in `Finding`. */
  readonly words: string;
}

/** A row as its job judges it. */
export interface JudgedRow extends FoundRow {
  /** Absent where no rule looks at it: then its cells stay as they are. */
  readonly findings?: readonly Finding[];
}

/**
 * Turns stored rows into the rows people see: merges doubles, adds findings. Pure; two passes over the run's rows.
 * Made anew for every report, so that rules can change without reading the tenant again.
 */
export interface Judge {
  /** First pass: all rows about one mailbox; mailboxes in any order. Memory must stay small: count, do not keep. */
  observe(rows: readonly FoundRow[]): void;
  /**
   * Second pass: all rows about one mailbox, in the order they were found; answers what is to be shown. Only findings may depend on what
   * was observed, everything else on these rows, and on the reach of groups, alone.
   */
  report(rows: readonly FoundRow[]): readonly JudgedRow[];
}

/** How the rows of two runs are told apart and compared: what `exosweep diff` goes by. */
export interface Comparison {
  /**
   * Columns that name a row within its mailbox, beside `who`; compared exactly. Immutable ids and words of the service (a right, allow or
   * deny, a folder's or a rule's id), never names. Empty when a mailbox has one row.
   */
  readonly key: readonly string[];
  /**
   * Whose row it is, where it is somebody's: columns with immutable ids, the surest first, and one with what the service called it, which
   * counts only where no id is known. Compared without regard to case. What has an address, too, and no id, comes from a file: the address
   * goes before the name.
   */
  readonly who?: { readonly ids: readonly string[]; readonly address?: string; readonly name: string };
  /** Columns whose values are facts: another value is a change, but for `unknown`. All other columns only describe. */
  readonly facts: readonly string[];
  /**
   * Column with the cmdlets that brought the row, joined by `; `. A row whose cmdlet was not asked, or whose bulk read failed, is unknown
   * in that run, not gone. Absent: the mailbox's own task brings every row.
   */
  readonly source?: string;
  /** False for a row that a run with these parameters does not look for: its silence about it says nothing. */
  seeks?(params: unknown, row: Row): boolean;
}

/** Who holds an access, as a row has it. Empty texts where the row does not know. */
export interface Holder {
  /** `Principal.id` and SID: they find the holder in a look-up. */
  readonly id: string;
  readonly sid: string;
  /** What the service called it: finds a holder that has neither. All three empty: an account of the service, which nobody looks up. */
  readonly text: string;
  readonly displayName: string;
  readonly address: string;
  /** As the job calls it: `user`, `group`, `orphan-sid`, … */
  readonly type: string;
}

/** How an access came about: `direct`, `group`, `folder`, `on-behalf`, `forwarding`; the list is open, a job may have other words. */
export interface AccessSource {
  readonly kind: string;
  /** What it goes through, for people: groups from the one that holds the right to the last, or a folder. Empty when it is direct. */
  readonly path: readonly string[];
  /** `Principal.id` of the group that holds the right, where a member comes in by it. */
  readonly group?: string;
}

/** Who may do what, or is denied it, with the mailbox a row is about. */
export interface Access {
  readonly holder: Holder;
  readonly right: string;
  readonly allow: boolean;
  readonly inherited: boolean;
  readonly source: AccessSource;
  /** When it was true: ISO 8601, UTC; empty when the row does not say. */
  readonly readAt: string;
}

/** Which access the rows of a job tell of, for look-ups from either side. */
export interface AccessReading<Params = unknown> {
  /** Undefined for a row that tells of none. Pure, and the same for the same row. */
  of(row: Row): Access | undefined;
  /** Whether a run with these parameters looks for such an access at all: where it does not, its silence says nothing. */
  seeks(params: Params, access: Access): boolean;
  /** Whether its rows tell what members of groups reach through them. Absent: they do not, and look-ups say so. */
  followsGroups?(params: Params): boolean;
}

/** A right that somebody holds, or is denied, as a file of another tool tells it. Empty texts where the file does not say. */
export interface ToldGrant {
  /** Exchange's own word for it. */
  readonly right: string;
  /** All rights of the same entry. */
  readonly rights: readonly string[];
  /** The entry's rights as they were written. */
  readonly raw: string;
  readonly allow: boolean;
  readonly inherited: boolean;
  /** What the file calls who holds it: an address, a name, a SID. */
  readonly trustee: string;
  readonly sid: string;
  readonly address: string;
  readonly displayName: string;
  readonly type: PrincipalType | "";
  /** The group by which a member holds it. */
  readonly viaGroup: string;
}

/** What rows of a file about one mailbox are made with. */
export interface ToldContext {
  readonly tenantId: string;
  readonly runId: string;
  readonly mailbox: Mailbox;
  /** The mailbox's line in the manifest. */
  readonly line: number;
  /** When what the file says was true. */
  readonly readAtMs: number;
  /** Those a run of the same tenant knows; absent: there is none, and nobody can be looked up. */
  readonly directory: Directory | undefined;
  readonly count: Count;
}

/**
 * A job that runs as a part of another, over one list of mailboxes. Reports see each part as a run of its own
 * (`docs/decisions/0016`), so they ask the whole for nothing else.
 */
export interface Part<Params = unknown> {
  /** With its own defaults, as if nobody had given it parameters. */
  readonly job: ReadingJob;
  /** False for parameters of the whole under which it does not run. */
  wanted(params: Params): boolean;
  /** What a bulk read of it is called in the whole. */
  bulkName(read: string): string;
  /** A row of the whole as the part alone has it; undefined for a row of another part. */
  ownRow(row: Row): Row | undefined;
}

/** A cmdlet a job sends, and the least Exchange role group that can run it. */
export interface CmdletNeed<Params = unknown> {
  readonly cmdlet: string;
  readonly role: string;
  /** False for parameters under which it is never sent: its role is not needed then. */
  wanted?(params: Params): boolean;
  /** The run goes on without it: what it would have told is unknown, and said to be. It is not tried beforehand. */
  readonly optional?: true;
  /** How often a run sends it: once per target, or in pages of the whole tenant. */
  readonly per: "target" | "tenant";
}

/**
 * What can be done. One file in `jobs/`, one line in `jobs/index.ts`.
 *
 * A list of jobs is a list of `Job<unknown>`: whoever takes a job from it hands its methods what the job's own `params` has parsed, and
 * nothing else.
 */
export type Job<Params = unknown> = ReadingJob<Params> | WritingJob<Params>;

interface AnyJob<Params> {
  /** Lower case words with hyphens. */
  readonly name: string;
  /** One sentence: what a reader learns from its rows. */
  readonly summary: string;
  readonly params: z.ZodType<Params>;
  /** Column names in the order of an export. */
  readonly columns: readonly string[];
  /**
   * Columns that are not text; one whose name ends in `Utc` holds times without being named here. Part of what people build on: a column
   * that changes its type needs a new name.
   */
  readonly columnTypes?: Readonly<Record<string, ColumnType>>;
  readonly cmdlets: readonly CmdletNeed<Params>[];
  /** Calls per target of the script people use today: the "naive number". */
  readonly naiveCallsPerTarget: number;
  readonly bulk: readonly BulkRead<Params>[];
  /** @param reaches of the groups that hold rights, as far as the run has read them */
  judge(params: Params, reaches?: Reaches): Judge;
  /** Every rule its judge may find something by, whatever the parameters. Absent when it has none. */
  readonly rules?: readonly RuleFacts[];
  /** Columns with ids and addresses of whom a row tells of, beside the mailbox: somebody who can be named to suppress a finding. */
  readonly principalColumns?: readonly string[];
  /** Absent when its rows grant nothing. */
  readonly access?: AccessReading<Params>;
  /** Makes rows of what a file of another tool tells, as if a run had read it. Absent: files cannot be imported as runs of it. */
  told?(context: ToldContext, grants: readonly ToldGrant[]): Promise<readonly FoundRow[]>;
  /** What each noise rule hides, by its id, for people. */
  readonly noiseRules?: Readonly<Record<string, string>>;
  /** Absent: two runs cannot be compared. */
  readonly comparison?: Comparison;
  /** A row with a finding in words, names included: "anna@x holds FullAccess on sales@x". */
  headline?(row: Row): string;
  /** Of a job of jobs: all that it may be made of. Its rows are theirs. */
  readonly parts?: readonly Part<Params>[];
}

/** Runs under a guard that refuses every cmdlet but `Get-` and `Test-`. */
export interface ReadingJob<Params = unknown> extends AnyJob<Params> {
  readonly writes: false;
  /** Does the work for one mailbox. May run again after a crash, so it must be repeatable. */
  perform(context: TaskContext<Params>): Promise<readonly FoundRow[]>;
}

/** Its targets are the changes of a plan; its reads run under the same guard, and the one write is the planned one. */
export interface WritingJob<Params = unknown> extends AnyJob<Params> {
  readonly writes: true;
  /** Carries out one change. May run again after a crash: `write` knows what happened before. */
  perform(context: WriteContext<Params>): Promise<readonly FoundRow[]>;
}

/** Gives a job its types; returns it as it is. */
export function defineJob<Params>(job: ReadingJob<Params>): ReadingJob<Params>;
export function defineJob<Params>(job: WritingJob<Params>): WritingJob<Params>;
export function defineJob<Params>(job: Job<Params>): Job<Params> {
  return job;
}
