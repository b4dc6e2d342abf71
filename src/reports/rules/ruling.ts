/** Applies a user's rules to the findings of one report, fills the cells they are shown in, and counts what was suppressed. */
import {
  type Finding,
  type FoundRow,
  type Grade,
  GRADES,
  type Job,
  type JudgedRow,
  type Row,
} from "../../job/index.ts";
import type { Rules, Suppression } from "./rules.ts";

/** A finding as it counts. */
export interface RuledFinding extends Finding {
  /** Undefined: it is open. */
  readonly suppressedBy: Suppression | undefined;
}

/** A row as people see it. */
export interface SeenRow extends FoundRow {
  /** Open ones first, of each the most severe first. Absent where no rule looks at the row. */
  readonly findings?: readonly RuledFinding[];
}

/** `expired`: its day is over, and it hides nothing. `unmatched`: there is no such finding in the run. */
export type SuppressionState = "applied" | "expired" | "unmatched";

export interface SuppressionUse {
  readonly suppression: Suppression;
  readonly state: SuppressionState;
  /** It hides them; when it has expired, it would. */
  readonly findings: number;
}

/** Stands before a suppressed finding in `Finding`, so that it is never taken for an open one. */
export const SUPPRESSED = "[suppressed] ";

/** For a value that is not known, never for somebody. */
const UNKNOWN = "unknown";

export class Ruling {
  readonly #job: Pick<Job, "principalColumns">;
  readonly #rules: Rules | undefined;
  readonly #jobName: string;
  /** By rule, with how many findings each has met. */
  readonly #suppressions = new Map<string, { readonly suppression: Suppression; findings: number }[]>();
  readonly #suppressed = new Map<Grade, number>();

  constructor(job: Pick<Job, "name" | "principalColumns">, rules: Rules | undefined) {
    this.#job = job;
    this.#jobName = job.name;
    this.#rules = rules;
    for (const suppression of rules?.suppressions ?? []) {
      if (suppression.job !== job.name) continue;
      const known = this.#suppressions.get(suppression.rule) ?? [];
      known.push({ suppression, findings: 0 });
      this.#suppressions.set(suppression.rule, known);
    }
  }

  get rules(): Rules | undefined {
    return this.#rules;
  }

  /** Parameters to judge by. */
  params(ofRun: unknown): unknown {
    const own = this.#rules?.jobs[this.#jobName]?.parameters ?? {};
    if (Object.keys(own).length === 0 || typeof ofRun !== "object" || ofRun === null) return ofRun;
    return { ...ofRun, ...own };
  }

  /** The row with its findings as they count, and with the cells that tell them. */
  see({ about, noise, row, findings }: JudgedRow): SeenRow {
    if (findings === undefined) return { about, noise, row };
    // Asked of every row of a tenant, most of which have none.
    if (findings.length === 0)
      return { about, noise, row: { ...row, Finding: null, Severity: null }, findings: [] };
    const ruled = findings
      .flatMap((finding) => this.#ruled(finding, row))
      .toSorted((one, other) => placeOf(one) - placeOf(other));
    return { about, noise, row: { ...row, ...cellsOf(ruled) }, findings: ruled };
  }

  /** Suppressed findings so far, by severity. */
  suppressed(): Readonly<Partial<Record<Grade, number>>> {
    return Object.fromEntries(
      GRADES.flatMap((grade) => {
        const findings = this.#suppressed.get(grade);
        return findings === undefined ? [] : [[grade, findings]];
      }),
    );
  }

  /** What became of each suppression for this job so far, in the order of the file. */
  uses(): readonly SuppressionUse[] {
    const uses = [...this.#suppressions.values()].flat().map(({ suppression, findings }): SuppressionUse => ({
      suppression,
      state: this.#isExpired(suppression) ? "expired" : findings > 0 ? "applied" : "unmatched",
      findings,
    }));
    const order = this.#rules?.suppressions ?? [];
    return uses.toSorted((one, other) => order.indexOf(one.suppression) - order.indexOf(other.suppression));
  }

  #ruled(finding: Finding, row: Row): readonly RuledFinding[] {
    const word = this.#rules?.jobs[this.#jobName]?.rules[finding.rule];
    if (word === "off") return [];
    const severity = word ?? finding.severity;
    const suppressedBy = this.#suppressedBy(finding.rule, row);
    if (suppressedBy !== undefined) this.#suppressed.set(severity, (this.#suppressed.get(severity) ?? 0) + 1);
    return [{ ...finding, severity, suppressedBy }];
  }

  /** The first that holds; all that are meant count. */
  #suppressedBy(rule: string, row: Row): Suppression | undefined {
    let holding: Suppression | undefined;
    for (const known of this.#suppressions.get(rule) ?? []) {
      const { mailbox, trustee } = known.suppression;
      if (mailbox !== undefined && !isNamed(row, MAILBOX_COLUMNS, mailbox)) continue;
      if (trustee !== undefined && !isNamed(row, this.#job.principalColumns ?? [], trustee)) continue;
      known.findings += 1;
      if (!this.#isExpired(known.suppression)) holding ??= known.suppression;
    }
    return holding;
  }

  #isExpired({ expires }: Suppression): boolean {
    return this.#rules !== undefined && expires < this.#rules.today;
  }
}

/** Every job with findings has these (`MAILBOX_COLUMNS` of the catalogue). */
const MAILBOX_COLUMNS = ["MailboxId", "MailboxPrimarySmtp"];

function isNamed(row: Row, columns: readonly string[], key: string): boolean {
  const wanted = key.toLowerCase();
  return columns.some((column) => {
    const cell = row[column];
    return typeof cell === "string" && cell !== UNKNOWN && cell.toLowerCase() === wanted;
  });
}

function placeOf({ severity, suppressedBy }: RuledFinding): number {
  return GRADES.indexOf(severity) + (suppressedBy === undefined ? 0 : GRADES.length);
}

/** Both empty when nothing was found; `Severity` also when all of it is suppressed. */
function cellsOf(findings: readonly RuledFinding[]): Row {
  const open = findings.find(({ suppressedBy }) => suppressedBy === undefined);
  const words = findings.map(
    ({ rule, words, suppressedBy }) => `${suppressedBy === undefined ? "" : SUPPRESSED}${rule}: ${words}`,
  );
  return { Finding: words.join("; ") || null, Severity: open?.severity ?? null };
}
