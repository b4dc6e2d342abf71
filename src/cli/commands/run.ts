/** `exosweep run`: starts a run and, unless told to let it go, stays with it to its end. */
import { Option } from "commander";
import type { Command } from "commander";
import type { App } from "../../app.ts";
import { SEVERITIES } from "../../job/index.ts";
import type { Severity } from "../../job/index.ts";
import type { Rules } from "../../reports/index.ts";
import { describeScope } from "../../runs/index.ts";
import type { StartOptions } from "../../runs/index.ts";
import { follow } from "../follow.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { findJob, readParameters } from "../job-parameters.ts";
import { collect } from "../options.ts";
import { printRecord } from "../output.ts";
import { printRun } from "../run-report.ts";
import { readRules, withRules } from "../rules-file.ts";
import { readScope, TYPES_IN_WORDS } from "../scope-words.ts";
import type { ScopeOptions } from "../scope-words.ts";
import type { Session } from "../session.ts";
import { UsageError } from "../usage.ts";
import { planText, planView } from "../views/plan.ts";
import { count } from "../words.ts";

interface RunOptions extends ScopeOptions {
  readonly tenant: string;
  readonly param: readonly string[];
  readonly planOnly?: boolean;
  readonly detach?: boolean;
  readonly failOn?: Severity;
  readonly includeNoise?: boolean;
  readonly rules?: string;
}

export function defineRun(command: Command, host: Host): void {
  withRules(command)
    .argument("<job>", 'name of the job, see "exosweep jobs"')
    .requiredOption("--tenant <name>", "name of the tenant in the settings")
    .option(
      "--param <key=value>",
      "a parameter of the job, or PART.key=value for one of its parts; may be given again",
      collect,
      [],
    )
    .option("--all", "all mailboxes")
    .option(
      "--csv <file>",
      "mailboxes of a list: PrimarySmtpAddress, UserPrincipalName, ExternalDirectoryObjectId or ExchangeGuid",
    )
    .option("--type <types>", TYPES_IN_WORDS)
    .option("--filter <opath>", "mailboxes an OPATH filter finds")
    .option("--sample <count>", "the first so many mailboxes by id: the same ones every time")
    .option("--plan-only", "say what it would do and cost, and start nothing")
    .option("--detach", "start it and return; workers do the rest")
    .addOption(
      new Option("--fail-on <severity>", "exit with 20 when there is a finding as severe").choices(
        SEVERITIES,
      ),
    )
    .option("--include-noise", "suggest an export with the rows that noise rules hide")
    .addHelpText(
      "after",
      "\nExamples:\n  exosweep run permission-audit --tenant contoso --plan-only\n  exosweep run permission-audit --tenant contoso --type shared --fail-on high -o json",
    )
    .action(
      host.drainingAction(async (session, command) => {
        const options = command.opts<RunOptions>();
        if (options.detach === true && options.failOn !== undefined)
          throw new UsageError(
            "Cannot use --detach and --fail-on together",
            "findings are known at the end: leave one out",
          );
        if (options.detach === true && options.rules !== undefined)
          throw new UsageError(
            "Cannot use --detach and --rules together",
            "findings are judged at the end: leave one out, and name the rules to exosweep findings",
          );
        const rules = await readRules(session, options.rules);
        const { catalogue } = await import("../../../jobs/index.ts");
        const job = findJob(catalogue, argument(command, 0));
        const { scope, doubled } = await readScope(options);
        if (doubled > 0)
          session.terminal.note(`${count(doubled)} lines of the list name a mailbox again: left out`);
        const start = {
          job: job.name,
          tenant: options.tenant,
          params: readParameters(job, options.param),
          scope,
        };
        const app = await session.app();
        return options.planOnly === true
          ? plan(session, app, start)
          : startRun(session, app, start, { ...options, rules });
      }),
    );
}

async function plan(session: Session, app: App, options: StartOptions): Promise<void> {
  session.terminal.note("counting mailboxes");
  const found = await app.runs.plan(options, session.signals.soft);
  session.signals.soft.throwIfAborted();
  await printRecord(session, planView(found), () => planText(found));
}

async function startRun(
  session: Session,
  app: App,
  start: StartOptions,
  options: Omit<RunOptions, "rules"> & { readonly rules: Rules | undefined },
): Promise<number> {
  // Redis first: a run that nobody can work on is not started. An unknown tenant is the next line's business.
  const known = app.tenants.some(({ name }) => name.toLowerCase() === start.tenant.toLowerCase());
  const alive = known ? await app.workers() : [];
  const run = await app.runs.start(start, session.signals.soft);
  session.terminal.note(`run ${run.id}: ${run.job} on ${run.tenant}, ${describeScope(start.scope)}`);
  if (options.detach === true) {
    await printRun(session, app, run, {});
    session.terminal.note(
      alive.length > 0
        ? `next: exosweep runs watch ${run.id}`
        : `no worker is alive: start one with "exosweep worker", then: exosweep runs watch ${run.id}`,
    );
    return 0;
  }
  const followed = await follow(session, app, run.id);
  return printRun(session, app, followed.run, { ...options, exitCode: followed.exitCode });
}
