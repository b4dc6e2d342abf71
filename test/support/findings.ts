/** What a job's judge says of a row: `critical hidden-rule deletes-all-mail`; empty when it says nothing. */
import type { Job, Row } from "../../src/job.ts";

/** @param others rows that stand beside it in the run */
export function findingsOf(job: Job, row: Row, params: object = {}, others: readonly Row[] = []): string {
  const judge = job.judge(job.params.parse(params));
  const rows = [row, ...others].map((facts) => ({ about: 1, row: facts }));
  judge.observe(rows);
  const [first] = judge.report(rows);
  const finding = first?.row["Finding"];
  if (typeof finding !== "string") return "";
  const ids = finding.split("; ").map((words) => words.slice(0, words.indexOf(":")));
  return [first?.row["Severity"], ...ids].join(" ");
}
