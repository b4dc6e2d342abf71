/** Runs one command from its parsed arguments to its exit code: opens the session, waits for the work or a signal, closes, says what went wrong. */
import { setTimeout as sleep } from "node:timers/promises";
import { CommanderError } from "commander";
import type { Command } from "commander";
import { aborted, listenForStop, Stopped } from "../process.ts";
import type { StopSignals } from "../process.ts";
import { openSession } from "./session.ts";
import type { GlobalOptions, Session } from "./session.ts";
import { StdoutClosed } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage.ts";

/** A command's work. Answers its exit code; nothing is 0. */
export type Work = (session: Session, command: Command) => Promise<number | void>;

/** How long a command that drains by itself may take after a second signal. */
const HARD_STOP_MS = 3_000;

export class Host {
  readonly terminal: Terminal;
  readonly #environment: Session["environment"];
  #exitCode = 0;

  constructor(terminal: Terminal, environment: Session["environment"]) {
    this.terminal = terminal;
    this.#environment = environment;
  }

  get exitCode(): number {
    return this.#exitCode;
  }

  /** An action for commander: the work ends at once when a signal comes. */
  action(work: Work): (this: Command) => Promise<void> {
    return this.#action(work, false);
  }

  /** An action for commander: the work looks after the first signal itself; a second one ends it. */
  drainingAction(work: Work): (this: Command) => Promise<void> {
    return this.#action(work, true);
  }

  /** Says what went wrong and keeps the exit code. */
  async fail(problem: unknown, debug: boolean): Promise<void> {
    if (problem instanceof StdoutClosed) return;
    if (problem instanceof CommanderError && problem.exitCode === 0) return; // help or version was printed
    this.terminal.block([]);
    if (problem instanceof Stopped) {
      this.#exitCode = problem.exitCode;
      return;
    }
    const [{ EXIT, exitCodeOfError }, { wordsFor }] = await Promise.all([
      import("./exit-codes.ts"),
      import("./error-words.ts"),
    ]);
    if (problem instanceof CommanderError && problem.code === "commander.help") {
      this.#exitCode = EXIT.usage; // a command that needs another word: its help was printed
      return;
    }
    const known = problem instanceof CommanderError ? usageOf(problem) : problem;
    this.terminal.note(wordsFor(known, debug), "red");
    this.#exitCode = exitCodeOfError(known);
  }

  #action(work: Work, drains: boolean): (this: Command) => Promise<void> {
    const run = async (command: Command): Promise<void> => {
      const options = command.optsWithGlobals<GlobalOptions>();
      using signals = listenForStop();
      const session = openSession(this.terminal, signals, this.#environment, options);
      try {
        this.#exitCode = (await Promise.race([work(session, command), endedBy(signals, drains)])) ?? 0;
      } catch (error) {
        await this.fail(isWithdrawal(error, signals) ? signals.soft.reason : error, session.debug);
        if (signals.soft.reason instanceof Stopped) this.#exitCode = signals.soft.reason.exitCode;
      }
      await this.#close(session);
    };
    return async function action(this: Command): Promise<void> {
      await run(this);
    };
  }

  async #close(session: Session): Promise<void> {
    try {
      await Promise.race([session.close(), aborted(session.signals.hard)]);
    } catch (error) {
      // One message is enough: closing fails for the same cause as what went before it.
      if (this.#exitCode === 0) await this.fail(error, session.debug);
    }
  }
}

/** Rejects when a signal ends the work from outside. */
async function endedBy(signals: StopSignals, drains: boolean): Promise<never> {
  await aborted(drains ? signals.hard : signals.soft);
  if (drains) await sleep(HARD_STOP_MS);
  throw signals.soft.reason;
}

/** The work was told to stop, and that is all that went wrong. */
function isWithdrawal(error: unknown, { soft }: StopSignals): boolean {
  if (!soft.aborted || !(error instanceof Error)) return false;
  return error.name === "AbortError" || ("remedy" in error && error.remedy === "stopped");
}

/** The argument at this place; commander has seen to it that it is there. */
export function argument(command: Command, place: number): string {
  return command.args[place] ?? "";
}

/** Commander's own complaints, in our words. */
function usageOf(error: CommanderError): UsageError {
  const text = error.message.replace(/^error: /, "");
  const [what = text, hint] = text.split("\n");
  const near = hint?.replace(/^\(Did you mean (.*)\?\)$/, "did you mean $1? ") ?? "";
  return new UsageError(
    what.replace(/^./, (letter) => letter.toUpperCase()),
    `${near}see "exosweep --help"`,
  );
}
