/** The difference of two runs as text for a terminal. Pure; nothing from outside gets through unplain. */
import type { Job, Row } from "../../job/index.ts";
import type { RunRecord } from "../../journal/index.ts";
import { completenessOf } from "../completeness.ts";
import { importedFrom } from "../imported.ts";
import { plain } from "../plain.ts";
import type { Comparable } from "./comparable.ts";
import type { ChangedTarget, Delta } from "./delta.ts";
import type { MemberChange, MemberKind } from "./members.ts";
import { CHANGE_KINDS, type ChangeKind, type RowChange } from "./mailbox.ts";

const SIGNS: Readonly<Record<ChangeKind, string>> = {
  added: "+",
  removed: "-",
  changed: "~",
  "mailbox-added": "+",
  "mailbox-gone": "-",
  unknown: "?",
};
const MEMBER_SIGNS: Readonly<Record<MemberKind, string>> = {
  "member-added": "+",
  "member-removed": "-",
  "member-unknown": "?",
};
const GRADE_WIDTH = "critical".length;

/** Which runs, whether they are complete, and how much changed. */
export function renderDeltaHead({ before, after }: Comparable, { counts, gaps }: Delta): string {
  const { mailboxes, changes, hidden, members } = counts;
  const parts = [
    `${after.job} on ${after.tenant}`,
    runLine("before", before),
    runLine("after", after),
    ...gaps.map((gap) => `  unread  ${gap}`),
    ...(JSON.stringify(before.scope) === JSON.stringify(after.scope)
      ? []
      : [
          "  note    the runs were asked about different mailboxes: what only one was asked about is unknown",
        ]),
    ...[before, after].flatMap(importedLine),
    ...(isLater(before, after) ? ["  note    the first run is the newer one"] : []),
    `  rows    ${CHANGE_KINDS.map((kind) => `${count(changes[kind])} ${kind}`).join(", ")}`,
    `  boxes   ${count(mailboxes.all)} mailboxes: ${count(mailboxes.added)} added, ${count(mailboxes.gone)} gone, ${count(mailboxes.changed)} changed, ${count(mailboxes.unknown)} unknown`,
    ...(members.groups > 0
      ? [
          `  groups  ${count(members.groups)} ${members.groups === 1 ? "group" : "groups"} with other members: ${count(members.added)} came in, ${count(members.removed)} left, ${count(members.unknown)} unknown`,
        ]
      : []),
    ...(hidden > 0 ? [`  hidden  ${count(hidden)} changes by noise rules (--include-noise)`] : []),
  ];
  return parts.map(plain).join("\n");
}

/** Of a run that was imported, the time of its file. */
function beganMs(run: RunRecord): number {
  return importedFrom(run)?.takenAtMs ?? run.startedAtMs ?? run.createdAtMs;
}

function isLater(before: RunRecord, after: RunRecord): boolean {
  return importedFrom(before) === undefined && importedFrom(after) === undefined
    ? before.createdAtMs > after.createdAtMs
    : beganMs(before) > beganMs(after);
}

function importedLine(run: RunRecord): readonly string[] {
  const imported = importedFrom(run);
  return imported === undefined
    ? []
    : [
        `  note    run ${run.id} is the file ${imported.file} (${imported.as}): mailboxes that are not in it are unknown`,
      ];
}

function runLine(label: string, run: RunRecord): string {
  const at = new Date(beganMs(run)).toISOString().slice(0, 16).replace("T", " ");
  return `  ${label.padEnd(6)}  run ${run.id} of ${at} UTC; ${completenessOf(run).words}`;
}

/** A mailbox, and a line for each of its changes. */
export function renderChanges(job: Job, { target, changes }: ChangedTarget): readonly string[] {
  const lines = changes.map((change) => changeLine(job, change));
  return [target.label, ...lines].map(plain);
}

/** A group, and a line for each who came in or left. */
export function renderMembers(changes: readonly MemberChange[]): readonly string[] {
  const lines = changes.map(
    (change) => `  ${MEMBER_SIGNS[change.kind]} ${"".padEnd(GRADE_WIDTH)}  ${memberWords(change)}`,
  );
  return [...new Set(changes.map(({ group }) => `group ${nameOf(group)}`)), ...lines].map(plain);
}

/** `anna@contoso.com came into Finance, which holds rights`. */
export function memberWords({ kind, detail, group, member }: MemberChange): string {
  const who = member.address || nameOf(member);
  const words = {
    "member-added": `${who} came into`,
    "member-removed": `${who} left`,
    "member-unknown": `${who} is, by one of the runs only, in`,
  }[kind];
  return [`${words} ${nameOf(group)}`, detail].filter((part) => part !== "").join("; ");
}

function nameOf({ id, displayName }: { readonly id: string; readonly displayName: string }): string {
  return displayName || id;
}

function changeLine(job: Job, { kind, detail, row }: RowChange): string {
  const grade = text(row, "Severity").padEnd(GRADE_WIDTH);
  const whole = kind === "mailbox-added" || kind === "mailbox-gone" ? `${kind}: ` : "";
  const words =
    row === undefined ? [kind === "unknown" ? "the mailbox" : kind] : [`${whole}${inWords(job, row)}`];
  const facts = [...words, detail, text(row, "Finding")].filter((part) => part !== "");
  return `  ${SIGNS[kind]} ${grade}  ${facts.join("; ")}`;
}

/** As the job puts it, or the cells that name the row. */
function inWords(job: Job, row: Row): string {
  const headline = job.headline?.(row);
  if (headline !== undefined) return headline;
  const { key = [], who, facts = [] } = job.comparison ?? {};
  const named = who === undefined ? key : [...key, who.name];
  return [...named, ...facts].map((column) => `${column} ${text(row, column) || "(none)"}`).join(", ");
}

function text(row: Row | undefined, column: string): string {
  const cell = row?.[column] ?? null;
  return cell === null ? "" : String(cell);
}

/** `12,345`, the same on every machine. */
function count(number: number): string {
  return number.toLocaleString("en-US");
}
