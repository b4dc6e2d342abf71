/** Columns and cells that the rows of most jobs have in common. */
import type { Mailbox, Row } from "../../src/job/index.ts";

/** Written where a value exists but we do not know it. An empty cell means that there is none. */
export const UNKNOWN = "unknown";

/** Joins several values in one cell. */
export const JOINT = "; ";

export const MAILBOX_COLUMNS = [
  "MailboxId",
  "MailboxPrimarySmtp",
  "MailboxDisplayName",
  "MailboxType",
] as const;

/** The last columns of a job with findings. */
export const LAST_COLUMNS = ["Finding", "Severity", "TenantId", "RunId", "ReadAtUtc", "Source"] as const;

export function mailboxCells(mailbox: Mailbox): Row {
  return {
    MailboxId: mailbox.id,
    MailboxPrimarySmtp: mailbox.primarySmtp || null,
    MailboxDisplayName: mailbox.displayName || null,
    MailboxType: mailbox.type,
  };
}

/** For a row that is about no mailbox. */
export const NO_MAILBOX: Row = Object.fromEntries(MAILBOX_COLUMNS.map((column) => [column, null]));

/** The part of a context that says where a row comes from. */
export interface Origin {
  readonly tenantId: string;
  readonly runId: string;
}

/** @param source the cmdlet that told of it */
export function originCells(
  { tenantId, runId }: Origin,
  answer: { readonly sentAtMs: number },
  source: string,
): Row {
  return {
    TenantId: tenantId,
    RunId: runId,
    ReadAtUtc: new Date(answer.sentAtMs).toISOString(),
    Source: source,
  };
}

/** The mailbox of a row in words, for headlines. */
export function mailboxWords(row: Row): string {
  return String(row["MailboxPrimarySmtp"] ?? row["MailboxDisplayName"] ?? row["MailboxId"] ?? "the tenant");
}
