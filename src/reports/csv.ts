/** Cells and lines of CSV: RFC 4180, and safe from formulas unless asked to be raw. Pure. */
import type { Cell } from "../job/index.ts";

/** Excel needs it to read UTF-8. */
export const BYTE_ORDER_MARK = "\u{feff}";
const LINE_END = "\r\n";

export const DELIMITERS = [",", ";", "tab", "auto"] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** The character of a delimiter; `auto` is the one Excel expects where numbers have a decimal comma. */
export function delimiterCharacter(delimiter: Delimiter, locale: string): string {
  if (delimiter === "tab") return "\t";
  if (delimiter !== "auto") return delimiter;
  const parts = new Intl.NumberFormat(locale).formatToParts(1.5);
  return parts.some((part) => part.type === "decimal" && part.value === ",") ? ";" : ",";
}

export interface CsvStyle {
  readonly delimiter: string;
  /** Leaves texts that a spreadsheet would take for a formula as they are. */
  readonly raw: boolean;
}

/** One line, with its end. */
export function csvLine(cells: readonly Cell[], style: CsvStyle): string {
  return cells.map((cell) => csvCell(cell, style)).join(style.delimiter) + LINE_END;
}

function csvCell(cell: Cell, style: CsvStyle): string {
  if (cell === null) return "";
  // A number or a boolean cannot be a formula; only texts come from outside.
  const text = typeof cell === "string" && !style.raw ? disarm(cell) : String(cell);
  const plain = !text.includes(style.delimiter) && !/["\r\n]|^\s|\s$/.test(text);
  return plain ? text : `"${text.replaceAll('"', '""')}"`;
}

/**
 * What spreadsheets take for the start of a formula: = + - @ and their full-width forms, also after blanks and invisible characters, and
 * TAB, CR, LF and NUL themselves (`reliability-ux-security.md` C.3, T6). Apostrophes before them are part of the pattern, so that adding one
 * can be undone exactly.
 */
const ARMED = /^'*(?:[\t\r\n\0]|[\s\p{Cf}\0]*[=+\-@＝＋－＠])/u;

/** Puts an apostrophe before a text that a spreadsheet would run. */
export function disarm(text: string): string {
  return ARMED.test(text) ? `'${text}` : text;
}

/** Undoes `disarm`: exactly the texts that it changed begin with an apostrophe and match the pattern. */
export function rearm(text: string): string {
  return text.startsWith("'") && ARMED.test(text) ? text.slice(1) : text;
}
