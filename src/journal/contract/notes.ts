/** Notes: single values under a name, about a tenant or a run. */
import type { Json } from "./json.ts";

export interface Notes {
  /** Keeps one value under a name, in place of what was there: for what must outlive Redis and is no part of a run's record. */
  putNote(about: string, name: string, value: Json): Promise<void>;
  /** @param about whom the note is about: a tenant and app, or a run @returns undefined when there is none */
  note(about: string, name: string): Promise<Json | undefined>;
}
