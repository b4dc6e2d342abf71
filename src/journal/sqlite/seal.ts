/**
 * Seals: 16 bytes by which an outcome and its rows are known again.
 * Each part is hashed by itself and the hashes are XORed, so rows can be sealed as they come and checked in any order. Parts carry
 * their place, so no two are equal. A seal finds damage; it does not stop somebody who can write the file and recompute it.
 */
import { hash } from "node:crypto";
import type { Outcome } from "../journal.ts";

const SEAL_BYTES = 16;

/** An outcome as it is sealed. */
export interface SealedOutcome {
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly fingerprint: string | null;
  readonly settledAtMs: number;
  readonly rows: number;
  readonly counts: string | null;
}

export class Seal {
  readonly #bytes: Uint8Array;

  constructor(start: Uint8Array = new Uint8Array(SEAL_BYTES)) {
    this.#bytes = Uint8Array.from(start);
  }

  addOutcome(line: number, sealed: SealedOutcome): this {
    return this.#add(
      JSON.stringify([
        line,
        sealed.outcome,
        sealed.reason,
        sealed.requestId,
        sealed.fingerprint,
        sealed.settledAtMs,
        sealed.rows,
        sealed.counts,
      ]),
    );
  }

  addRow(n: number, about: number, noise: string | null, shape: number, body: string): this {
    return this.#add(`${n}\t${about}\t${noise ?? ""}\t${shape}\t${body}`);
  }

  bytes(): Uint8Array {
    return this.#bytes;
  }

  equals(other: Uint8Array | undefined): boolean {
    return other !== undefined && Buffer.compare(this.#bytes, other) === 0;
  }

  #add(part: string): this {
    const digest = hash("sha256", part, "buffer");
    for (let place = 0; place < SEAL_BYTES; place += 1) {
      this.#bytes[place] = (this.#bytes[place] ?? 0) ^ (digest[place] ?? 0);
    }
    return this;
  }
}
