/** What was given, as the journal keeps it. */
import type { Json } from "../journal/index.ts";

export function asJson(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value));
  return json;
}
