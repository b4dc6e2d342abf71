/** Calls the usual script would have made for a run. */
import type { Journal, RunRecord } from "../journal/index.ts";

/** Undefined until the manifest is sealed. Bulk reads are the last lines of a manifest; a script has none of them. */
export async function naiveCalls(
  journal: Pick<Journal, "target">,
  run: RunRecord,
): Promise<number | undefined> {
  if (run.manifest === undefined) return undefined;
  let mailboxes = run.manifest.count;
  while (mailboxes > 0 && (await journal.target(run.id, mailboxes))?.kind === "bulk") mailboxes -= 1;
  return mailboxes * run.naiveCallsPerTarget;
}
