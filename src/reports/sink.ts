/** Where an export goes: text gathered into large writes, bytes as they are, to a file or a stream. Counts and hashes what passes. */
import { createHash } from "node:crypto";
import type { Writable } from "node:stream";
import { writeError } from "./write-error.ts";

/** Text gathered before it is handed to the system. */
const CHUNK_CHARACTERS = 64 * 1024;

export class Sink {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #hash = createHash("sha256");
  #pending: string[] = [];
  #characters = 0;
  #bytes = 0;

  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  /** Bytes handed on so far; what is gathered does not count before `flush`. */
  get bytes(): number {
    return this.#bytes;
  }

  async write(part: string | Uint8Array): Promise<void> {
    if (typeof part !== "string") {
      await this.flush();
      return this.#hand(part);
    }
    this.#pending.push(part);
    this.#characters += part.length;
    if (this.#characters >= CHUNK_CHARACTERS) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#pending.join("");
    this.#pending = [];
    this.#characters = 0;
    if (text !== "") await this.#hand(Buffer.from(text));
  }

  /** SHA-256, hex, of all that was handed on. Ends the sink. */
  sha256(): string {
    return this.#hash.digest("hex");
  }

  async #hand(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    await this.#write(bytes);
  }
}

/** Resolves when the stream has handed the bytes on, so that a slow reader slows us down. The stream is not ended. */
export function writeToStream(out: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(writeError("the output", error));
    out.once("error", fail);
    out.write(bytes, (error) => {
      if (error) return fail(error);
      out.off("error", fail);
      resolve();
    });
  });
}
