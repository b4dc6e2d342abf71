/**
 * READ FIRST: the words of this code, and the contract of a job.
 *
 * - tenant: one Microsoft 365 organisation, with the credentials we may use on it
 * - job: what can be done: a file in `jobs/`. BullMQ's own "jobs" are called *tasks* here
 * - run: one execution of a job against one tenant
 * - manifest: the frozen, counted, hashed list of a run's targets
 * - target: one line of the manifest: a mailbox (or another grantor), or a bulk read of the whole tenant
 * - grantor: whatever rights are held on: a mailbox, for some jobs also a group or a deleted mailbox
 * - task: a run's work for one target: one entry in the queue
 * - call: one cmdlet with its parameters; several calls travel in one batch
 * - row: one result record
 * - outcome: how a target ended: exactly one per target
 * - principal: anybody who can hold a right: a user, a group, a guest, a deleted account
 * - finding: what a rule has to say about a row
 *
 * A job is a plain object. It sees only this folder: no Redis, no HTTP, no files, no settings.
 */
export type { ExoRow, ExoValue, ParameterValue, Parameters } from "./values.ts";
export { UnusableReply, isGone } from "./cmdlets.ts";
export type { CallOptions, CmdletReply, Cmdlets, Page, ReadOptions, Restarted } from "./cmdlets.ts";
export {
  GRANTOR_TYPES,
  isGrantorType,
  isList,
  isSoftDeletedId,
  MAILBOX_TYPES,
  softDeletedId,
  TARGET_TYPES,
} from "./mailbox.ts";
export type { GrantorType, Mailbox, MailboxType, TargetType } from "./mailbox.ts";
export { addressId, hasAccount, recipientKind } from "./principal.ts";
export type { Directory, Principal, PrincipalType } from "./principal.ts";
export type { ComesIn, GroupMember, GroupMembers, GroupReach, Groups, Reaches } from "./groups.ts";
export type { Cell, ColumnType, Count, FoundRow, Row } from "./rows.ts";
export type { BulkContext, Change, TaskContext, WriteContext, Written } from "./contexts.ts";
export type { BulkRead } from "./bulk-read.ts";
export { GRADES, SEVERITIES } from "./findings.ts";
export type { Finding, Grade, Judge, JudgedRow, RuleFacts, Severity } from "./findings.ts";
export type { Comparison } from "./comparison.ts";
export type { Access, AccessReading, AccessSource, Holder } from "./access.ts";
export type { ToldContext, ToldGrant } from "./told.ts";
export { defineJob } from "./job.ts";
export type { CmdletNeed, Job, Part, ReadingJob, WritingJob } from "./job.ts";
