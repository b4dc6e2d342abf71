/** What a recount of a run found: for programs, and in words. */
import type { Verification } from "../../journal/index.ts";
import { count } from "../words.ts";

export function verificationView(run: string, verified: Verification) {
  return { schemaVersion: 1, id: run, sound: verified.problems.length === 0, ...verified } as const;
}

export function verificationText(
  run: string,
  { targets, outcomes, rows, sha256, problems }: Verification,
): string {
  return [
    `run ${run}: ${problems.length === 0 ? "is what it says" : "does not add up"}`,
    `  ${count(targets)} targets, ${count(outcomes)} outcomes, ${count(rows)} rows, sha256 ${sha256}`,
    ...problems.map((problem) => `  ${problem}`),
  ].join("\n");
}
