/** Prints a run as it stands, and says what to do next. */
import type { App } from "../app.ts";
import type { Job, Severity } from "../job/index.ts";
import { IN_DOUBT, isOver } from "../journal/index.ts";
import type { Outcome, RunRecord } from "../journal/index.ts";
import {
  countMailboxes,
  exportFileName,
  hasFindings,
  isPart,
  keptSummary,
  renderSummary,
  summarise,
  wholeId,
} from "../reports/index.ts";
import type { Rules, Summary } from "../reports/index.ts";
import { isImported } from "../runs/index.ts";
import { EXIT } from "./exit-codes.ts";
import { printRecord } from "./output.ts";
import { stateText } from "./state-text.ts";
import type { Session } from "./session.ts";
import { runView } from "./views/run.ts";

/** What is looked at, and may be tried again; the rest of what went wrong is in doubt, or was left out by somebody's word. */
const FAILED = ["failed", "denied", "gone", "quarantined"] as const satisfies readonly Outcome[];

export interface ReportOptions {
  /** Exit code so far. */
  readonly exitCode?: number;
  readonly failOn?: Severity;
  readonly includeNoise?: boolean;
  /** Its findings are judged anew by these. */
  readonly rules?: Rules | undefined;
  /** False when the caller says itself what to do next. */
  readonly nextSteps?: boolean;
}

/** @returns the exit code: 20 in place of 0 or 3 when a finding is as severe as asked for, 1 when that was asked for and nothing could be judged */
export async function printRun(
  session: Session,
  app: App,
  run: RunRecord,
  options: ReportOptions,
): Promise<number> {
  const job = app.catalogue.find(({ name }) => name === run.job);
  const kept = keptSummary(run);
  const summary =
    kept === undefined ? undefined : await judgedAnew(session, app, { run, job, kept }, options);
  const naive =
    // A part has no calls to hold against it.
    run.manifest === undefined || isPart(run)
      ? undefined
      : (summary?.naiveCalls ?? (await countMailboxes(app.reports, run)) * run.naiveCallsPerTarget);
  await printRecord(session, runView(summary === undefined ? run : { ...run, summary }, naive), () =>
    summary === undefined ? stateText(run, naive) : renderSummary(run, summary, job?.noiseRules).trimEnd(),
  );
  if (options.nextSteps !== false)
    for (const line of nextSteps(run, options.includeNoise === true)) session.terminal.note(line);
  const exitCode = options.exitCode ?? EXIT.ok;
  // Nobody can tell whether there are such findings: that must not look as if there were none.
  if (options.failOn !== undefined && summary?.unjudged !== undefined) return EXIT.unexpected;
  const complete = exitCode === EXIT.ok || exitCode === EXIT.itemFailures;
  const asked = options.failOn !== undefined && summary !== undefined && hasFindings(summary, options.failOn);
  return complete && asked ? EXIT.findings : exitCode;
}

/** What the sealer kept was judged by the job's own rules; those of the user may change every day. */
async function judgedAnew(
  { signals }: Session,
  { reports }: App,
  { run, job, kept }: { readonly run: RunRecord; readonly job: Job | undefined; readonly kept: Summary },
  { rules }: ReportOptions,
): Promise<Summary> {
  if (rules === undefined || job === undefined || (job.rules ?? job.parts) === undefined) return kept;
  const summary = await summarise({ journal: reports, run, job, rules, signal: signals.soft });
  return kept.limit === undefined ? summary : { ...summary, limit: kept.limit };
}

/** What a person would do now. */
function nextSteps(run: RunRecord, includeNoise: boolean): string[] {
  const whole = wholeId(run.id);
  const bad = FAILED.filter((outcome) => (run.outcomes[outcome] ?? 0) > 0);
  if (run.state === "paused")
    return [
      `paused: ${run.reason ?? "no reason is recorded"}`,
      ...(bad.length > 0 ? [`look:  exosweep runs items ${whole} --outcome ${bad.join(",")}`] : []),
      `next: when it is put right, exosweep runs resume ${whole}`,
    ];
  if (run.state === "awaiting_approval")
    return [`next: exosweep runs items ${whole}, then: exosweep runs approve ${whole}`];
  if (!isOver(run.state)) return [];
  const doubtful = IN_DOUBT.some((outcome) => (run.outcomes[outcome] ?? 0) > 0);
  return [
    `next: exosweep export ${run.id} --format csv --out ${exportFileName(run, "csv")}${includeNoise ? " --include-noise" : ""}`,
    ...(doubtful ? [`      exosweep reconcile list ${whole}`] : []),
    ...(bad.length > 0 ? [`      exosweep runs items ${whole} --outcome ${bad.join(",")}`] : []),
    ...(bad.length > 0 && run.state === "complete_with_failures" && !isImported(run)
      ? [`      exosweep runs redrive ${whole} --outcome ${bad.join(",")}`]
      : []),
  ];
}
