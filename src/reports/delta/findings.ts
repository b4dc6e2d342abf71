/** Which findings about one mailbox came or went between two runs. Pure. */
import { createHash } from "node:crypto";
import type { Comparison, Row } from "../../job/index.ts";
import type { RuledFinding, SeenRow } from "../rules/ruling.ts";
import type { Side } from "./mailbox.ts";
import { matchRows, nameOfRow } from "./match.ts";

/**
 * `new`, `gone`: both runs have read what it is about. `newly-read`: the older one had not, so it may have been there then. `unread`: the newer
 * one has not, so it may be there still.
 */
export type FindingChangeKind = "new" | "gone" | "newly-read" | "unread";

export interface FindingChange {
  readonly kind: FindingChangeKind;
  readonly finding: RuledFinding;
  /** Of the newer run, where it has the finding. */
  readonly row: Row;
}

/** A side with what its job's judge and the user's rules made of its rows. */
export interface SeenSide extends Omit<Side, "rows"> {
  readonly rows: readonly SeenRow[];
}

/** Of open findings only: not of suppressed ones, nor of rows that are hidden. */
export function findingChanges(
  comparison: Comparison,
  before: SeenSide,
  after: SeenSide,
): readonly FindingChange[] {
  const all = (kind: FindingChangeKind, seen: SeenRow): readonly FindingChange[] =>
    openFindings(seen).map((finding) => ({ kind, finding, row: seen.row }));
  if (before.standing !== "there" || after.standing !== "there") {
    const came = before.standing === "not-asked" ? "newly-read" : "new";
    const went = after.standing === "not-asked" ? "unread" : "gone";
    return [
      ...(after.standing === "there" ? after.rows.flatMap((seen) => all(came, seen)) : []),
      ...(before.standing === "there" ? before.rows.flatMap((seen) => all(went, seen)) : []),
    ];
  }
  const { same, onlyBefore, onlyAfter } = matchRows(comparison, before.rows, after.rows);
  return [
    ...onlyAfter.flatMap((seen) =>
      all(before.reads.gap(seen, before.outcome) === undefined ? "new" : "newly-read", seen),
    ),
    ...onlyBefore.flatMap((seen) =>
      all(after.reads.gap(seen, after.outcome) === undefined ? "gone" : "unread", seen),
    ),
    ...same.flatMap(([one, other]) => [
      ...without(other, one).map((finding): FindingChange => ({ kind: "new", finding, row: other.row })),
      ...without(one, other).map((finding): FindingChange => ({ kind: "gone", finding, row: one.row })),
    ]),
  ];
}

const NONE: readonly RuledFinding[] = [];

/** A finding of a hidden row, or one that somebody answers for, is nothing to tell of. */
export function openFindings({ noise, findings = [] }: SeenRow): readonly RuledFinding[] {
  if (noise !== undefined || findings.length === 0) return NONE;
  return findings.some(({ suppressedBy }) => suppressedBy !== undefined)
    ? findings.filter(({ suppressedBy }) => suppressedBy === undefined)
    : findings;
}

/** Of rows that are alike otherwise: that nothing is open in one that is not in the other. The usual case, told without making a single text. */
export function haveAlikeFindings(before: readonly SeenRow[], after: readonly SeenRow[]): boolean {
  return before.every((row, place) => {
    const other = after[place];
    if (other === undefined) return false;
    const [one, two] = [openFindings(row), openFindings(other)];
    return one.length === two.length && one.every(({ rule }, at) => rule === two[at]?.rule);
  });
}

function without(row: SeenRow, other: SeenRow): readonly RuledFinding[] {
  const known = new Set(openFindings(other).map(({ rule }) => rule));
  return openFindings(row).filter(({ rule }) => !known.has(rule));
}

/** What a finding is about and what it says, in any run: equal for the same, and no names in it. @param target id of what its row is about */
export function findingKey(comparison: Comparison, target: string, rule: string, row: Row): string {
  const named = JSON.stringify([target, rule, nameOfRow(comparison, row)]);
  return createHash("sha256").update(named).digest().subarray(0, 12).toString("base64url");
}
