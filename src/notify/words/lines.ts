/** A message as lines with their weight: what the text of a mail, its HTML and a card are made of. Pure. */
import type { Message } from "../message.ts";

export interface Line {
  readonly is: "fact" | "heading" | "item" | "command" | "note";
  readonly text: string;
}

const SIGNS = { new: "+", gone: "-" } as const;

/** Most important first: whoever has no room leaves out the last. The title is not among them. */
export function linesOf(message: Message): readonly Line[] {
  const { trouble, comparedWith, run, rules, examples, changes, members, notes, next } = message;
  const facts = [
    ...(message.tenant === "" ? [] : [`${message.job} on ${message.tenant}, due ${message.due}`]),
    ...(run === null ? [] : [`run ${run}: ${message.state}`]),
    ...(trouble === null ? [] : [trouble]),
    ...(comparedWith === null ? [] : [`compared with run ${comparedWith}`]),
    ...(changes === null ? [] : [`rows: ${counted(changes)}`]),
    ...membersIn(members),
  ];
  return [
    ...facts.map((text): Line => ({ is: "fact", text })),
    ...notes.map((text): Line => ({ is: "note", text })),
    ...section(
      "Findings by rule",
      rules.map((each) => `${each.severity} ${each.rule} (${each.job}): ${each.words}; ${newAndGone(each)}`),
    ),
    ...section(
      "New, some of them",
      examples.new.map((text) => `${SIGNS.new} ${text}`),
    ),
    ...section(
      "Came into groups that hold rights",
      (members?.examples.cameIn ?? []).map((text) => `${SIGNS.new} ${text}`),
    ),
    ...section(
      "Gone, some of them",
      examples.gone.map((text) => `${SIGNS.gone} ${text}`),
    ),
    ...section(
      "Left groups that hold rights",
      (members?.examples.left ?? []).map((text) => `${SIGNS.gone} ${text}`),
    ),
    ...next.map((text): Line => ({ is: "command", text })),
  ];
}

/** `members of groups that hold rights: 2 came in, 1 left, 0 unknown; the widest of 2 groups holds 300 rights`. */
function membersIn(members: Message["members"]): readonly string[] {
  if (members === undefined || members === null || members.groups === 0) return [];
  const { groups, cameIn, left, unknown, widest } = members;
  const of = groups === 1 ? "the group" : `the widest of ${count(groups)} groups`;
  return [
    `members of groups that hold rights: ${count(cameIn)} came in, ${count(left)} left, ${count(unknown)} unknown`,
  ].map((words) => (widest > 0 ? `${words}; ${of} holds ${count(widest)} rights` : words));
}

function section(heading: string, items: readonly string[]): readonly Line[] {
  if (items.length === 0) return [];
  return [{ is: "heading", text: heading }, ...items.map((text): Line => ({ is: "item", text }))];
}

function newAndGone({ new: came, gone }: Message["rules"][number]): string {
  return [...(came > 0 ? [`${count(came)} new`] : []), ...(gone > 0 ? [`${count(gone)} gone`] : [])].join(
    ", ",
  );
}

function counted(counts: Readonly<Record<string, number>>): string {
  const told = Object.entries(counts).filter(([, rows]) => rows > 0);
  return told.length === 0 ? "none changed" : told.map(([kind, rows]) => `${count(rows)} ${kind}`).join(", ");
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
