/** Cells of a database, read with their types checked. Both journals name their columns alike. */
import { JournalError } from "./contract/errors.ts";
import type { Json } from "./contract/json.ts";

export type Cells = Readonly<Record<string, unknown>>;

export function asNumber(cell: unknown): number {
  return typeof cell === "number" ? cell : unexpected(cell, "a number");
}

export function asText(cell: unknown): string {
  return typeof cell === "string" ? cell : unexpected(cell, "a text");
}

export function asBytes(cell: unknown): Uint8Array {
  return cell instanceof Uint8Array ? cell : unexpected(cell, "bytes");
}

export function asJson(cell: unknown): Json {
  return JSON.parse(asText(cell));
}

/** Counters of an outcome as they are kept: a JSON object, NULL for none. */
export function asCounts(cell: unknown): Readonly<Record<string, number>> {
  const text = optional(cell, asText);
  return text === undefined ? {} : JSON.parse(text);
}

/** The column `asCounts` reads. */
export function countsColumn(counts: Readonly<Record<string, number>>): string | null {
  return Object.keys(counts).length === 0 ? null : JSON.stringify(counts);
}

/** `undefined` for NULL, else what `read` makes of the cell. */
export function optional<T>(cell: unknown, read: (cell: unknown) => T): T | undefined {
  return cell === null || cell === undefined ? undefined : read(cell);
}

function unexpected(cell: unknown, wanted: string): never {
  throw new JournalError(
    `Cannot read the journal: found ${cell === null ? "nothing" : typeof cell} where ${wanted} belongs`,
    "It was changed by another program; put back a copy made before",
  );
}
