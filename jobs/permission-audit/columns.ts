/** What a row of the permission audit holds, column by column; `peers.md` 3a. */
import type { Row } from "../../src/job/index.ts";

export const COLUMNS = [
  "MailboxId",
  "MailboxPrimarySmtp",
  "MailboxDisplayName",
  "MailboxType",
  "Right",
  "AccessRightsRaw",
  "Allow",
  "Inherited",
  "TrusteeRaw",
  "TrusteeSid",
  "TrusteeId",
  "TrusteePrimarySmtp",
  "TrusteeDisplayName",
  "TrusteeType",
  "TrusteeClass",
  "ViaGroup",
  "GroupPath",
  "ViaGroupId",
  "GroupPeople",
  "GroupGuests",
  "Finding",
  "Severity",
  "TenantId",
  "RunId",
  "ReadAtUtc",
  "Source",
] as const;

export type Column = (typeof COLUMNS)[number];

export { JOINT, UNKNOWN } from "../common/cells.ts";

/** What kind of principal a right went to. `group-member`: somebody who comes in by a group, in rows that were asked for. */
export type TrusteeClass =
  | "user"
  | "shared"
  | "group"
  | "group-member"
  | "guest"
  | "external-account"
  | "disabled"
  | "soft-deleted"
  | "orphan-sid"
  | "system"
  | "unresolved"
  | "self";

export function textOf(row: Row, column: Column): string {
  const cell = row[column];
  return cell === null || cell === undefined ? "" : String(cell);
}

/** A row for somebody who comes in by a group this run has read; in files of other tools such people stand for themselves. */
export function isRowOfGroup(row: Row): boolean {
  return textOf(row, "ViaGroupId") !== "";
}
