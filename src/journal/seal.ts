/**
 * Seals: 16 bytes by which an outcome, its line of the manifest, its rows and the intents that led to it are known again.
 * Each part is hashed by itself and the hashes are XORed, so rows can be sealed as they come and checked in any order. Parts carry
 * their place, so no two are equal. A seal finds damage; that it was made anew after an edit is for the chain to find (`chain.ts`).
 */
import { hash } from "node:crypto";
import type { Cells } from "./cells.ts";
import { INTENT_COLUMNS } from "./intents.ts";
import type { Outcome } from "./contract/outcomes.ts";

const SEAL_BYTES = 16;
const INTENT_CELLS = INTENT_COLUMNS.split(", ");

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

/** A line of the manifest as it is sealed with its outcome. */
export interface SealedTarget {
  readonly kind: string;
  readonly id: string;
  readonly objectId: string;
  readonly label: string;
  /** See `Seal.addRow`. */
  readonly mark: string;
  readonly data: string;
}

/** The mark of bodies that lack no names. */
export const WHOLE = "0";

const MARK_CHARACTERS = 32;

/**
 * What stands in seals for a list of names that is kept apart from the bodies that lack it: its key alone would not notice an edit of the list.
 * @param names as they are kept, a JSON array
 */
export function markOfNames(names: string): string {
  return hash("sha256", names, "hex").slice(0, MARK_CHARACTERS);
}

export class Seal {
  readonly #bytes = Buffer.alloc(SEAL_BYTES);

  constructor(start?: Uint8Array) {
    if (start !== undefined) this.#bytes.set(start);
  }

  /** Half a character, as a text cut too early ends with, is sealed as what a database keeps of it. */
  addOutcome(line: number, sealed: SealedOutcome, target: SealedTarget): this {
    return this.#add(
      JSON.stringify([
        line,
        sealed.outcome,
        sealed.reason?.toWellFormed() ?? null,
        sealed.requestId?.toWellFormed() ?? null,
        sealed.fingerprint?.toWellFormed() ?? null,
        sealed.settledAtMs,
        sealed.rows,
        sealed.counts,
        target.kind,
        target.id,
        target.objectId,
        target.label,
        target.mark,
        target.data,
      ]),
    );
  }

  /** @param mark stands for the names that the body lacks */
  addRow(n: number, about: number, noise: string | null, mark: string, body: string): this {
    return this.#add(`${n}\t${about}\t${noise ?? ""}\t${mark}\t${body}`);
  }

  /** @param cells an intent that has an end, as it is kept */
  addIntent(cells: Cells): this {
    return this.#add(JSON.stringify(["intent", ...INTENT_CELLS.map((name) => cells[name])]));
  }

  hex(): string {
    return this.#bytes.toString("hex");
  }

  bytes(): Uint8Array {
    return this.#bytes;
  }

  equals(other: Uint8Array | undefined): boolean {
    return other !== undefined && this.#bytes.equals(other);
  }

  #add(part: string): this {
    // Asked for as text of one character a byte: a buffer for each hash would cost more than the hash.
    const digest = hash("sha256", part, "binary");
    const bytes = this.#bytes;
    for (let place = 0; place < SEAL_BYTES; place += 1)
      bytes[place] = (bytes[place] ?? 0) ^ digest.charCodeAt(place);
    return this;
  }
}
