/** I3 to I6 and I13 for writes: what was executed, how often, and whether the outcomes say so. */
import type { Evidence } from "./evidence.ts";
import type { IntentOnFile } from "./journal-file.ts";
import { type Heard, keyOfHeard } from "./ledger.ts";
import { linesOfPlan, type PlannedLine } from "./plan.ts";
import type { Invariant, Violation } from "./verdict.ts";

/** Ends that say: this was not executed. */
const NOT_EXECUTED = new Set(["failed", "denied", "gone", "cancelled", "skipped"]);

export interface JudgedWrites {
  readonly violations: readonly Violation[];
  readonly doubled: number;
  readonly unexpected: number;
  readonly recovered: number;
  readonly writes: number;
  readonly ambiguous: number;
}

export function judgeWrites(evidence: Evidence): JudgedWrites {
  const violations: Violation[] = [];
  const sends = evidence.ledger.filter(({ write }) => write !== undefined);
  const ambiguous = sends.filter((send) => !isAnswered(send)).length;
  const byKey = Map.groupBy(sends, keyOfHeard);
  const { changes } = linesOfPlan(evidence);
  const planned = new Set(changes.map(({ key }) => key));
  const strays = sends.filter((send) => !planned.has(keyOfHeard(send)));
  for (const { n, cmdlet, subject } of strays)
    violations.push({
      invariant: "I6",
      text: `call ${n}, ${cmdlet} for ${subject ?? "nobody"}, is in no plan`,
    });
  let doubled = 0;
  let recovered = 0;
  for (const change of changes) {
    const ofChange = byKey.get(change.key) ?? [];
    const wrong = judgeWrite(evidence, change, ofChange);
    doubled += wrong.filter(({ invariant }) => invariant === "I4" || invariant === "I5").length;
    violations.push(...wrong);
    const lostOne = ofChange.some((send) => !isAnswered(send));
    if (lostOne && change.line.outcome?.startsWith("ok") === true) recovered += 1;
  }
  return { violations, doubled, recovered, unexpected: strays.length, writes: sends.length, ambiguous };
}

function judgeWrite(evidence: Evidence, { change, line }: PlannedLine, sends: readonly Heard[]): Violation[] {
  const { run, ledger, allowances = {} } = evidence;
  const executed = sends.filter(({ executedAtMs }) => executedAtMs !== null);
  const about = `${change.subject} ${JSON.stringify(change.parameters)}`.toLowerCase();
  // Whatever was deleted may have taken the trace of a write with it.
  const deleted = [...(allowances.churned ?? [])].some((id) => id !== "" && about.includes(id));
  const name = `line ${line.line} (${change.cmdlet} for ${line.label})`;
  const wrong: Violation[] = [];
  const say = (invariant: Invariant, text: string): void =>
    void wrong.push({ invariant, text: `${name} ${text}` });

  if (line.outcome === "ok" && executed.length === 0) say("I3", "is ok, and was never executed");
  if (
    line.outcome === "ok_no_change" &&
    line.redrive === 0 &&
    sends.some(({ write }) => write?.changed === true)
  )
    say("I3", "is said to have changed nothing, and did");
  if (NOT_EXECUTED.has(line.outcome ?? "") && line.redrive === 0 && executed.length > 0)
    say("I3", `is ${line.outcome}, and was executed ${executed.length} times`);

  const decided = run.earlier.filter(
    (earlier) => earlier.line === line.line && earlier.outcome === "unresolved",
  ).length;
  for (const [at, send] of sends.entries()) {
    const next = sends[at + 1];
    if (next === undefined || isRefused(send)) continue;
    const looks = ledger.flatMap((heard) =>
      heard.subject === send.subject &&
      heard.write === undefined &&
      heard.executedAtMs !== null &&
      heard.arrivedAtMs > send.arrivedAtMs + evidence.times.settleMs &&
      heard.arrivedAtMs < next.arrivedAtMs
        ? [heard.arrivedAtMs]
        : [],
    );
    const apartMs = Math.max(...looks) - Math.min(...looks);
    if (change.effect !== "once" && decided === 0 && !(apartMs >= evidence.times.lookGapMs))
      say(
        "I4",
        `was sent again at ${next.arrivedAtMs}, ${next.arrivedAtMs - send.arrivedAtMs} ms later, with ${looks.length} looks after the settle window`,
      );
    if (
      change.effect !== "once" &&
      send.executedAtMs !== null &&
      decided === 0 &&
      allowances.laterThanWindow !== true &&
      allowances.looksLie !== true &&
      !deleted
    )
      say("I4", `was sent again at ${next.arrivedAtMs} though it was executed at ${send.executedAtMs}`);
  }
  const mayHave = sends.filter((send) => !isRefused(send)).length;
  if (change.effect === "once" && mayHave > 1 + decided)
    say("I5", `can be done once, and was sent ${mayHave} times with ${decided} decisions`);

  const intents = run.intents.filter((intent) => intent.line === line.line);
  if (intents.length < sends.length)
    say("I4", `was sent ${sends.length} times with ${intents.length} intents`);
  if (
    line.outcome === "unresolved" &&
    !deleted &&
    !isUndecidable(evidence, change, intents) &&
    !isPoison(evidence, line)
  )
    say("I13", "is unresolved, though what became of it can be known");
  return wrong;
}

/** The caller has a whole answer. */
function isAnswered({ deliveredAtMs, status }: Heard): boolean {
  return deliveredAtMs !== null && status !== null;
}

/** The caller was told that it was not executed. */
function isRefused(send: Heard): boolean {
  return send.executedAtMs === null && isAnswered(send);
}

/**
 * What can be looked at can be decided, unless looks lie or the run was cancelled before anybody looked. What can be done once cannot, when
 * its answer was lost or whoever sent it died before it could say.
 */
function isUndecidable(
  { allowances = {}, orders }: Evidence,
  { effect }: PlannedLine["change"],
  intents: readonly IntentOnFile[],
): boolean {
  if (allowances.looksLie === true || orders.some(({ word }) => word === "cancelled")) return true;
  return effect === "once" && intents.some(({ ended }) => ended === "doubtful");
}

/** Nobody looks a third time at what killed two workers: it is given up as it stands, where the fault is of that kind. */
function isPoison({ allowances = {} }: Evidence, { reason }: PlannedLine["line"]): boolean {
  return (
    allowances.outcomes?.includes("quarantined") === true && reason?.startsWith("A worker died") === true
  );
}
