/** Findings: what rules have to say about rows, and how much it matters. */
import type { FoundRow } from "./rows.ts";

/** A job with findings has the columns `Finding` (`id: words`, the most severe first, joined by `; `) and `Severity` (a grade). Reports fill them. */
export type Severity = "critical" | "high" | "medium" | "low" | "info";

/** Most severe first. */
export const SEVERITIES = [
  "critical",
  "high",
  "medium",
  "low",
  "info",
] as const satisfies readonly Severity[];

/** How bad a finding is: `unknown` where only something that has not been read could tell. */
export type Grade = Severity | "unknown";

/** Most severe first. What is unknown may be anything, but does not outrank what is known to matter. */
export const GRADES = [
  "critical",
  "high",
  "medium",
  "unknown",
  "low",
  "info",
] as const satisfies readonly Grade[];

/** What people know, and may overrule, of a rule. */
export interface RuleFacts {
  /** Lower-case words with hyphens; unique among the rules of a job. People name it in files: it stays. */
  readonly id: string;
  readonly severity: Grade;
  /** Why it deserves a look: one sentence without names. */
  readonly why: string;
  /** Parameters of the job that it goes by, and that no reading depends on: they may be other ones whenever rows are judged. */
  readonly parameters?: readonly string[];
}

/** What one rule has to say about one row. */
export interface Finding {
  /** `RuleFacts.id` */
  readonly rule: string;
  readonly severity: Grade;
  /** Without names: what stands behind the id in `Finding`. */
  readonly words: string;
}

/** A row as its job judges it. */
export interface JudgedRow extends FoundRow {
  /** Absent where no rule looks at it: then its cells stay as they are. */
  readonly findings?: readonly Finding[];
}

/**
 * Turns stored rows into the rows people see: merges doubles, adds findings. Pure; two passes over the run's rows.
 * Made anew for every report, so that rules can change without reading the tenant again.
 */
export interface Judge {
  /** First pass: all rows about one mailbox; mailboxes in any order. Memory must stay small: count, do not keep. */
  observe(rows: readonly FoundRow[]): void;
  /**
   * Second pass: all rows about one mailbox, in the order they were found; answers what is to be shown. Only findings may depend on what
   * was observed, everything else on these rows, and on the reach of groups, alone.
   */
  report(rows: readonly FoundRow[]): readonly JudgedRow[];
}
