/**
 * The records of a bundle: one JSON object a line. `is` says what it is, `sum` binds it to all records before it.
 *
 * `bundle`, `run`, `ids` of the manifest as they are hashed; then each `line` with its `earlier` outcomes, its `intent`s and `rows`, and `names`
 * before they are needed; `run` again when it had changed meanwhile; `end`. Cells are called as the journal's columns; seals and links are hex.
 */
import { hash } from "node:crypto";
import { INTENT_COLUMNS } from "../intents.ts";

export const SCHEMA_VERSION = 1;

const ENDING =
  "redrive, outcome, reason, request_id, fingerprint, settled_at, take, rows, noise, counts, seal, place, link";

/** Columns of each kind of record. */
export const COLUMNS = {
  line: columns(`line, kind, id, object_id, label, shape, data, intents, intent, ${ENDING}`),
  earlier: columns(`line, ${ENDING}`),
  intent: columns(INTENT_COLUMNS),
  /** Of each row within `rows`. */
  row: columns("n, about, noise, shape, body"),
};

function columns(list: string): readonly string[] {
  return list.split(", ");
}

/** Columns that hold bytes, in hex. */
export const BYTES = new Set(["seal", "link"]);

const SUM_CHARACTERS = 16;
const OPENING = '{"sum":"';

/** Where, in a line, that begins which its sum is taken of. */
export const SUMMED_FROM = OPENING.length + SUM_CHARACTERS + '",'.length;

export function sumOf(previous: string, text: string): string {
  return hash("sha256", previous + text, "hex").slice(0, SUM_CHARACTERS);
}

/** A record as a line without its end. @param text of the record, an object, without the opening brace */
export function lineOf(sum: string, text: string): string {
  return `${OPENING}${sum}",${text}`;
}
