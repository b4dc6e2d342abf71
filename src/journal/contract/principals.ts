/** The principal index: values, found under any of their keys. */
import type { Json } from "./json.ts";

export interface IndexEntry {
  /** Lower case; the index is asked by these. */
  readonly keys: readonly string[];
  /** Where entries with one id are found under one key, the newest stands for them. */
  readonly id: string;
  readonly value: Json;
}

export interface Principals {
  /** Adds entries, in parts. What an entry with the same id was found under before stays. */
  putIndex(run: string, entries: readonly IndexEntry[]): Promise<void>;
  /** For each of the keys, in their order: values of all entries that have it, oldest first; one for each id. */
  lookUp(run: string, keys: readonly string[]): Promise<readonly (readonly Json[])[]>;
}
