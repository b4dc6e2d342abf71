/** Counts the rows of a run as people see them. */
import { type Grade, GRADES, type Row } from "../job/index.ts";
import type { Summary } from "./summary.ts";

const EXAMPLES = 3;

export class Tally {
  readonly #headline: (row: Row) => string | undefined;
  readonly #hiddenBy = new Map<string, number>();
  readonly #bySeverity = new Map<Grade, number>();
  readonly #groups = new Map<string, { id: string; severity: Grade; rows: number; examples: string[] }>();
  #shown = 0;
  #hidden = 0;
  #oldestReadAt: string | null = null;

  constructor(headline: (row: Row) => string | undefined) {
    this.#headline = headline;
  }

  add(noise: string | undefined, row: Row): void {
    this.#age(row["ReadAtUtc"]);
    if (noise !== undefined) {
      this.#hidden += 1;
      this.#hiddenBy.set(noise, (this.#hiddenBy.get(noise) ?? 0) + 1);
      return;
    }
    this.#shown += 1;
    const severity = GRADES.find((grade) => grade === row["Severity"]);
    if (severity === undefined) return;
    this.#bySeverity.set(severity, (this.#bySeverity.get(severity) ?? 0) + 1);
    this.#group(String(row["Finding"] ?? ""), severity, row);
  }

  summary(mailboxes: number, naiveCalls: number): Summary {
    return {
      schemaVersion: 1,
      mailboxes,
      rows: {
        shown: this.#shown,
        hidden: this.#hidden,
        hiddenBy: Object.fromEntries([...this.#hiddenBy].sort(([one], [other]) => compareIds(one, other))),
      },
      findings: {
        bySeverity: Object.fromEntries(GRADES.map((grade) => [grade, this.#bySeverity.get(grade) ?? 0])),
        groups: [...this.#groups.values()].sort(
          (one, other) =>
            GRADES.indexOf(one.severity) - GRADES.indexOf(other.severity) || other.rows - one.rows,
        ),
      },
      naiveCalls,
      oldestReadAt: this.#oldestReadAt,
    };
  }

  #group(finding: string, severity: Grade, row: Row): void {
    const id = finding.split(":", 1)[0] ?? "";
    const key = `${severity} ${id}`;
    const group = this.#groups.get(key) ?? { id, severity, rows: 0, examples: [] };
    this.#groups.set(key, group);
    group.rows += 1;
    if (group.examples.length < EXAMPLES) group.examples.push(this.#headline(row) ?? finding);
  }

  #age(readAt: Row[string] | undefined): void {
    if (typeof readAt === "string" && (this.#oldestReadAt === null || readAt < this.#oldestReadAt))
      this.#oldestReadAt = readAt;
  }
}

/** NR2 before NR10. */
function compareIds(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}
