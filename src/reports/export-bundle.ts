/** Writes a run as a bundle: one file that proves it without the journal. The same run gives the same bytes every time. */
import { isOver, type BundleCounts, type Journal, type RunRecord } from "../journal/index.ts";
import { writeSafely } from "./safe-file.ts";

export interface BundleRequest {
  readonly journal: Pick<Journal, "bundle">;
  readonly run: RunRecord;
  /** Path of the file. */
  readonly out: string;
  readonly signal?: AbortSignal;
}

/**
 * Bundles a run, also one that is not over: then what it has so far.
 * @returns what is in it; `over` is false when a later bundle may hold more
 * @throws {ReportError} when it cannot be written; a file of that name is then as it was
 */
export async function exportBundle(
  request: BundleRequest,
): Promise<BundleCounts & { readonly over: boolean }> {
  const { journal, run, out, signal } = request;
  let counts: BundleCounts | undefined;
  await writeSafely(
    out,
    async (sink) => {
      counts = await journal.bundle(run.id, async (text) => {
        signal?.throwIfAborted();
        await sink.write(text);
      });
    },
    "bundle.before-rename",
  );
  if (counts === undefined) throw new Error(`Cannot bundle run ${run.id}: nothing was written`);
  return { ...counts, over: isOver(run.state) };
}
