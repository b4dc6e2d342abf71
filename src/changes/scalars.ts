/** Single values as they are sent and as they are shown, each in one canonical form; undefined for what cannot be compared. Pure; `exo-protocol.md` 5.3. */
import { createHash } from "node:crypto";
import type { ExoValue, ParameterValue } from "../job/index.ts";
import { parseFlag, parseSize } from "../values.ts";

/** Both sides go through the same door: a `Date` is only ever sent, the rest may stand on either side. */
type Value = ExoValue | ParameterValue;

/** Longer texts are compared by their digest: what is seen stays small. */
const LONGEST_TEXT = 300;

export const CANONICAL = {
  flag: (value: Value) => parseFlag(value),
  text: (value: Value) => (isEmpty(value) ? "" : shortened(textFrom(value))),
  word: (value: Value) => (isEmpty(value) ? "" : textFrom(value)?.trim().toLowerCase()),
  name: nameFrom,
  size: (value: Value) => parseSize(value),
  number: numberFrom,
  span: spanFrom,
  time: timeFrom,
  html: htmlFrom,
  address: (value: Value) =>
    isEmpty(value)
      ? ""
      : textFrom(value)
          ?.trim()
          .replace(/^smtp:/i, "")
          .toLowerCase(),
  type: (value: Value) => textFrom(value)?.toLowerCase(),
} satisfies Record<string, (value: Value) => ExoValue | undefined>;

/** `Type` of `Set-Mailbox`, and the `RecipientTypeDetails` that shows it; the other types are shown in ways of their own. */
export const TYPE_DETAILS: ReadonlyMap<string, string> = new Map([
  ["regular", "usermailbox"],
  ["shared", "sharedmailbox"],
  ["room", "roommailbox"],
  ["equipment", "equipmentmailbox"],
]);

/** Null and the empty text are the same emptiness, shown now this way and now that. */
function isEmpty(value: Value): boolean {
  return value === null || value === "";
}

function textFrom(value: Value): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value : undefined;
}

/** A policy is shown by its name; one that is asked for by GUID or distinguished name could not be told from another. */
function nameFrom(value: Value): string | undefined {
  if (isEmpty(value)) return "";
  const name = textFrom(value)?.trim().toLowerCase();
  return name === undefined || /^(cn=|\{?[0-9a-f]{8}-[0-9a-f]{4}-)/.test(name) ? undefined : name;
}

function numberFrom(value: Value): number | string | undefined {
  if (value === null) return "";
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  const text = textFrom(value)?.trim().toLowerCase();
  if (text === "unlimited") return text;
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Seconds of `14.00:00:00`, `08:00:00`, or a number of days. */
function spanFrom(value: Value): number | string | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value * 86_400 : undefined;
  const text = textFrom(value)?.trim().toLowerCase();
  if (text === "unlimited") return text;
  if (text !== undefined && /^\d{1,9}$/.test(text)) return Number(text) * 86_400;
  const [, days = "0", hours, minutes, seconds = "0"] =
    /^(?:(\d{1,9})\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?$/.exec(text ?? "") ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}

/** A moment, to the second. One without a zone is somebody's local time, and nobody knows whose. */
function timeFrom(value: Value): string | undefined {
  if (isEmpty(value)) return "";
  const text = value instanceof Date ? dateText(value) : textFrom(value);
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:?\d{2})$/i.test(text)) return undefined;
  const ms = Date.parse(text.replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(ms) ? undefined : new Date(ms - (ms % 1_000)).toISOString().replace(".000", "");
}

function dateText(date: Date): string | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** The service wraps a message into a document, and breaks its lines as it likes. */
function htmlFrom(value: Value): string | undefined {
  if (isEmpty(value)) return "";
  return shortened(
    textFrom(value)
      ?.replaceAll(/<head\b[^>]*>.*?<\/head>|<\/?(html|body)\b[^>]*>|<!doctype[^>]*>/gis, "")
      .replaceAll(/\s+/g, " ")
      .trim(),
  );
}

function shortened(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= LONGEST_TEXT) return text;
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
