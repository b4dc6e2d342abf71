/** What a run found, in numbers and a few examples. Made from its judged rows; everything else about a run is in its record. */
import { type Grade, GRADES, type Row, type Severity, SEVERITIES } from "../job.ts";
import type { Journal, RunRecord } from "../journal/index.ts";
import type { Limit } from "./limit.ts";
import { judgedRows, type RunSource } from "./judged-rows.ts";
import { type AppliedRules, appliedRules } from "./rules/applied.ts";
import { Ruling } from "./rules/ruling.ts";

/** Rows with one finding in common. A row counts once, under its most severe finding. */
export type FindingGroup = {
  readonly id: string;
  readonly severity: Grade;
  readonly rows: number;
  /** Rows in words, the first few. */
  readonly examples: readonly string[];
};

/** A value that survives JSON: the journal keeps it. */
export type Summary = {
  readonly schemaVersion: 1;
  /** Why the rows could not be judged; absent when they were. Then they are counted as they were read, and there are no findings to tell of. */
  readonly unjudged?: string;
  /** Mailboxes in the manifest; bulk reads are not counted. */
  readonly mailboxes: number;
  readonly rows: {
    readonly shown: number;
    readonly hidden: number;
    /** By noise rule. */
    readonly hiddenBy: { readonly [rule: string]: number };
  };
  readonly findings: {
    readonly bySeverity: { readonly [severity: string]: number };
    /** Most severe first, then most rows. */
    readonly groups: readonly FindingGroup[];
  };
  /** The user's rules its findings were judged by; absent without. */
  readonly rules?: AppliedRules;
  /** Calls the usual script would have made. */
  readonly naiveCalls: number;
  /** What it met of the tenant's limit; absent when the gate could not be asked. */
  readonly limit?: Limit;
  /** Age of the data: ISO 8601, UTC; null without rows. */
  readonly oldestReadAt: string | null;
};

const EXAMPLES = 3;

export interface SummarySource extends RunSource {
  readonly journal: Pick<Journal, "rows" | "target">;
}

/** @throws {ReportError} when the run's parameters are not what the job takes today, or its judge throws */
export async function summarise(source: SummarySource): Promise<Summary> {
  const tally = new Tally((row) => source.job.headline?.(row));
  const ruling = new Ruling(source.job, source.rules);
  for await (const rows of judgedRows(source, ruling))
    for (const { noise, row } of rows) tally.add(noise, row);
  const mailboxes = await countMailboxes(source.journal, source.run);
  const summary = tally.summary(mailboxes, mailboxes * source.run.naiveCallsPerTarget);
  const rules = appliedRules(source.job, ruling);
  return rules === undefined ? summary : { ...summary, rules };
}

/** For a run whose rows cannot be judged: what is known without. */
export async function summariseUnjudged(
  { journal, run }: Pick<SummarySource, "journal" | "run">,
  unjudged: string,
): Promise<Summary> {
  const mailboxes = await countMailboxes(journal, run);
  const hidden = Object.values(run.noise).reduce((sum, rows) => sum + rows, 0);
  return {
    ...new Tally(() => undefined).summary(mailboxes, mailboxes * run.naiveCallsPerTarget),
    unjudged,
    rows: { shown: run.rows - hidden, hidden, hiddenBy: run.noise },
  };
}

/** True when the summary has findings of this severity or a worse one; what is graded `unknown` does not count. */
export function hasFindings(summary: Summary, atLeast: Severity): boolean {
  return SEVERITIES.slice(0, SEVERITIES.indexOf(atLeast) + 1).some(
    (severity) => (summary.findings.bySeverity[severity] ?? 0) > 0,
  );
}

/** Mailboxes in the manifest; 0 until it is sealed. Bulk reads are the last lines of a manifest. */
export async function countMailboxes(journal: Pick<Journal, "target">, run: RunRecord): Promise<number> {
  let line = run.manifest?.count ?? 0;
  while (line > 0 && (await journal.target(run.id, line))?.kind === "bulk") line -= 1;
  return line;
}

class Tally {
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
