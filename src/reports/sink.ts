/** Where an export's text goes: gathered into large writes, to a file or a stream. */
import type { Writable } from "node:stream";
import { writeError } from "./write-error.ts";

/** Text gathered before it is handed to the system. */
const CHUNK_CHARACTERS = 64 * 1024;

export class Sink {
  readonly #write: (text: string) => Promise<void>;
  #pending: string[] = [];
  #characters = 0;

  constructor(write: (text: string) => Promise<void>) {
    this.#write = write;
  }

  async write(text: string): Promise<void> {
    this.#pending.push(text);
    this.#characters += text.length;
    if (this.#characters >= CHUNK_CHARACTERS) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#pending.join("");
    this.#pending = [];
    this.#characters = 0;
    if (text !== "") await this.#write(text);
  }
}

/** Resolves when the stream has handed the text on, so that a slow reader slows us down. The stream is not ended. */
export function writeToStream(out: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(writeError("the output", error));
    out.once("error", fail);
    out.write(text, (error) => {
      if (error) return fail(error);
      out.off("error", fail);
      resolve();
    });
  });
}
