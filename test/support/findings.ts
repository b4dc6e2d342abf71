/** What a job's judge says of a row: `critical hidden-rule deletes-all-mail`; empty when it says nothing. */
import { type FoundRow, GRADES, type Job, type Reaches, type Row } from "../../src/job/index.ts";
import { Ruling, type SeenRow } from "../../src/reports/index.ts";

/** @param others rows that stand beside it in the run */
export function findingsOf(job: Job, row: Row, params: object = {}, others: readonly Row[] = []): string {
  const judge = job.judge(job.params.parse(params));
  const rows = [row, ...others].map((facts) => ({ about: 1, row: facts }));
  judge.observe(rows);
  const [first] = judge.report(rows);
  const found = (first?.findings ?? []).toSorted(
    (one, other) => GRADES.indexOf(one.severity) - GRADES.indexOf(other.severity),
  );
  return found.length === 0 ? "" : [found[0]?.severity, ...found.map(({ rule }) => rule)].join(" ");
}

/** A job's judge as reports use it: its rows have the cells that tell their findings. */
export function judgeOf(
  job: Job,
  params: unknown,
  ruling = new Ruling(job, undefined),
  reaches: Reaches = new Map(),
): { observe(rows: readonly FoundRow[]): void; report(rows: readonly FoundRow[]): readonly SeenRow[] } {
  const judge = job.judge(params, reaches);
  return {
    observe: (rows) => judge.observe(rows),
    report: (rows) => judge.report(rows).map((row) => ruling.see(row)),
  };
}
