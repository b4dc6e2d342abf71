/** Which line of a manifest is which part of a plan. */
import type { Evidence, Planned } from "./evidence.ts";
import type { Line } from "./journal-file.ts";
import { writeKey } from "./ledger.ts";

export interface PlannedLine {
  readonly key: string;
  readonly change: Planned;
  readonly line: Line;
}

export interface Matched {
  readonly changes: readonly PlannedLine[];
  readonly missing: readonly string[];
  readonly surplus: readonly Line[];
}

export function linesOfPlan({ plan, run, allowances }: Evidence): Matched {
  if (plan.kind === "reads") {
    const planned = new Set(plan.subjects.map((subject) => subject.toLowerCase()));
    const mailboxes = run.lines.filter(({ kind }) => kind === "mailbox");
    const there = new Set(mailboxes.map(({ id }) => id));
    const churned = allowances?.churned ?? new Set();
    return {
      changes: [],
      missing: [...planned].filter((subject) => !there.has(subject) && !churned.has(subject)),
      surplus: mailboxes.filter(({ id }) => !planned.has(id) && !churned.has(id) && !id.startsWith("name:")),
    };
  }
  const lines = new Map(run.lines.map((line) => [keyOfLine(line), line]));
  const changes = plan.changes.flatMap((change): PlannedLine[] => {
    const key = writeKey(change.subject, change.cmdlet, change.parameters);
    const line = lines.get(key);
    return line === undefined ? [] : [{ key, change, line }];
  });
  const known = new Set(changes.map(({ key }) => key));
  return {
    changes,
    missing: plan.changes
      .filter(({ subject, cmdlet, parameters }) => !known.has(writeKey(subject, cmdlet, parameters)))
      .map(({ subject, cmdlet }) => `${cmdlet} for ${subject}`),
    surplus: run.lines.filter((line) => !known.has(keyOfLine(line))),
  };
}

function keyOfLine({ id, data }: Line): string {
  const change = member(data, "change");
  const subject = text(member(member(data, "mailbox"), "id")) ?? text(member(data, "id")) ?? id;
  return writeKey(subject, text(member(change, "cmdlet")) ?? "", member(change, "parameters"));
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
