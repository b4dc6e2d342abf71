/** A process of the suite's own: started, heard, and gone when it is told to be. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Of what a process says, the end is kept, for when something goes wrong. */
const KEPT_LINES = 60;

export class Child implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #listeners = new Set<(line: string) => void>();
  readonly last: string[] = [];

  constructor(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(program, args, {
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const orphan = (): void => void this.#child.kill("SIGKILL");
    process.once("exit", orphan);
    this.#ended = once(this.#child, "close").finally(() => process.off("exit", orphan));
    this.#ended.catch(() => undefined); // Said by whoever waits for it.
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (text: string) => {
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

  /** Null while it runs, and when a signal ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  onLine(listener: (line: string) => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves with the first line to come that holds `text`. @throws when the process ends without it */
  async line(text: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const listener = (line: string): void => void (line.includes(text) && resolve(line));
    this.#listeners.add(listener);
    const ended = this.#ended.then(() => {
      throw new Error(`A process ended before it said "${text}":\n${this.last.join("\n")}`);
    });
    return Promise.race([promise, ended]).finally(() => this.#listeners.delete(listener));
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child.kill(signal);
  }

  /** Sends a signal, and waits until the process is gone. */
  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.signal(signal);
    await this.#ended;
  }

  /** Resolves when it is gone. */
  get gone(): Promise<unknown> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }

  #hear(line: string): void {
    this.last.push(line);
    if (this.last.length > KEPT_LINES) this.last.shift();
    for (const listener of this.#listeners) listener(line);
  }
}
