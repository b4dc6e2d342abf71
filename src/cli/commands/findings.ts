/** `exosweep findings`: what the rules have to say about a run, one line for each finding, those that are suppressed included. */
import { Option } from "commander";
import type { Command } from "commander";
import { GRADES, type Grade, type Job, type Row, SEVERITIES, type Severity } from "../../job/index.ts";
import { appliedRules, completenessOf, judgedRows, Ruling } from "../../reports/index.ts";
import type { AppliedRules, RuledFinding } from "../../reports/index.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { listPrinter, type View } from "../output.ts";
import { reportedRuns, RUN_OR_PART } from "../reported-runs.ts";
import { gradesInWords, noteRules, readRules, type RulesOptions, withRules } from "../rules-file.ts";
import { UsageError } from "../usage.ts";

interface FindingsOptions extends RulesOptions {
  readonly failOn?: Severity;
  readonly severity?: Grade;
  readonly suppressed?: boolean;
}

/** Findings printed at a time, so that a table is as wide as they need. */
const PRINTED_AT_ONCE = 500;

export function defineFindings(command: Command, host: Host): void {
  withRules(command)
    .argument("<run>", RUN_OR_PART)
    .addOption(new Option("--severity <severity>", "only these").choices(GRADES))
    .option("--suppressed", "only those that are suppressed, and by whom")
    .addOption(
      new Option("--fail-on <severity>", "exit with 20 when there is an open finding as severe").choices(
        SEVERITIES,
      ),
    )
    .action(
      host.action(async (session, command) => {
        const { rules: named, failOn, ...wanted } = command.opts<FindingsOptions>();
        const rules = await readRules(session, named);
        const app = await session.app();
        const { whole, each } = await reportedRuns(app, argument(command, 0));
        const judged = each.filter(({ job }) => job.rules !== undefined);
        if (judged.length === 0)
          throw new UsageError(
            `Cannot judge run ${whole.id}: the job "${each[0]?.job.name ?? whole.job}" has no rules`,
            "exosweep export writes its rows",
          );
        const several = each.length > 1;
        for (const { run } of judged) {
          const { complete, words } = completenessOf(run);
          if (!complete) session.terminal.note(several ? `${run.job}: ${words}` : words, "yellow");
        }
        const columns = ["severity", "rule", "state", "what", "words"];
        const printer = listPrinter(session, several ? ["job", ...columns] : columns);
        const open = new Map<Grade, number>();
        const views: View[] = [];
        const applied: (AppliedRules | undefined)[] = [];
        for (const { run, job } of judged) {
          const ruling = new Ruling(job, rules);
          const source = { journal: app.reports, run, job, signal: session.signals.soft };
          for await (const rows of judgedRows(source, ruling))
            for (const { row, findings = [] } of rows)
              for (const finding of findings) {
                const { severity, suppressedBy } = finding;
                if (suppressedBy === undefined) open.set(severity, (open.get(severity) ?? 0) + 1);
                if (!isWanted(finding, wanted)) continue;
                views.push(findingView(job, row, finding));
                if (views.length >= PRINTED_AT_ONCE) await printer.add(views.splice(0));
              }
          applied.push(appliedRules(job, ruling));
        }
        await printer.add(views);
        await printer.end();
        session.terminal.note(`open: ${gradesInWords(Object.fromEntries(open))}`);
        for (const [place, rules] of applied.entries())
          if (rules !== undefined) noteRules(session, rules, several ? judged[place]?.job.name : undefined);
        return failOn !== undefined && isMet(open, failOn) ? EXIT.findings : EXIT.ok;
      }),
    );
}

function isWanted(finding: RuledFinding, { severity, suppressed }: FindingsOptions): boolean {
  if (severity !== undefined && finding.severity !== severity) return false;
  return suppressed !== true || finding.suppressedBy !== undefined;
}

function isMet(open: ReadonlyMap<Grade, number>, atLeast: Severity): boolean {
  return SEVERITIES.slice(0, SEVERITIES.indexOf(atLeast) + 1).some((severity) => open.has(severity));
}

function findingView(job: Job, row: Row, { rule, severity, words, suppressedBy }: RuledFinding): View {
  return {
    schemaVersion: 1,
    job: job.name,
    severity,
    rule,
    state:
      suppressedBy === undefined
        ? "open"
        : `suppressed until ${suppressedBy.expires} by ${suppressedBy.owner}`,
    what: job.headline?.(row) ?? "",
    words,
    mailboxId: row["MailboxId"] ?? null,
    mailbox: row["MailboxPrimarySmtp"] ?? null,
    suppressedBy: suppressedBy ?? null,
  };
}
