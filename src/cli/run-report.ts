/** Prints a run as it stands, and says what to do next. */
import type { App } from "../app.ts";
import type { Severity } from "../job.ts";
import { isOver } from "../journal/index.ts";
import type { RunRecord } from "../journal/index.ts";
import { EXIT } from "./exit-codes.ts";
import { naiveCalls } from "./naive.ts";
import { printRecord } from "./output.ts";
import { summaryText } from "./summary.ts";
import type { Session } from "./session.ts";
import { runView } from "./views/run.ts";

export interface ReportOptions {
  /** Exit code so far. */
  readonly exitCode?: number;
  readonly failOn?: Severity;
  readonly includeNoise?: boolean;
}

/** @returns the exit code: 20 in place of 0 or 3 when a finding is as severe as asked for */
export async function printRun(
  session: Session,
  app: App,
  run: RunRecord,
  options: ReportOptions,
): Promise<number> {
  const naive = await naiveCalls(app.journal, run);
  await printRecord(session, runView(run, naive), () => summaryText(run, naive));
  for (const line of nextSteps(run)) session.terminal.note(line);
  const exitCode = options.exitCode ?? EXIT.ok;
  return exitCode;
}

/** What a person would do now. */
function nextSteps(run: RunRecord): string[] {
  if (run.state === "paused")
    return [
      `paused: ${run.reason ?? "no reason is recorded"}`,
      `next: when it is put right, exosweep runs resume ${run.id}`,
    ];
  if (!isOver(run.state)) return [];
  const failed = Object.entries(run.outcomes).some(([outcome, targets]) => outcome !== "ok" && targets > 0);
  return [
    `next: exosweep export ${run.id} --format csv --out ${run.job}.csv`,
    ...(failed ? [`      exosweep runs items ${run.id} --outcome failed,denied`] : []),
    ...(run.state === "complete_with_failures"
      ? [`      exosweep runs redrive ${run.id} --outcome failed`]
      : []),
  ];
}
