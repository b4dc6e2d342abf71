/** `exosweep schedule`: runs that start by themselves, and the words about one of them. */
import { Option } from "commander";
import type { Command } from "commander";
import type { App } from "../../app.ts";
import { MISSED_WORDS, type MissedWord } from "../../journal/index.ts";
import { type ScheduleStanding, shownIn } from "../../schedule/index.ts";
import { argument, type Host } from "../host.ts";
import { findJob, readParameters } from "../job-parameters.ts";
import { collect } from "../options.ts";
import { printList, printRecord } from "../output.ts";
import { printRun } from "../run-report.ts";
import { readScope, type ScopeOptions, TYPES_IN_WORDS, wholeNumber } from "../scope-words.ts";
import type { Session } from "../session.ts";
import { suggestion, UsageError } from "../usage.ts";
import { SCHEDULE_COLUMNS, scheduleText, scheduleView, TICK_COLUMNS, tickView } from "../views/schedule.ts";
import { count } from "../words.ts";

/** Times that `next` and `history` show when no number is given, and at most. */
const SHOWN = "10";
const MOST_SHOWN = 1_000;

interface AddOptions extends ScopeOptions {
  readonly job: string;
  readonly tenant: string;
  readonly cron: string;
  readonly tz?: string;
  readonly param: readonly string[];
  readonly missed?: MissedWord;
}

export function defineSchedule(schedule: Command, host: Host): void {
  schedule.helpCommand(false);
  defineAdd(schedule, host);
  defineLists(schedule, host);
  defineWords(schedule, host);
}

function defineAdd(schedule: Command, host: Host): void {
  schedule
    .command("add <name>")
    .description("run a job on a tenant again and again")
    .requiredOption("--job <name>", 'name of the job, see "exosweep jobs"')
    .requiredOption("--tenant <name>", "name of the tenant in the settings")
    .requiredOption("--cron <line>", "minute, hour, day of month, month, day of week")
    .option("--tz <zone>", "time zone of the cron line, such as Europe/Sofia (default: UTC)")
    .addOption(
      new Option(
        "--missed <what>",
        "what is done about times when no scheduler was there (default: catch-up)",
      ).choices(MISSED_WORDS),
    )
    .option(
      "--param <key=value>",
      "a parameter of the job, or PART.key=value for one of its parts; may be given again",
      collect,
      [],
    )
    .option("--all", "all mailboxes")
    .option("--csv <file>", "mailboxes of a list, as it is now")
    .option("--type <types>", TYPES_IN_WORDS)
    .option("--filter <opath>", "mailboxes an OPATH filter finds")
    .option("--sample <count>", "the first so many mailboxes by id: the same ones every time")
    .addHelpText(
      "after",
      '\nExample:\n  exosweep schedule add nightly --job permission-audit --tenant contoso --cron "0 3 * * *" --tz Europe/Sofia',
    )
    .action(
      host.action((session, command) => add(session, argument(command, 0), command.opts<AddOptions>())),
    );
}

async function add(session: Session, name: string, options: AddOptions): Promise<void> {
  const { catalogue } = await import("../../../jobs/index.ts");
  const job = findJob(catalogue, options.job);
  const { scope, doubled } = await readScope(options);
  if (doubled > 0)
    session.terminal.note(`${count(doubled)} lines of the list name a mailbox again: left out`);
  const app = await session.app();
  const { cron, tenant, tz: zone, missed } = options;
  const params = readParameters(job, options.param);
  const added = await app.schedules.add({ name, job: job.name, tenant, cron, zone, missed, params, scope });
  await printOne(session, added);
  await sayWhoStartsIt(session, app);
}

async function sayWhoStartsIt(session: Session, app: App): Promise<void> {
  const alive = await app.schedulers().catch(() => undefined); // It is on record; Redis is for later.
  if (alive !== undefined && alive.length === 0)
    session.terminal.note('no scheduler is alive: keep one running with "exosweep worker"');
}

function defineLists(schedule: Command, host: Host): void {
  schedule
    .command("list [words...]", { isDefault: true })
    .usage("[options]")
    .description("all schedules, when each is due next, and what became of it last (also: exosweep schedule)")
    .action(
      host.action(async (session, command) => {
        const word = command.args[0];
        if (word !== undefined) throw unknownCommand(word, schedule);
        const found = await (await session.app()).schedules.list();
        await printList(session, found.map(scheduleView), SCHEDULE_COLUMNS);
        if (found.length === 0)
          session.terminal.note("no schedules yet: make one with exosweep schedule add");
      }),
    );
  schedule
    .command("next <name>")
    .description("when it is due next, by the clock of its own time zone")
    .option("--count <count>", "so many times", SHOWN)
    .action(
      host.action(async (session, command) => {
        const name = argument(command, 0);
        const { schedules } = await session.app();
        const times = await schedules.next(name, countOf(command));
        const { zone } = await schedules.get(name);
        const views = times.map((dueMs) => ({
          schemaVersion: 1,
          due: new Date(dueMs).toISOString(),
          local: shownIn(zone, dueMs),
        }));
        await printList(session, views, ["local", "due"]);
      }),
    );
  schedule
    .command("history <name>")
    .description("what became of the last times it was due, newest first")
    .option("--count <count>", "so many times", SHOWN)
    .action(
      host.action(async (session, command) => {
        const { schedules } = await session.app();
        const ticks = await schedules.history(argument(command, 0), countOf(command));
        await printList(session, ticks.map(tickView), TICK_COLUMNS);
        if (ticks.length === 0) session.terminal.note("it was not due yet");
      }),
    );
}

function defineWords(schedule: Command, host: Host): void {
  schedule
    .command("pause <name>")
    .description("start no more runs until it is resumed")
    .action(
      host.action(async (session, command) =>
        printOne(session, await (await session.app()).schedules.pause(argument(command, 0))),
      ),
    );
  schedule
    .command("resume <name>")
    .description("go on; what was due meanwhile is not caught up")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        await printOne(session, await app.schedules.resume(argument(command, 0)));
        await sayWhoStartsIt(session, app);
      }),
    );
  schedule
    .command("run-now <name>")
    .description("start its run at once, also while it is paused; workers do the rest")
    .action(
      host.action(async (session, command) => {
        const app = await session.app();
        // Redis first: a run that nobody can work on is not started.
        const alive = await app.workers();
        const run = await app.schedules.runNow(argument(command, 0), session.signals.soft);
        session.terminal.note(`run ${run.id}: ${run.job} on ${run.tenant}`);
        await printRun(session, app, run, { nextSteps: false });
        session.terminal.note(
          alive.length > 0
            ? `next: exosweep runs watch ${run.id}`
            : `no worker is alive: start one with "exosweep worker", then: exosweep runs watch ${run.id}`,
        );
      }),
    );
  schedule
    .command("remove <name>")
    .description("take it away; runs it has started go on")
    .action(
      host.action(async (session, command) => {
        const name = argument(command, 0);
        const { schedules } = await session.app();
        const view = scheduleView(await schedules.get(name));
        await schedules.remove(name);
        await printRecord(session, { ...view, removed: true }, () => `schedule ${name} is removed`);
      }),
    );
}

async function printOne(session: Session, schedule: ScheduleStanding): Promise<void> {
  const view = scheduleView(schedule);
  await printRecord(session, view, () => scheduleText(view));
}

function countOf(command: Command): number {
  return wholeNumber("--count", command.opts<{ count: string }>().count, 1, MOST_SHOWN);
}

function unknownCommand(word: string, parent: Command): UsageError {
  const names = parent.commands.map((command) => command.name());
  return new UsageError(
    `Unknown command '${word}'`,
    `${suggestion(word, names)}see "exosweep schedule --help"`,
  );
}
