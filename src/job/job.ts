/** The contract of a job: what can be done. */
import type { z } from "zod";
import type { AccessReading } from "./access.ts";
import type { BulkRead } from "./bulk-read.ts";
import type { Comparison } from "./comparison.ts";
import type { TaskContext, WriteContext } from "./contexts.ts";
import type { Judge, RuleFacts } from "./findings.ts";
import type { GroupMember, GroupMembers, Reaches } from "./groups.ts";
import type { GrantorType, Mailbox } from "./mailbox.ts";
import type { ColumnType, FoundRow, Row } from "./rows.ts";
import type { ToldContext, ToldGrant } from "./told.ts";

/**
 * A job that runs as a part of another, over one list of mailboxes. Reports see each part as a run of its own
 * (`docs/decisions/0016`), so they ask the whole for nothing else. Its own parameters stand among those of the whole, under its name; where
 * they do not, it runs as if nobody had given it any.
 */
export interface Part<Params = unknown> {
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
  /** False for types of target that it is never sent for. Absent: it is sent for every target. */
  sentFor?(type: Mailbox["type"]): boolean;
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
  /** What a scope may name for it beside mailboxes: it is performed for these, too. Absent: nothing. */
  readonly grantors?: readonly GrantorType[];
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
  /**
   * A row about somebody in a group that holds rights: what a comparison of two runs shows for who came into the group, or left it. Absent:
   * the comparison says so in words alone.
   */
  memberRow?(group: Pick<GroupMembers, "id" | "displayName">, member: GroupMember): Row;
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
