/** Progress of a run in words: one block for a person who watches, one line for a log. Pure; never below nothing, never above all. */
import { isOver } from "../journal/index.ts";
import type { RunEvent } from "../journal/index.ts";
import type { RunSnapshot } from "../runs/index.ts";
import { settledOf } from "./views/run.ts";
import { count, duration, several, timeOfDay } from "./words.ts";

const BAR = 24;

/** How often a log gets a line: every ten seconds in the first minute, then once a minute. */
export function lineDueAfterMs(watchedMs: number): number {
  return watchedMs < 60_000 ? 10_000 : 60_000;
}

/** What the gate last did about the throttle, in its own words. */
export function lastReaction(events: readonly RunEvent[]): string | undefined {
  const data = events.findLast(({ kind }) => kind === "throttled")?.data;
  const known =
    typeof data === "object" && data !== null && "reaction" in data ? data["reaction"] : undefined;
  return typeof known === "string" ? known : undefined;
}

/**
 * Lines that are redrawn in place.
 * @param reaction what the gate last did about the throttle
 */
export function progressBlock(snapshot: RunSnapshot, reaction?: string): string[] {
  const { run } = snapshot;
  const head = `${run.job} on ${run.tenant}  run ${run.id}  ${stateWords(snapshot)}`;
  const total = run.manifest?.count;
  const share = shareOf(snapshot);
  const bar = share === undefined ? "" : `▕${"█".repeat(Math.floor(share * BAR)).padEnd(BAR, "░")}▏ `;
  return [
    head,
    total === undefined
      ? "listing mailboxes, which are counted when all are known"
      : `${bar}${settledWords(snapshot)}`,
    outcomeWords(snapshot),
    [throttleWords(snapshot), reaction ?? ""].filter((words) => words !== "").join(": "),
  ];
}

/** One line for a log. */
export function progressLine(snapshot: RunSnapshot): string {
  const words = [
    `run ${snapshot.run.id} ${stateWords(snapshot)}`,
    snapshot.run.manifest === undefined ? "" : settledWords(snapshot),
    throttleWords(snapshot),
    outcomeWords(snapshot),
  ];
  return words.filter((text) => text !== "").join("  ");
}

/** From 0 to 1; undefined while the manifest is open. */
function shareOf({ run }: RunSnapshot): number | undefined {
  if (run.manifest === undefined) return undefined;
  return run.manifest.count === 0 ? 1 : Math.min(1, Math.max(0, settledOf(run) / run.manifest.count));
}

function settledWords(snapshot: RunSnapshot): string {
  const { run, perSecond, atMs, etaMs } = snapshot;
  const total = run.manifest?.count ?? 0;
  const settled = Math.min(settledOf(run), total);
  // Rounded down, so that 100 % means all.
  const percent = (Math.floor((shareOf(snapshot) ?? 0) * 1_000) / 10).toFixed(1);
  const eta =
    etaMs === undefined || settled >= total || run.state === "paused" || isOver(run.state)
      ? ""
      : `  ETA ${duration((etaMs - atMs) / 1_000)} (${timeOfDay(etaMs, atMs)})`;
  return `${count(settled)}/${count(total)}  ${percent} %  ${Math.max(0, perSecond).toFixed(1)}/s${eta}`;
}

function stateWords({ run }: RunSnapshot): string {
  return run.reason === undefined || run.state === "running" ? run.state : `${run.state}: ${run.reason}`;
}

function throttleWords({ run: { calls } }: RunSnapshot): string {
  const refused = calls.throttledItems + calls.throttledBatches;
  if (refused === 0) return "";
  return `throttled ${several(calls.throttledItems, "call")}, ${several(calls.throttledBatches, "whole batch", "whole batches")}`;
}

function outcomeWords({ run }: RunSnapshot): string {
  return Object.entries(run.outcomes)
    .map(([outcome, targets]) => `${outcome} ${count(targets)}`)
    .join("  ");
}
