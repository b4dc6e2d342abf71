/** How values go to the server and come back. */
import { TypeOverrides } from "pg";

/** Object ids of types, the same on every server (`pg_type.dat`). */
const OID = { int8: 20, text: 25, numeric: 1_700 } as const;

export type Value = Scalar | readonly Scalar[];
type Scalar = string | number | boolean | Uint8Array | null;

/** Texts of Postgres cannot hold U+0000, names in Exchange can: it travels as two characters. The order of texts stays what it is. */
export function toServer(value: Value): unknown {
  if (typeof value === "string") return escaped(value);
  return isList(value) ? value.map((item) => (typeof item === "string" ? escaped(item) : item)) : value;
}

function isList(value: Value): value is readonly Scalar[] {
  return Array.isArray(value);
}

function escaped(text: string): string {
  return text.includes("\u0000") || text.includes("\u0001")
    ? text.replaceAll("\u0001", "\u0001\u0002").replaceAll("\u0000", "\u0001\u0001")
    : text;
}

/** A text as it was given. The driver calls it, but for texts within JSON. */
export function unescaped(text: string): string {
  return text.includes("\u0001")
    ? text.replaceAll("\u0001\u0001", "\u0000").replaceAll("\u0001\u0002", "\u0001")
    : text;
}

/** What comes back: texts as they were given, whole numbers as numbers. No number of ours comes near 2^53. */
export function fromServer(): TypeOverrides {
  const overrides = new TypeOverrides();
  overrides.setTypeParser(OID.int8, "text", Number);
  overrides.setTypeParser(OID.numeric, "text", Number);
  overrides.setTypeParser(OID.text, "text", unescaped);
  return overrides;
}
