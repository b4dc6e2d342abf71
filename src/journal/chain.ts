/**
 * The chain of a run: each outcome recorded gets the next place in it and a link, a hash over the link before, so that no outcome can be
 * changed, taken away, doubled or put elsewhere without breaking it. It begins with what the run is; sealing binds the manifest into it.
 * Whoever can rewrite all that comes after a change can rebuild the chain: its head, noted elsewhere, is what cannot be rebuilt.
 */
import { hash } from "node:crypto";
import { asBytes, asNumber, optional } from "./cells.ts";
import type { Cells } from "./cells.ts";
import type { NewRun, RunChain } from "./contract/runs.ts";

/** Links are 16 bytes of SHA-256, in hex here and as bytes in the tables. */
const LINK_CHARACTERS = 32;

/** An outcome as the chain has it. */
export interface Linked {
  readonly line: number;
  /** Version of the target. */
  readonly redrive: number;
  /** Hex; says what the outcome is. */
  readonly seal: string;
}

/** Stored with an outcome. */
export interface ChainLink {
  readonly place: number;
  readonly link: Uint8Array;
}

export function firstLink(run: NewRun, createdAtMs: number): string {
  // Half a character, as a text cut too early ends with, is bound as what a database keeps of it.
  const texts = [run.id, run.job, run.tenant, run.tenantId].map((text) => text.toWellFormed());
  const scope = hash("sha256", JSON.stringify(run.scope), "hex");
  return linkOf(["exosweep chain 1", ...texts, run.params, scope, run.naiveCallsPerTarget, createdAtMs]);
}

/** Binds the manifest; takes no place. */
export function manifestLink(
  previous: string,
  manifest: { readonly count: number; readonly sha256: string },
): string {
  return linkOf([previous, "manifest", manifest.count, manifest.sha256]);
}

export function nextLink(previous: string, place: number, { line, redrive, seal }: Linked): string {
  return hash("sha256", `${previous} ${place} ${line} ${redrive} ${seal}`, "hex").slice(0, LINK_CHARACTERS);
}

function linkOf(parts: readonly unknown[]): string {
  return hash("sha256", JSON.stringify(parts), "hex").slice(0, LINK_CHARACTERS);
}

/** What is needed of a chain to go on with it. */
export type Tip = Pick<RunChain, "length" | "head">;

/** The columns of a tip. */
export const TIP_COLUMNS = "chain_length, chain_head";

export function toTip(cells: Cells): Tip {
  return { length: asNumber(cells["chain_length"]), head: asHex(cells["chain_head"]) };
}

export function toChain(cells: Cells): RunChain {
  const sealed = optional(cells["chain_sealed"], asHex);
  return {
    start: asHex(cells["chain_start"]),
    sealed: sealed === undefined ? undefined : { link: sealed, after: asNumber(cells["chain_sealed_after"]) },
    ...toTip(cells),
  };
}

/** The end of a chain, where it grows. */
export class ChainEnd {
  #length: number;
  #head: string;

  constructor({ length, head }: Tip) {
    this.#length = length;
    this.#head = head;
  }

  add(linked: Linked): ChainLink {
    this.#length += 1;
    this.#head = nextLink(this.#head, this.#length, linked);
    return { place: this.#length, link: bytesOf(this.#head) };
  }

  get length(): number {
    return this.#length;
  }

  get head(): Uint8Array {
    return bytesOf(this.#head);
  }
}

/** Bytes of a table as hex. */
export function asHex(cell: unknown): string {
  const bytes = asBytes(cell);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

export function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}
