/**
 * The judge of the fault suite. It shares no code with the engine (`test/architecture.test.ts`) and believes nothing it says of itself: it
 * reads the emulator's ledger, the journal's file, and exports.
 */
import { judgeCompleteness, judgeTenants, lostAmong } from "./completeness.ts";
import type { Evidence } from "./evidence.ts";
import { judgeReads } from "./reads.ts";
import type { Verdict, Violation } from "./verdict.ts";
import { judgeWrites } from "./writes.ts";

/** A pause or cancel must hold after this (G6). */
const HOLDS_AFTER_MS = 2_000;

export function judge(evidence: Evidence): Verdict {
  const { run, said, plan, ledger, allowances = {} } = evidence;
  const lost = lostAmong(run, said, allowances.clocksLie ?? false);
  const writes = judgeWrites(evidence);
  const doubledRows = run.lines.filter(({ rows, found }) => found > rows).length;
  const violations = [
    ...judgeCompleteness(evidence),
    ...lost,
    ...judgeReads(evidence),
    ...writes.violations,
    ...judgeSilence(evidence),
    ...judgeApproval(evidence),
    ...judgePatience(evidence),
    ...judgeTenants(evidence),
    ...evidence.watched.map((text): Violation => ({ invariant: "I10", text })),
  ];
  const ended = (outcome: string): number => run.lines.filter((line) => line.outcome === outcome).length;
  const lostReads = ledger.filter(
    ({ cmdlet, deliveredAtMs }) => plan.kind === "reads" && cmdlet === plan.cmdlet && deliveredAtMs === null,
  );
  const readInTheEnd = run.lines.filter(
    ({ id, outcome }) => outcome === "ok" && lostReads.some(({ subject }) => subject === id),
  );
  const doubts = run.intents.filter(
    ({ looks, ended }) => looks > 0 || ended === "doubtful" || ended === "absent",
  );
  const doubtsEnding = (end: string): number => doubts.filter(({ ended }) => ended === end).length;
  return {
    violations,
    counts: {
      attempted: run.lines.length,
      acknowledged: said.length,
      ok: ended("ok") + ended("ok_no_change"),
      lost: lost.length,
      doubled: writes.doubled + doubledRows,
      unexpected: writes.unexpected,
      recovered: plan.kind === "reads" ? readInTheEnd.length : writes.recovered,
      unresolved: ended("unresolved"),
      writes: writes.writes,
      ambiguous: writes.ambiguous,
      reconciled: {
        sent: doubtsEnding("sent"),
        absent: doubtsEnding("absent"),
        doubtful: doubtsEnding("doubtful"),
      },
    },
  };
}

/** I6: nothing arrives later than 2 s after a pause or cancel was accepted, until the run is resumed. */
function judgeSilence({ orders, ledger }: Evidence): Violation[] {
  return orders.flatMap(({ word, atMs }, at): Violation[] => {
    if (word === "approved" || word === "resumed") return [];
    const untilMs =
      orders.slice(at + 1).find((order) => order.word === "resumed")?.atMs ?? Number.POSITIVE_INFINITY;
    return ledger
      .filter(({ arrivedAtMs }) => arrivedAtMs > atMs + HOLDS_AFTER_MS && arrivedAtMs < untilMs)
      .map(({ n, cmdlet, arrivedAtMs }) => ({
        invariant: "I6",
        text: `call ${n}, ${cmdlet}, arrived ${arrivedAtMs - atMs} ms after the run was ${word}`,
      }));
  });
}

/** I6: nothing is written before somebody has approved the plan. */
function judgeApproval({ plan, orders, ledger }: Evidence): Violation[] {
  if (plan.kind === "reads") return [];
  const approvedAtMs = orders.find(({ word }) => word === "approved")?.atMs ?? Number.POSITIVE_INFINITY;
  return ledger
    .filter(({ write, arrivedAtMs }) => write !== undefined && arrivedAtMs < approvedAtMs)
    .map(({ n, cmdlet }) => ({
      invariant: "I6",
      text: `call ${n}, ${cmdlet}, came before the plan was approved`,
    }));
}

/** What was on its way when the refusal was told is let off. */
const TOLD_MS = 400;
const EARLY_MS = 50;

/** I7: a `Retry-After` holds for the whole tenant, in every process. */
function judgePatience({ ledger, retryAfterMs }: Evidence): Violation[] {
  if (retryAfterMs === undefined) return [];
  const refused = ledger.flatMap(({ status, deliveredAtMs }) =>
    status === 429 && deliveredAtMs !== null ? [deliveredAtMs] : [],
  );
  return refused.flatMap((atMs) =>
    ledger
      .filter(
        ({ arrivedAtMs }) => arrivedAtMs > atMs + TOLD_MS && arrivedAtMs < atMs + retryAfterMs - EARLY_MS,
      )
      .map(({ n, cmdlet, arrivedAtMs }): Violation => ({
        invariant: "I7",
        text: `call ${n}, ${cmdlet}, arrived ${arrivedAtMs - atMs} ms after a Retry-After of ${retryAfterMs} ms`,
      })),
  );
}
