/** What changed about one mailbox between two runs. Pure. */
import type { Comparison, FoundRow, Row } from "../../job/index.ts";
import type { Outcome } from "../../journal/index.ts";
import { changedFacts, matchRows } from "./match.ts";
import { isRead, type Reads, unreadWords } from "./reads.ts";

/**
 * `unknown`: one of the runs has no good outcome for it, so nobody can tell whether it was added or removed. Rows of a mailbox that came or
 * went are `mailbox-added` and `mailbox-gone`.
 */
export const CHANGE_KINDS = [
  "added",
  "removed",
  "changed",
  "mailbox-added",
  "mailbox-gone",
  "unknown",
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

export interface RowChange {
  readonly kind: ChangeKind;
  /** `TrusteeClass: user → disabled`, or why it is unknown; empty when there is nothing to say. */
  readonly detail: string;
  /** Of the newer run, when it has the row; undefined when the change is about a mailbox without rows to show. */
  readonly row: Row | undefined;
  /** Hidden by noise rules in every run that has it. */
  readonly hidden: boolean;
}

/** `there`: in the manifest, and not found gone. `not-there`: it would have been listed. `not-asked`: nobody can tell. */
export type Standing = "there" | "not-there" | "not-asked";

/** A mailbox in one of the runs. */
export interface Side {
  readonly reads: Reads;
  readonly standing: Standing;
  readonly outcome: Outcome | undefined;
  /** Judged, hidden ones too. */
  readonly rows: readonly FoundRow[];
}

export interface MailboxDelta {
  /** What became of the mailbox as a whole; undefined: it is there in both runs, and both have read it. */
  readonly kind: "mailbox-added" | "mailbox-gone" | "unknown" | undefined;
  readonly changes: readonly RowChange[];
}

const NOTHING: MailboxDelta = { kind: undefined, changes: [] };

export function mailboxDelta(comparison: Comparison, before: Side, after: Side): MailboxDelta {
  if (before.standing === "there" && after.standing === "there")
    return withUnread(before, after, rowChanges(comparison, before, after));
  const [side, other] = after.standing === "there" ? [after, before] : [before, after];
  if (side.standing !== "there") return NOTHING;
  if (other.standing === "not-asked")
    return whole("unknown", side, `run ${other.reads.run.id} was not about this mailbox`);
  const kind = side === after ? "mailbox-added" : "mailbox-gone";
  return whole(kind, side, isRead(side.outcome) ? "" : unreadWords(side.reads.run, side.outcome));
}

/** Everything known of a mailbox that only one run has. */
function whole(kind: "mailbox-added" | "mailbox-gone" | "unknown", side: Side, detail: string): MailboxDelta {
  const changes = side.rows.map(({ noise, row }) => ({ kind, detail, row, hidden: noise !== undefined }));
  return { kind, changes: withMailbox(kind, detail, changes) };
}

/** A mailbox that one of the runs has not read is mentioned, also when no row of it can be. */
function withUnread(before: Side, after: Side, changes: readonly RowChange[]): MailboxDelta {
  const unread = [before, after].filter(({ outcome }) => !isRead(outcome));
  if (unread.length === 0) return { kind: undefined, changes };
  const words = unread.map(({ reads, outcome }) => unreadWords(reads.run, outcome));
  return { kind: "unknown", changes: withMailbox("unknown", words.join("; "), changes) };
}

function withMailbox(kind: ChangeKind, detail: string, changes: readonly RowChange[]): readonly RowChange[] {
  const isShown = changes.some((change) => change.kind === kind && !change.hidden);
  return isShown ? changes : [...changes, { kind, detail, row: undefined, hidden: false }];
}

function rowChanges(comparison: Comparison, before: Side, after: Side): readonly RowChange[] {
  const { same, onlyBefore, onlyAfter } = matchRows(comparison, before.rows, after.rows);
  const missing = (kind: "added" | "removed", found: FoundRow, elsewhere: Side): RowChange => {
    const gap = elsewhere.reads.gap(found, elsewhere.outcome);
    return {
      kind: gap === undefined ? kind : "unknown",
      detail: gap ?? "",
      row: found.row,
      hidden: found.noise !== undefined,
    };
  };
  return [
    ...onlyAfter.map((found) => missing("added", found, before)),
    ...onlyBefore.map((found) => missing("removed", found, after)),
    ...same.flatMap(([one, other]) => changedRow(comparison, one, other)),
  ];
}

function changedRow(comparison: Comparison, before: FoundRow, after: FoundRow): readonly RowChange[] {
  const columns = changedFacts(comparison, before.row, after.row);
  if (columns.length === 0) return [];
  const words = columns.map(
    (column) => `${column}: ${cell(before.row, column)} → ${cell(after.row, column)}`,
  );
  const hidden = before.noise !== undefined && after.noise !== undefined;
  return [{ kind: "changed", detail: words.join("; "), row: after.row, hidden }];
}

function cell(row: Row, column: string): string {
  const value = row[column] ?? null;
  return value === null || value === "" ? "(none)" : String(value);
}
