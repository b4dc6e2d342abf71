/** `exosweep notify`: where messages after scheduled runs go, whether they get there, and what became of those that were written. */
import { Option } from "commander";
import type { Command } from "commander";
import type { SinkSettings } from "../../config.ts";
import { DELIVERY_STATES, type DeliveryState } from "../../journal/index.ts";
import type { TestAnswer } from "../../notify/index.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { printList } from "../output.ts";
import { wholeNumber } from "../scope-words.ts";
import type { Session } from "../session.ts";
import { suggestion, UsageError } from "../usage.ts";
import {
  DELIVERY_COLUMNS,
  deliveryView,
  SINK_COLUMNS,
  sinkView,
  TEST_COLUMNS,
  testView,
} from "../views/notify.ts";

/** Messages that `log` shows when no number is given, and at most. */
const SHOWN = "20";
const MOST_SHOWN = 10_000;

interface LogOptions {
  readonly schedule?: string;
  readonly sink?: string;
  readonly state?: DeliveryState;
  readonly limit: string;
}

export function defineNotify(notify: Command, host: Host): void {
  notify.helpCommand(false);
  notify
    .command("list [words...]", { isDefault: true })
    .usage("[options]")
    .description("the sinks of the settings (also: exosweep notify)")
    .action(
      host.action(async (session, command) => {
        const word = command.args[0];
        if (word !== undefined) throw unknownWord(word, notify);
        const { sinks } = (await session.settings()).notify;
        await printList(session, sinks.map(sinkView), SINK_COLUMNS);
        if (sinks.length === 0) session.terminal.note(NO_SINKS);
      }),
    );
  notify
    .command("test [sink]")
    .description("send a harmless message to a sink, or to all of them, and say what came back")
    .action(host.action((session, command) => test(session, command.args[0])));
  notify
    .command("retry <ids...>")
    .description("have messages that failed tried again by the next scheduler that looks")
    .action(host.action((session, command) => retry(session, command.args)));
  notify
    .command("log")
    .description("messages that were written, and what became of them, newest first")
    .option("--schedule <name>", "only of this schedule")
    .option("--sink <name>", "only to this sink")
    .addOption(new Option("--state <state>", "only those in this state").choices(DELIVERY_STATES))
    .option("--limit <count>", "show at most so many", SHOWN)
    .action(
      host.action(async (session, command) => {
        const { schedule, sink, state, limit } = command.opts<LogOptions>();
        const most = wholeNumber("--limit", limit, 1);
        if (most > MOST_SHOWN)
          throw new UsageError(`Cannot show ${limit} messages`, `name at most ${MOST_SHOWN}`);
        const notifier = await (await session.app()).notifier();
        const found = await notifier.log({ schedule, sink, state }, most);
        await printList(session, found.map(deliveryView), DELIVERY_COLUMNS);
        if (found.length === 0) session.terminal.note("no messages were written yet");
      }),
    );
}

async function retry(session: Session, ids: readonly string[]): Promise<void> {
  const notifier = await (await session.app()).notifier();
  const log = await notifier.log({ state: "failed" }, MOST_SHOWN);
  const failed = new Map(log.map(({ id, sink }) => [id, sink]));
  const unknown = ids.find((id) => !failed.has(id));
  if (unknown !== undefined)
    throw new UsageError(
      `Cannot retry message "${unknown}": there is none that failed under this id`,
      "exosweep notify log --state failed -o json has their ids",
    );
  const gone = ids
    .map((id) => failed.get(id))
    .find((sink) => !notifier.sinks.some(({ name }) => name === sink));
  if (gone !== undefined)
    throw new UsageError(
      `Cannot retry a message to "${gone}": there is no sink of this name in the settings`,
      "put it back under notify.sinks, here and where the schedulers run",
    );
  for (const id of ids) await notifier.retry(id);
  const views = (await notifier.log({}, MOST_SHOWN)).filter(({ id }) => ids.includes(id)).map(deliveryView);
  await printList(session, views, DELIVERY_COLUMNS);
}

const NO_SINKS = "no sinks yet: name some under notify in the settings (docs/guides/notifications.md)";

async function test(session: Session, name: string | undefined): Promise<number> {
  const { sinks } = (await session.settings()).notify;
  const wanted = sinks.filter((sink) => name === undefined || sink.name.toLowerCase() === name.toLowerCase());
  if (wanted.length === 0) throw noSink(name, sinks);
  const notifier = await (await session.app()).notifier();
  const answers = await Promise.all(wanted.map((sink) => notifier.test(sink.name, session.signals.soft)));
  const known = answers.filter((answer): answer is TestAnswer => answer !== undefined);
  await printList(session, known.map(testView), TEST_COLUMNS);
  return known.every(({ is }) => is === "accepted") ? EXIT.ok : EXIT.dependencyDown;
}

function noSink(name: string | undefined, sinks: readonly SinkSettings[]): UsageError {
  if (sinks.length === 0) return new UsageError("Cannot send a test message: there are no sinks", NO_SINKS);
  return new UsageError(
    `Cannot find the sink "${name}"`,
    `sinks are: ${sinks.map((sink) => sink.name).join(", ")}`,
  );
}

function unknownWord(word: string, notify: Command): UsageError {
  const words = notify.commands.map((command) => command.name());
  return new UsageError(
    `Unknown command '${word}'`,
    `${suggestion(word, words)}see "exosweep notify --help"`,
  );
}
