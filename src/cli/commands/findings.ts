/** `exosweep findings`: what the rules have to say about a run, one line for each finding, those that are suppressed included. */
import { Option } from "commander";
import type { Command } from "commander";
import type { App } from "../../app.ts";
import { GRADES, type Grade, type Job, type Row, SEVERITIES, type Severity } from "../../job/index.ts";
import { appliedRules, completenessOf, judgedRows, Ruling } from "../../reports/index.ts";
import type { RuledFinding } from "../../reports/index.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { listPrinter, type View } from "../output.ts";
import { type Reported, reportedRuns, RUN_OR_PART } from "../reported-runs.ts";
import { gradesInWords, noteRules, readRules, type RulesOptions, withRules } from "../rules-file.ts";
import { wholeNumber } from "../scope-words.ts";
import type { Session } from "../session.ts";
import { suggestion, UsageError } from "../usage.ts";
import { count } from "../words.ts";

interface FindingsOptions extends RulesOptions {
  readonly failOn?: Severity;
  readonly severity?: Grade;
  readonly rule?: string;
  readonly suppressed?: boolean;
  readonly limit?: string;
  readonly all?: boolean;
}

/** Findings printed at a time, so that a table is as wide as they need. */
const PRINTED_AT_ONCE = 500;
/** Findings that a table shows when nobody says how many. */
const SHOWN = 100;

export function defineFindings(command: Command, host: Host): void {
  withRules(command)
    .argument("<run>", RUN_OR_PART)
    .addOption(new Option("--severity <severity>", "only these").choices(GRADES))
    .option("--rule <id>", 'only those of this rule, see "exosweep rules"')
    .option("--suppressed", "only those that are suppressed, and by whom")
    .addOption(
      new Option(
        "--limit <count>",
        `show at most so many, the most severe first (a table: ${SHOWN}; else all, in the order of the run)`,
      ).conflicts("all"),
    )
    .option("--all", "show all of them")
    .addOption(
      new Option("--fail-on <severity>", "exit with 20 when there is an open finding as severe").choices(
        SEVERITIES,
      ),
    )
    .action(
      host.action(async (session, command) => {
        const { rules: named, failOn, ...wanted } = command.opts<FindingsOptions>();
        const limit = limitOf(session, wanted);
        const rules = await readRules(session, named);
        const app = await session.app();
        const { whole, each } = await reportedRuns(app, argument(command, 0));
        const judged = each.filter(({ job }) => job.rules !== undefined);
        if (judged.length === 0)
          throw new UsageError(
            `Cannot judge run ${whole.id}: the job "${each[0]?.job.name ?? whole.job}" has no rules`,
            "exosweep export writes its rows",
          );
        refuseUnknownRule(judged, wanted.rule);
        const several = each.length > 1;
        for (const { run } of judged) {
          const { complete, words } = completenessOf(run);
          if (!complete) session.terminal.note(several ? `${run.job}: ${words}` : words, "yellow");
        }
        const rulings = judged.map(({ job }) => new Ruling(job, rules));
        const open = new Map<Grade, number>();
        const found = new Map<Grade, number>();
        /** The first of each severity. */
        const first = new Map<Grade, View[]>();
        const printer = printerFor(session, several);
        for await (const { job, row, finding } of allFindings(session, app, judged, rulings)) {
          const { severity, suppressedBy } = finding;
          if (suppressedBy === undefined) open.set(severity, (open.get(severity) ?? 0) + 1);
          if (!isWanted(finding, wanted)) continue;
          const before = found.get(severity) ?? 0;
          found.set(severity, before + 1);
          if (limit === undefined) {
            if (!isTable(session)) await printer.add(findingView(job, row, finding));
          } else if (before < limit) {
            const kept = first.get(severity) ?? [];
            kept.push(findingView(job, row, finding));
            first.set(severity, kept);
          }
        }
        const applied = judged.map(({ job }, place) =>
          appliedRules(job, rulings[place] ?? new Ruling(job, rules)),
        );
        const worst = GRADES.filter((grade) => found.has(grade));
        if (limit !== undefined)
          for (const view of worst.flatMap((grade) => first.get(grade) ?? []).slice(0, limit))
            await printer.add(view);
        // All of them, the most severe first: read once for each severity, because memory is not to grow with them.
        else if (isTable(session))
          for (const grade of worst) {
            const again = judged.map(({ job }) => new Ruling(job, rules));
            for await (const { job, row, finding } of allFindings(session, app, judged, again))
              if (finding.severity === grade && isWanted(finding, wanted))
                await printer.add(findingView(job, row, finding));
          }
        await printer.end();
        const all = [...found.values()].reduce((sum, number) => sum + number, 0);
        if (limit !== undefined && all > limit)
          session.terminal.note(
            `the ${count(limit)} most severe of ${count(all)}: --all shows all of them, --severity and --rule some, -o csv is for a file`,
          );
        session.terminal.note(`open: ${gradesInWords(Object.fromEntries(open))}`);
        for (const [place, rules] of applied.entries())
          if (rules !== undefined) noteRules(session, rules, several ? judged[place]?.job.name : undefined);
        return failOn !== undefined && isMet(open, failOn) ? EXIT.findings : EXIT.ok;
      }),
    );
}

interface OneFinding {
  readonly job: Job;
  readonly row: Row;
  readonly finding: RuledFinding;
}

async function* allFindings(
  session: Session,
  app: App,
  judged: readonly Reported[],
  rulings: readonly Ruling[],
): AsyncGenerator<OneFinding> {
  for (const [place, { run, job }] of judged.entries()) {
    const source = { journal: app.reports, run, job, signal: session.signals.soft };
    for await (const rows of judgedRows(source, rulings[place]))
      for (const { row, findings = [] } of rows) for (const finding of findings) yield { job, row, finding };
  }
}

/** One finding at a time, printed some at once. */
function printerFor(
  session: Session,
  several: boolean,
): { add(view: View): Promise<void>; end(): Promise<void> } {
  // A file is for whoever goes on with it: by the mailbox's id, not by what it is called in a sentence.
  const ids = session.format === "csv" ? ["mailbox", "mailboxId"] : [];
  const columns = ["severity", "rule", "state", "what", "words", ...ids];
  const printer = listPrinter(session, several ? ["job", ...columns] : columns);
  const views: View[] = [];
  return {
    async add(view) {
      views.push(view);
      if (views.length >= PRINTED_AT_ONCE) await printer.add(views.splice(0));
    },
    async end() {
      await printer.add(views);
      await printer.end();
    },
  };
}

function isTable({ format = "table" }: Session): boolean {
  return format === "table";
}

/** Undefined: all. */
function limitOf(session: Session, { limit, all }: FindingsOptions): number | undefined {
  if (limit !== undefined) return wholeNumber("--limit", limit, 1);
  return isTable(session) && all !== true ? SHOWN : undefined;
}

function refuseUnknownRule(judged: readonly Reported[], rule: string | undefined): void {
  const ids = [...new Set(judged.flatMap(({ job }) => (job.rules ?? []).map(({ id }) => id)))];
  if (rule === undefined || ids.includes(rule)) return;
  const [only, ...others] = judged;
  const there =
    only === undefined || others.length > 0
      ? 'see "exosweep rules list"'
      : `rules of ${only.job.name} are: ${ids.join(", ")}`;
  throw new UsageError(`Cannot find the rule "${rule}"`, `${suggestion(rule, ids)}${there}`);
}

function isWanted(finding: RuledFinding, { severity, rule, suppressed }: FindingsOptions): boolean {
  if (severity !== undefined && finding.severity !== severity) return false;
  if (rule !== undefined && finding.rule !== rule) return false;
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
