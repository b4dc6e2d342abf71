/**
 * What the sealer keeps of a run for people. A judge that throws must not hold a run whose every target has its outcome: the rows are in
 * the journal as they were read, and a mended judge finds its findings in them at the next report (`docs/decisions/0004`).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { JournalError, type Json } from "../journal/index.ts";
import { ReportError } from "../reports/index.ts";
import type { LoadedRun } from "./run-cache.ts";

/** A judge is pure: what fails it once fails it again, unless this process was short of something for a moment. */
const TRIES = 3;
const AGAIN_MS = 500;

/** @param unjudged why the run is summed up without its judge; the summary says so */
export type Summarise = (run: LoadedRun, unjudged?: string) => Promise<Json>;

export interface SummedUp {
  readonly summary: Json;
  /** Why its findings could not be judged; absent when they were. */
  readonly unjudged?: string;
}

/** @throws {JournalError} when the journal cannot be read: that passes, and is tried again with the run */
export async function sumUp(summarise: Summarise, run: LoadedRun, signal: AbortSignal): Promise<SummedUp> {
  for (let tries = 1; ; tries += 1) {
    try {
      return { summary: await summarise(run) };
    } catch (error) {
      if (error instanceof JournalError) throw error;
      if (tries >= TRIES) {
        const unjudged = whyOf(error);
        return { summary: await summarise(run, unjudged), unjudged };
      }
    }
    await sleep(AGAIN_MS, undefined, { signal });
  }
}

/** Only of a known error is the message told: others may quote mailbox data. */
function whyOf(error: unknown): string {
  if (error instanceof ReportError) return error.message;
  return `the report threw ${error instanceof Error ? error.name : typeof error}`;
}
