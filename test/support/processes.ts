/** Processes of a test: started, watched, killed, and gone when the test is over. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFailed, onTestFinished } from "vitest";
import { NODE_OPTIONS } from "../../src/process.ts";

/** Of what a process says, the end is kept, for when its test fails. */
const KEPT_CHARACTERS = 20_000;

export interface TestProcess {
  readonly pid: number;
  /** Resolves with the first line that `wanted` accepts, of both streams. @throws when the process ends without it */
  line(wanted: (line: string) => boolean): Promise<string>;
  /** Sends a signal and waits until the process is gone. @returns its exit code; null when a signal ended it */
  end(signal: NodeJS.Signals): Promise<number | null>;
  readonly running: boolean;
}

/** Starts a Node process on a TypeScript file of this project. It is killed when the test is over, if it still lives. */
export function startNode(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): TestProcess {
  const child = spawn(process.execPath, [...NODE_OPTIONS, file, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const started = new StartedProcess(child);
  onTestFailed(() => {
    process.stderr.write(`${file} (${started.pid}) said last:\n${started.said}\n`);
  });
  onTestFinished(async () => void (await started.end("SIGKILL")));
  return started;
}

class StartedProcess implements TestProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #listeners = new Set<(line: string) => void>();
  readonly #lines: string[] = [];
  said = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, "close");
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.said = `${this.said}${text}`.slice(-KEPT_CHARACTERS);
        const lines = `${rest}${text}`.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) this.#hear(line);
      });
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async line(wanted: (line: string) => boolean): Promise<string> {
    const heard = this.#lines.find(wanted);
    if (heard !== undefined) return heard;
    const { promise, resolve } = Promise.withResolvers<string>();
    const listener = (line: string): void => {
      if (wanted(line)) resolve(line);
    };
    this.#listeners.add(listener);
    const ended = this.#ended.then(() => {
      throw new Error(`Cannot go on: the process ended before it said what was waited for:\n${this.said}`);
    });
    return Promise.race([promise, ended]).finally(() => this.#listeners.delete(listener));
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.running) this.#child.kill(signal);
    await this.#ended;
    return this.#child.exitCode;
  }

  #hear(line: string): void {
    // A process that says very much is not remembered word by word.
    if (this.#lines.length < 1_000) this.#lines.push(line);
    for (const listener of this.#listeners) listener(line);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Asks every 20 ms until the answer is not undefined. @throws after `withinMs`, saying what was waited for */
export async function until<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain: ${what}`);
    await sleep(20);
  }
}
