/** Where words go: results to stdout, messages and the progress block to stderr. Text from outside is made safe here, at the last door. */
import { styleText } from "node:util";
import { plainLines } from "./plain-text.ts";
import { fitted } from "./width.ts";

/** The part of a process's stream that is used. */
export interface Sink {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done?: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** Nobody reads stdout any more (`… | head`): the rest is not wanted. Not an error. */
export class StdoutClosed extends Error {
  override readonly name = "StdoutClosed";
}

/** Width assumed where the terminal does not say. */
const COLUMNS = 100;

export class Terminal {
  /** A person watches stderr: progress may be redrawn in place. */
  readonly interactive: boolean;
  /** A person reads stdout: even data must be made safe. */
  readonly read: boolean;
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #colour: boolean;
  #block: readonly string[] = [];
  #closed = false;

  constructor(stdout: Sink, stderr: Sink, colour: boolean) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.interactive = stderr.isTTY === true;
    this.read = stdout.isTTY === true;
    this.#colour = colour && this.interactive;
    stdout.on("error", () => {
      this.#closed = true;
    });
    stderr.on("error", () => {}); // nobody is left to be told
  }

  get columns(): number {
    const columns = this.#stderr.columns ?? 0;
    return columns > 0 ? columns : COLUMNS; // some pseudo-terminals say 0
  }

  /** Prints a result for people, a line or several. @throws {StdoutClosed} */
  async text(text: string): Promise<void> {
    await this.#print(`${plainLines(text)}\n`);
  }

  /** Prints a result for programs, as it is; made safe when a person reads it. @throws {StdoutClosed} */
  async data(text: string): Promise<void> {
    await this.#print(this.read ? plainLines(text.replaceAll("\r\n", "\n")) : text);
  }

  /** Says something to people: above the progress block, never in the way of results. */
  note(text: string, style?: "red" | "yellow" | "bold"): void {
    const safe = plainLines(text);
    const block = this.#block;
    this.block([]);
    this.#stderr.write(
      `${style !== undefined && this.#colour ? styleText(style, safe, { validateStream: false }) : safe}\n`,
    );
    this.block(block);
  }

  /** Draws these lines in place of the last ones. Only where a person watches. */
  block(lines: readonly string[]): void {
    if (!this.interactive) return;
    const up = this.#block.length > 0 ? `\u001b[${this.#block.length}A` : "";
    const width = Math.max(1, this.columns - 1);
    const drawn = lines.map((line) => `\u001b[2K${fitted(plainLines(line), width)}\n`).join("");
    this.#block = lines;
    if (up !== "" || drawn !== "") this.#stderr.write(`${up}\r\u001b[J${drawn}`);
  }

  /** Resolves when everything printed has left the process. */
  async flush(): Promise<void> {
    if (!this.#closed) await new Promise<void>((resolve) => this.#stdout.write("", () => resolve()));
    await new Promise<void>((resolve) => this.#stderr.write("", () => resolve()));
  }

  async #print(text: string): Promise<void> {
    if (this.#closed) throw new StdoutClosed("Nobody reads stdout");
    const block = this.#block;
    if (this.read) this.block([]);
    await new Promise<void>((resolve, reject) =>
      this.#stdout.write(text, (error) => {
        if (error) reject(isPipeClosed(error) ? new StdoutClosed("Nobody reads stdout") : error);
        else resolve();
      }),
    );
    if (this.read) this.block(block);
  }
}

function isPipeClosed(error: Error): boolean {
  return "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED");
}
