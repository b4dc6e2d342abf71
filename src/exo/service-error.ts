/** What an error reply really says. The truth is in its details, in one of four shapes, or nested in the words of a proxy; `exo-protocol.md` 8. */
import { isRecord } from "./decode.ts";

export interface ServiceError {
  /** `NotFound`, `BadRequest`, `TooManyRequests`, …; empty when there is none. */
  readonly code: string;
  /** `Ex6F9304`; often empty. */
  readonly errorId: string;
  /** Full .NET name; empty when none is given. */
  readonly type: string;
  /** The words that say most. */
  readonly text: string;
  /** Every .NET name anywhere in the error, for looking known ones up. */
  readonly types: readonly string[];
  /** Every text anywhere in the error, joined, for looking known words up. */
  readonly words: string;
}

interface Detail {
  readonly errorId: string;
  readonly type: string;
  readonly text: string;
}

const MAX_NESTING = 4;
const MAX_DETAILS = 20;

/** @param value body of the reply; @returns `undefined` when it holds no OData error */
export function readServiceError(value: unknown): ServiceError | undefined {
  if (!isRecord(value)) return undefined;
  const error = value["error"];
  if (typeof error === "string" && error !== "") return readError({ message: error }, 0);
  return isRecord(error) ? readError(error, 0) : undefined;
}

function readError(error: Readonly<Record<string, unknown>>, nesting: number): ServiceError {
  const details = detailsOf(error["details"]);
  const inner = isRecord(error["innererror"]) ? error["innererror"] : {};
  const internal = isRecord(inner["internalexception"]) ? inner["internalexception"] : {};
  const message = textOf(error["message"]);
  const internalText = textOf(internal["message"]);
  const useful = internalText.startsWith("Exception of type") ? "" : internalText;
  const best = details.find((detail) => detail.type !== "" || detail.text !== "");

  const own: ServiceError = {
    code: textOf(error["code"]),
    errorId: best?.errorId ?? "",
    type: best?.type || textOf(internal["type"]) || textOf(inner["type"]),
    text: best?.text || useful || textOf(inner["message"]) || message,
    types: [...details.map((detail) => detail.type), textOf(internal["type"]), textOf(inner["type"])].filter(
      (type) => type !== "",
    ),
    words: [...details.map((detail) => detail.text), useful, textOf(inner["message"]), message].join("\n"),
  };
  return nesting < MAX_NESTING ? withNested(own, nesting) : own;
}

/** A proxy between forests puts the whole inner error into its own text: that one is the cause (`exo-protocol.md` 8.5). */
function withNested(outer: ServiceError, nesting: number): ServiceError {
  if (!outer.types.some((type) => type.endsWith("CmdletProxyException"))) return outer;
  const start = outer.text.indexOf("{");
  const end = outer.text.lastIndexOf("}");
  if (start < 0 || end < start) return outer;
  const parsed = parse(outer.text.slice(start, end + 1));
  const error = isRecord(parsed) && isRecord(parsed["error"]) ? parsed["error"] : undefined;
  if (error === undefined) return outer;
  const cause = readError(error, nesting + 1);
  return {
    ...cause,
    code: cause.code || outer.code,
    types: [...cause.types, ...outer.types],
    words: `${cause.words}\n${outer.words}`,
  };
}

function detailsOf(value: unknown): Detail[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, MAX_DETAILS)
    .filter(isRecord)
    .map((detail) => readDetail(textOf(detail["message"])));
}

/** `Ex6F9304|Type|Text` (shape A, id may be empty), JSON in a string (shape B), or plain words. */
function readDetail(message: string): Detail {
  const pipe = /^\s*(Ex[0-9A-Fa-f]{6})?\s*\|([^|\s]{1,300})\|([\s\S]*)$/.exec(message);
  if (pipe !== null) return { errorId: pipe[1] ?? "", type: pipe[2] ?? "", text: (pipe[3] ?? "").trim() };
  const parsed = message.trimStart().startsWith("{") ? parse(message) : undefined;
  if (isRecord(parsed)) {
    const localized = isRecord(parsed["localizedString"]) ? parsed["localizedString"] : {};
    return {
      errorId: textOf(localized["stringId"]),
      type: textOf(parsed["TypeName"]) || textOf(parsed["ClassName"]),
      text: textOf(parsed["Message"]) || textOf(parsed["message"]),
    };
  }
  return { errorId: "", type: "", text: message };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Words that only look like JSON stay words.
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
