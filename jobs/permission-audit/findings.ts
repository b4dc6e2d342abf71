/** What deserves a look, and how much: the default severities of `peers.md` 3a. What only unread members of a group could tell is `unknown`, not fine. Pure. */
import type { Finding, GroupReach, Row, RuleFacts } from "../../src/job/index.ts";
import { isRowOfGroup, textOf, UNKNOWN } from "./columns.ts";

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
  /** Whom the trustee brings in, when it is a group; undefined when its members were not read. */
  readonly reach: GroupReach | undefined;
  /** More than so many are many. */
  readonly manyPeople: number;
}

export interface FindingRule extends RuleFacts {
  /** The finding in words without names; undefined when there is none. */
  readonly says: (given: Case) => string | undefined;
}

export const FINDING_RULES: readonly FindingRule[] = [
  {
    id: "external-access",
    severity: "critical",
    why: "somebody outside the tenant can open the mailbox or send as it",
    says: ({ row }) => {
      if (!opens(row)) return undefined;
      if (isOf(row, "guest")) return `a guest holds ${right(row)}`;
      return isOf(row, "external-account") ? `an account outside the tenant holds ${right(row)}` : undefined;
    },
  },
  {
    id: "hub",
    severity: "high",
    why: "one account opens so many mailboxes that whoever takes it over has them all",
    parameters: ["hubMailboxes", "hubPercent"],
    says: ({ row, isHub, fullAccessOn }) =>
      isHub && isAllowed(row, "fullaccess")
        ? `the trustee holds FullAccess on ${fullAccessOn} mailboxes`
        : undefined,
  },
  {
    id: "guests-through-group",
    severity: "critical",
    why: "somebody outside the tenant comes in by a group, which nobody sees at the mailbox",
    says: ({ row, reach }) =>
      opens(row) && isOf(row, "group") && reach !== undefined && reach.guests > 0
        ? `the group gives ${right(row)} to ${guestsOf(reach)}`
        : undefined,
  },
  {
    id: "large-group",
    severity: "critical",
    why: "a group opens the mailbox to so many people that nobody knows who they are",
    parameters: ["manyPeople"],
    says: ({ row, reach, manyPeople }) =>
      isAllowed(row, "fullaccess") && isOf(row, "group") && reach !== undefined && reach.people > manyPeople
        ? `the group opens the mailbox to ${reach.people} people${reach.gap === undefined ? "" : " or more"}`
        : undefined,
  },
  {
    id: "disabled-account",
    severity: "high",
    why: "an account that was switched off keeps its access, and has it again when it is switched on",
    says: ({ row }) =>
      opens(row) && isOf(row, "disabled") ? `a disabled account still holds ${right(row)}` : undefined,
  },
  {
    id: "sensitive-mailbox",
    severity: "high",
    why: "somebody else can open, or send as, a mailbox that was named as sensitive",
    parameters: ["sensitive"],
    says: ({ row, isSensitive }) =>
      isSensitive && opens(row) ? `${right(row)} on a mailbox named as sensitive` : undefined,
  },
  {
    id: "explicit-deny",
    severity: "medium",
    why: "a right is denied by hand, which overrules what a group gives and is easily forgotten",
    says: ({ row }) =>
      row["Allow"] === false && row["Inherited"] === false ? `${right(row)} is explicitly denied` : undefined,
  },
  {
    id: "orphan-access",
    severity: "medium",
    why: "an account that no longer exists holds access, and nobody can tell whose it was",
    says: ({ row }) =>
      opens(row) && isOf(row, "orphan-sid")
        ? `an account that no longer exists holds ${right(row)}`
        : undefined,
  },
  {
    id: "full-access-on-user-mailbox",
    severity: "medium",
    why: "somebody else can open a person's mailbox",
    says: ({ row }) =>
      isAllowed(row, "fullaccess") && textOf(row, "MailboxType") === "user"
        ? "somebody else can open a person's mailbox, and no ticket is on record"
        : undefined,
  },
  {
    id: "send-as-without-full-access",
    severity: "medium",
    why: "somebody can send as a shared mailbox without seeing what was sent",
    says: ({ row, hasFullAccess }) =>
      isAllowed(row, "sendas") && !hasFullAccess && textOf(row, "MailboxType") === "shared"
        ? "the trustee can send as a shared mailbox it cannot open"
        : undefined,
  },
  {
    id: "group-members-unknown",
    severity: UNKNOWN,
    why: "a group holds access, and not all of the people it brings in are known",
    says({ row, reach }) {
      if (!opens(row) || !isOf(row, "group")) return undefined;
      if (reach === undefined) return "how many people the group brings in has not been read";
      return reach.gap === undefined
        ? undefined
        : `the group brings in ${reach.people} people or more: ${reach.gap}`;
    },
  },
  {
    id: "trustee-unresolved",
    severity: UNKNOWN,
    why: "who holds access could not be found out: nobody has the name, or several have",
    says: ({ row }) =>
      opens(row) && isOf(row, "unresolved") ? `who holds ${right(row)} could not be found out` : undefined,
  },
  {
    id: "orphan-entry",
    severity: "low",
    why: "an account that no longer exists keeps an entry",
    says: ({ row }) =>
      row["Allow"] === true && !opens(row) && isOf(row, "orphan-sid")
        ? `an account that no longer exists holds ${right(row)}`
        : undefined,
  },
  {
    id: "delegate-unresolved",
    severity: "low",
    why: "who may send on behalf could not be found out",
    says: ({ row }) =>
      isAllowed(row, "sendonbehalf") && isOf(row, "unresolved")
        ? "who may send on behalf could not be found out"
        : undefined,
  },
  {
    id: "soft-deleted-trustee",
    severity: "low",
    why: "a deleted account keeps a right, and has it again when it is restored",
    says: ({ row }) => (isOf(row, "soft-deleted") ? `a deleted account keeps ${right(row)}` : undefined),
  },
  {
    id: "group-not-automapped",
    severity: "info",
    why: "Outlook does not open the mailbox by itself for members of a group",
    says: ({ row }) =>
      isAllowed(row, "fullaccess") && isOf(row, "group")
        ? "Outlook does not open the mailbox by itself for members of a group"
        : undefined,
  },
];

export function findingsOf(given: Case): readonly Finding[] {
  // Rows about people who come in by a group are asked for besides: what there is to say is said of the group.
  if (isRowOfGroup(given.row)) return [];
  return FINDING_RULES.flatMap(({ id, severity, says }) => {
    const words = says(given);
    return words === undefined ? [] : [{ rule: id, severity, words }];
  });
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

function guestsOf({ guests }: GroupReach): string {
  return guests === 1 ? "a guest" : `${guests} guests`;
}

function right(row: Row): string {
  return textOf(row, "Right");
}
