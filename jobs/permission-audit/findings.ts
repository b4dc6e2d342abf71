/**
 * What deserves a look, and how much: the default severities of `peers.md` 3a, as far as they need no group's members. What would need them
 * is `unknown`, not fine. Pure.
 */
import type { Row, Severity } from "../../src/job.ts";
import { textOf, UNKNOWN } from "./columns.ts";

/** A row, with what only the other rows can tell. */
export interface Case {
  readonly row: Row;
  /** Mailboxes of the run that the trustee has FullAccess on, this one included. */
  readonly fullAccessOn: number;
  /** That this is many enough for a hub. */
  readonly isHub: boolean;
  /** That the trustee has FullAccess on this mailbox. */
  readonly hasFullAccess: boolean;
  /** That the mailbox is one of those named as sensitive. */
  readonly isSensitive: boolean;
}

export interface FindingRule {
  readonly id: string;
  readonly severity: Severity | typeof UNKNOWN;
  /** The finding in words without names; undefined when there is none. */
  readonly says: (given: Case) => string | undefined;
}

export const FINDING_RULES: readonly FindingRule[] = [
  {
    id: "external-access",
    severity: "critical",
    says: ({ row }) => {
      if (!opens(row)) return undefined;
      if (isOf(row, "guest")) return `a guest holds ${right(row)}`;
      return isOf(row, "external-account") ? `an account outside the tenant holds ${right(row)}` : undefined;
    },
  },
  {
    id: "hub",
    severity: "high",
    says: ({ row, isHub, fullAccessOn }) =>
      isHub && isAllowed(row, "fullaccess")
        ? `the trustee holds FullAccess on ${fullAccessOn} mailboxes`
        : undefined,
  },
  {
    id: "disabled-account",
    severity: "high",
    says: ({ row }) =>
      opens(row) && isOf(row, "disabled") ? `a disabled account still holds ${right(row)}` : undefined,
  },
  {
    id: "sensitive-mailbox",
    severity: "high",
    says: ({ row, isSensitive }) =>
      isSensitive && opens(row) ? `${right(row)} on a mailbox named as sensitive` : undefined,
  },
  {
    id: "explicit-deny",
    severity: "medium",
    says: ({ row }) =>
      row["Allow"] === false && row["Inherited"] === false ? `${right(row)} is explicitly denied` : undefined,
  },
  {
    id: "orphan-access",
    severity: "medium",
    says: ({ row }) =>
      opens(row) && isOf(row, "orphan-sid")
        ? `an account that no longer exists holds ${right(row)}`
        : undefined,
  },
  {
    id: "full-access-on-user-mailbox",
    severity: "medium",
    says: ({ row }) =>
      isAllowed(row, "fullaccess") && textOf(row, "MailboxType") === "user"
        ? "somebody else can open a person's mailbox, and no ticket is on record"
        : undefined,
  },
  {
    id: "send-as-without-full-access",
    severity: "medium",
    says: ({ row, hasFullAccess }) =>
      isAllowed(row, "sendas") && !hasFullAccess && textOf(row, "MailboxType") === "shared"
        ? "the trustee can send as a shared mailbox it cannot open"
        : undefined,
  },
  {
    id: "group-members-unknown",
    severity: UNKNOWN,
    says: ({ row }) =>
      opens(row) && isOf(row, "group") ? "how many people the group brings in has not been read" : undefined,
  },
  {
    id: "trustee-unresolved",
    severity: UNKNOWN,
    says: ({ row }) =>
      opens(row) && isOf(row, "unresolved") ? `who holds ${right(row)} could not be found out` : undefined,
  },
  {
    id: "orphan-entry",
    severity: "low",
    says: ({ row }) =>
      row["Allow"] === true && !opens(row) && isOf(row, "orphan-sid")
        ? `an account that no longer exists holds ${right(row)}`
        : undefined,
  },
  {
    id: "delegate-unresolved",
    severity: "low",
    says: ({ row }) =>
      isAllowed(row, "sendonbehalf") && isOf(row, "unresolved")
        ? "who may send on behalf could not be found out"
        : undefined,
  },
  {
    id: "soft-deleted-trustee",
    severity: "low",
    says: ({ row }) => (isOf(row, "soft-deleted") ? `a deleted account keeps ${right(row)}` : undefined),
  },
  {
    id: "group-not-automapped",
    severity: "info",
    says: ({ row }) =>
      isAllowed(row, "fullaccess") && isOf(row, "group")
        ? "Outlook does not open the mailbox by itself for members of a group"
        : undefined,
  },
];

/** Most severe first. What is unknown may be anything, but does not outrank what is known to matter. */
const ORDER: readonly (Severity | typeof UNKNOWN)[] = ["critical", "high", "medium", UNKNOWN, "low", "info"];

/** The cells `Finding` and `Severity`; both empty when no rule has anything to say. */
export function findingCells(given: Case): Row {
  const found = FINDING_RULES.flatMap(({ id, severity, says }) => {
    const words = says(given);
    return words === undefined ? [] : [{ severity, text: `${id}: ${words}` }];
  });
  return {
    Finding: found.map(({ text }) => text).join("; ") || null,
    Severity: ORDER.find((severity) => found.some((finding) => finding.severity === severity)) ?? null,
  };
}

/** FullAccess or SendAs, given to somebody other than the mailbox's owner and the service itself. */
function opens(row: Row): boolean {
  return isAllowed(row, "fullaccess") || isAllowed(row, "sendas");
}

/** `name` in lower case. */
export function isAllowed(row: Row, name: string): boolean {
  return (
    row["Allow"] === true && right(row).toLowerCase() === name && !isOf(row, "self") && !isOf(row, "system")
  );
}

function isOf(row: Row, trusteeClass: string): boolean {
  return textOf(row, "TrusteeClass") === trusteeClass;
}

function right(row: Row): string {
  return textOf(row, "Right");
}
