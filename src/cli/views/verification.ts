/** What a recount of a run found: for programs, and in words. */
import type { BundleVerification } from "../../journal/index.ts";
import { plain } from "../../reports/index.ts";
import { count } from "../words.ts";

export function verificationView({ run, chain, ...verified }: BundleVerification) {
  return {
    schemaVersion: 1,
    id: run,
    sound: verified.problems.length === 0,
    ...verified,
    chain: { length: chain.length, head: chain.head },
  } as const;
}

export function verificationText(verified: BundleVerification): string {
  const { run, targets, outcomes, rows, sha256, chain, problems } = verified;
  return [
    `run ${run}: ${problems.length === 0 ? "is what it says" : "does not add up"}`,
    `  ${count(targets)} targets, ${count(outcomes)} outcomes, ${count(rows)} rows, sha256 ${sha256}`,
    `  chain of ${count(chain.length)}, head ${chain.head}`,
    ...problems.map((problem) => `  ${problem}`),
  ]
    .map(plain)
    .join("\n");
}
