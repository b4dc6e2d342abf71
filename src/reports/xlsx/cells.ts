/** Cells of a worksheet as XML (ECMA-376 part 1, 18.3.1.4). Pure. A cell is text, a number, a truth or a time: never a formula. */
import type { Cell, ColumnType } from "../../job/index.ts";
import { timeIn } from "../columns.ts";
import { disarm } from "../csv.ts";
import { STYLE } from "./styles.ts";

/** UTF-16 units a cell holds; Excel calls a file with a longer one damaged. */
export const CELL_CHARACTERS = 32_767;
/** More digits than this Excel does not keep. */
const DIGITS = 15;
const DAY_MS = 86_400_000;
/** 1970-01-01 in days of the workbook's calendar. */
const DAYS_BEFORE_1970 = 25_569;
/** The calendar of a workbook ends with the year 9999, and is wrong before March 1900. */
const FIRST_TIME_MS = Date.UTC(1900, 2, 1);

/** @param at reference of the cell, such as `B7` */
export function cellXml(at: string, cell: Cell, type: ColumnType): string {
  if (cell === null || cell === "") return "";
  if (typeof cell === "boolean") return `<c r="${at}" t="b"><v>${cell ? 1 : 0}</v></c>`;
  if (typeof cell === "number") return numberXml(at, cell);
  const ms = type === "time" ? timeIn(cell) : undefined;
  if (ms !== undefined && ms >= FIRST_TIME_MS)
    return `<c r="${at}" s="${STYLE.time}"><v>${ms / DAY_MS + DAYS_BEFORE_1970}</v></c>`;
  return textXml(at, cell, disarm(cell) === cell ? undefined : STYLE.quoted);
}

function numberXml(at: string, value: number): string {
  const text = String(value);
  const digits = text.replace(/e.*$/i, "").replaceAll(/[-.]/g, "").replace(/^0+/, "");
  // As text it is exact, as a number it would be rounded.
  return Number.isFinite(value) && digits.length <= DIGITS
    ? `<c r="${at}"><v>${text}</v></c>`
    : textXml(at, text);
}

/** @param style with `quoted`, who edits the cell still has text */
export function textXml(at: string, text: string, style?: number): string {
  const styled = style === undefined ? "" : ` s="${style}"`;
  return `<c r="${at}"${styled} t="inlineStr"><is>${runXml(fitted(text))}</is></c>`;
}

/** At most what a cell holds; what was cut says so. */
function fitted(text: string): string {
  if (text.length <= CELL_CHARACTERS) return text;
  const mark = ` [cut: ${text.length} characters]`;
  return text.slice(0, CELL_CHARACTERS - mark.length).toWellFormed() + mark;
}

/** Characters that XML has a meaning for or does not allow, what looks like our own way to write these, and blanks at the ends. */
// oxlint-disable-next-line no-control-regex
const SPECIAL = /[&<>"\0-\x1f\x7f\ud800-\udfff\ufffe\uffff]|_x[0-9a-f]{4}_|^\s|\s$/i;
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\0-\x08\x0b-\x1f\ufffe\uffff]/g;

function runXml(text: string): string {
  return SPECIAL.test(text) ? `<t xml:space="preserve">${escaped(text)}</t>` : `<t>${text}</t>`;
}

/** `_x0007_` for what XML cannot hold, as Excel writes it (ECMA-376 part 1, 22.9.2.19). Half a surrogate pair is no character at all. */
function escaped(text: string): string {
  return xmlText(
    text
      .toWellFormed()
      .replaceAll(/_(?=x[0-9a-f]{4}_)/gi, "_x005F_")
      .replaceAll(
        FORBIDDEN,
        (character) => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`,
      ),
  );
}

/** For content and for attributes in double quotes. */
export function xmlText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** `A`, `B`, … `Z`, `AA`: from 0. */
export function columnLetters(place: number): string {
  const last = String.fromCharCode(65 + (place % 26));
  return place < 26 ? last : columnLetters(Math.floor(place / 26) - 1) + last;
}
