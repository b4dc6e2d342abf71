/** What is kept beside the targets: entries of the principal index, and events. */
import type { Json } from "./json.ts";

export interface IndexEntry {
  /** Lower case; the index is asked by these. */
  readonly keys: readonly string[];
  /** Where entries with one id are found under one key, the newest stands for them. */
  readonly id: string;
  readonly value: Json;
}

export interface RunEvent {
  readonly atMs: number;
  readonly kind: string;
  readonly data: Json;
}
