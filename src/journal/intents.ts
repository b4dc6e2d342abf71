/** Intents: what the record of a target answers to a write that is about to be sent, and to one that was. Pure. */
import { asJson, asNumber, asText, optional } from "./cells.ts";
import type { Cells } from "./cells.ts";
import { planted } from "../test-points.ts";
import { INTENT_ENDS } from "./contract/intents.ts";
import { JournalError } from "./contract/errors.ts";
import { isOver } from "./contract/runs.ts";
import type { Intent, IntentEnd, OpenIntentResult } from "./contract/intents.ts";
import type { Json } from "./contract/json.ts";
import type { Outcome } from "./contract/outcomes.ts";
import type { RunState } from "./contract/runs.ts";
import type { Settlement, SettleResult } from "./contract/settlements.ts";

/**
 * What becomes of a pending target when its run is cancelled. One with an open intent may have been written to.
 * @param intent number of its open intent
 */
export function cancelled(intent: number | undefined): {
  readonly outcome: Extract<Outcome, "cancelled" | "unresolved">;
  readonly end: IntentEnd;
} {
  // Planted: what was announced is taken for not sent.
  if (intent === undefined || planted("cancel-claims-unsent")) return { outcome: "cancelled", end: "absent" };
  return { outcome: "unresolved", end: "doubtful" };
}

/** An intent as it is kept; `looks` are JSON texts with commas between them, NULL for none. */
export const INTENT_COLUMNS =
  "line, n, redrive, attempt, worker, effect, cmdlet, digest, before, at, clock, ended, looks";

export function toIntent(run: string, cells: Cells): Intent {
  return {
    run,
    line: asNumber(cells["line"]),
    n: asNumber(cells["n"]),
    redrive: asNumber(cells["redrive"]),
    attempt: asNumber(cells["attempt"]),
    worker: asText(cells["worker"]),
    effect: asText(cells["effect"]),
    cmdlet: asText(cells["cmdlet"]),
    digest: asText(cells["digest"]),
    before: asJson(cells["before"]),
    atMs: asNumber(cells["at"]),
    clock: asJson(cells["clock"]),
    end: optional(cells["ended"], asEnd),
    looks: asLooks(cells["looks"]),
  };
}

/** What forbids an intent; `undefined` when it is opened, and what this attempt had open is then ended as `refused`. */
export function whyNotOpened(
  state: RunState,
  target: { readonly outcome: string | undefined; readonly open: Intent | undefined },
  attempt: number,
): OpenIntentResult | undefined {
  if (target.outcome !== undefined) return { is: "over" };
  if (state !== "running" && state !== "throttled") return { is: "stopped" };
  if (target.open !== undefined && target.open.attempt !== attempt) return { is: "held", by: target.open };
  return undefined;
}

/** What forbids a settlement, in the order of what the answer may rely on. `intent` is the number of the open one. */
export function whyNotSettled(
  state: RunState,
  target: { readonly outcome: string | undefined; readonly intent: number | undefined },
  settlement: Settlement,
): Exclude<SettleResult, "settled"> | undefined {
  // Planted: a second outcome is recorded over the first, and both are counted.
  if (target.outcome !== undefined && !planted("settle-twice")) return "again";
  if (target.intent !== settlement.intent?.n) return "held";
  // What became of a write is wanted on record even when the run was cancelled meanwhile.
  const late = isOver(state) && !(state === "cancelled" && settlement.intent !== undefined);
  return late ? "fenced" : undefined;
}

/** Attempts whose staged rows nobody needs any more, when a settlement of `attempt` was refused. */
export function leftoverOf(
  refusal: Exclude<SettleResult, "settled">,
  attempts: readonly number[],
  attempt: number,
): readonly number[] {
  switch (refusal) {
    case "again":
      return attempts;
    case "fenced":
      return attempts.filter((each) => each === attempt);
    case "held":
      return [];
  }
}

function asEnd(cell: unknown): IntentEnd {
  const end = INTENT_ENDS.find((known) => known === cell);
  if (end === undefined)
    throw new JournalError(`Cannot read an intent: its end is "${String(cell)}"`, "Update this program");
  return end;
}

function asLooks(cell: unknown): readonly Json[] {
  const text = optional(cell, asText);
  return text === undefined ? [] : JSON.parse(`[${text}]`);
}
