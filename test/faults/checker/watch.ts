/** Watches a run in its journal while it goes on: what anybody could see must never be taken back (I10). */
import { setTimeout as sleep } from "node:timers/promises";
import { type Glance, JournalFile } from "./journal-file.ts";

export interface Watch extends AsyncDisposable {
  readonly glances: number;
  readonly violations: readonly string[];
}

const EVERY_MS = 100;

export function watchRun(path: string, run: string): Watch {
  const file = new JournalFile(path);
  const over = new AbortController();
  const violations = new Set<string>();
  let glances = 0;
  let before: Glance | undefined;
  const watching = (async () => {
    while (!over.signal.aborted) {
      const now = file.glance(run);
      if (now !== undefined) {
        for (const text of compare(before, now)) violations.add(text);
        before = now;
        glances += 1;
      }
      await sleep(EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined); // It is over.
    }
  })();
  return {
    get glances() {
      return glances;
    },
    get violations() {
      return [...violations];
    },
    async [Symbol.asyncDispose]() {
      if (over.signal.aborted) return;
      over.abort();
      await watching;
      file[Symbol.dispose]();
    },
  };
}

/** What is wrong with one glance, and with two in a row. */
export function compare(before: Glance | undefined, now: Glance): string[] {
  const wrong: string[] = [];
  const counted = Object.values(now.outcomes).reduce((sum, count) => sum + count, 0);
  if (counted !== now.settled) wrong.push(`${counted} outcomes are counted, ${now.settled} targets have one`);
  if (now.settled > 0 && !now.sealed) wrong.push("targets have outcomes before the manifest is sealed");
  // A redrive opens targets first and moves the run second.
  if (now.state.startsWith("complete") && now.settled !== now.targets && now.reopened === 0)
    wrong.push(`the run is ${now.state} with ${now.settled} outcomes for ${now.targets} targets`);
  if (before === undefined || before.reopened !== now.reopened) return wrong;
  if (before.sealed && (!now.sealed || before.targets !== now.targets))
    wrong.push(`a sealed manifest of ${before.targets} targets has ${now.targets}`);
  for (const [outcome, count] of Object.entries(before.outcomes))
    if ((now.outcomes[outcome] ?? 0) < count && outcome !== "unresolved")
      wrong.push(`${outcome} fell from ${count} to ${now.outcomes[outcome] ?? 0}`);
  return wrong;
}
