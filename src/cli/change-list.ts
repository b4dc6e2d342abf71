/**
 * The file of `exosweep apply`: the writes of a plan. Lines of JSON (`{"mailbox": …, "cmdlet": …, "parameters": {…}}`), or a table in one of
 * two forms: `Mailbox,Cmdlet,Parameters` with the parameters as JSON, or the one people keep by hand:
 * `Action,Mailbox,Right,Trustee,AutoMapping,Folder,Level,Field,Value`. Whatever is wrong is named at once, each with its line.
 */
import { z } from "zod";
import { changeSchema, Contradictions, refusalOf } from "../changes/index.ts";
import type { Change } from "../job/index.ts";
import { MOST_CHANGES, RunError } from "../runs/index.ts";
import { cellsOf, type Line } from "./delimited.ts";
import { changeOfWords } from "./change-words.ts";
import { lineOfBadText } from "./mailbox-list.ts";
import { plain } from "./plain-text.ts";

export interface PlannedChange extends Change {
  readonly identity: string;
}

const MISTAKES_SHOWN = 50;
/** Characters of one: a cell may hold a book. */
const LONGEST_MISTAKE = 300;

/** The columns of the two forms. In a plan a column nobody knows may be a slip that takes a change's meaning away. */
const GENERIC = ["mailbox", "cmdlet", "parameters"];
const WORDS = ["action", "mailbox", "right", "trustee", "automapping", "folder", "level", "field", "value"];
/** For people; nobody reads it. */
const COMMENT = "comment";

const jsonLine = z.strictObject({
  mailbox: z.string().trim().min(1, "expected an address or a GUID"),
  ...changeSchema.shape,
});

/** A line of the file, read or not. */
type Read = PlannedChange | string;

/**
 * @param file its name, for messages
 * @throws {RunError} `bad-list`, with every bad line
 */
export function readChangeList(bytes: Uint8Array, file: string): readonly PlannedChange[] {
  const mistakes: string[] = [];
  const text = textOf(bytes, file);
  const begins = text.trimStart();
  if (begins.startsWith("["))
    throw badList(file, ["line 1: expected an object in JSON on each line, got a list of them"]);
  const lines = begins.startsWith("{") ? jsonLines(text) : tableLines(text, mistakes);
  const changes: PlannedChange[] = [];
  const contradictions = new Contradictions();
  for (const { line, read } of lines) {
    const mistake =
      typeof read === "string"
        ? read
        : (severalNamed(read) ?? refusalOf(read) ?? contradictions.add(line, read));
    if (mistake === undefined && typeof read !== "string") changes.push(read);
    else mistakes.push(`line ${line}: ${plain(mistake ?? "").slice(0, LONGEST_MISTAKE)}`);
  }
  if (mistakes.length === 0 && changes.length === 0) mistakes.push("line 1: expected changes, found nothing");
  if (changes.length > MOST_CHANGES)
    mistakes.push(
      `the file has ${changes.length} changes, and one plan holds at most ${MOST_CHANGES}: make several of it`,
    );
  if (mistakes.length > 0) throw badList(file, mistakes);
  return changes;
}

function severalNamed({ identity }: PlannedChange): string | undefined {
  return identity.includes("*") ? `expected one mailbox, got "${identity}"` : undefined;
}

interface LineRead {
  readonly line: number;
  readonly read: Read;
}

function jsonLines(text: string): LineRead[] {
  return text.split("\n").flatMap((raw, place): LineRead[] => {
    if (raw.trim() === "") return [];
    const line = place + 1;
    let value: unknown;
    try {
      value = JSON.parse(raw);
    } catch {
      return [{ line, read: "expected an object in JSON" }];
    }
    const parsed = jsonLine.safeParse(value);
    if (!parsed.success) return [{ line, read: wordsOf(parsed.error) }];
    const { mailbox, cmdlet, parameters } = parsed.data;
    return [{ line, read: { identity: mailbox, cmdlet, parameters } }];
  });
}

function tableLines(text: string, mistakes: string[]): LineRead[] {
  const [header, ...rows] = cellsOf(text, mistakes);
  const names = header?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  const generic = names.includes("cmdlet");
  if (!names.includes("mailbox") || !(generic || names.includes("action"))) {
    mistakes.push(
      `line ${header?.line ?? 1}: expected the columns Mailbox, Cmdlet, Parameters, or Action, Mailbox, Right, Trustee …, got "${plain(names.join(", ")).slice(0, 80)}"`,
    );
    return [];
  }
  mistakes.push(...headerMistakes(header, names, generic ? GENERIC : WORDS));
  if (mistakes.length > 0) return [];
  return rows.map(({ line, cells }) => {
    const cell = (name: string): string => cells[names.indexOf(name)]?.trim() ?? "";
    const lacks = (name: string): boolean => cells[names.indexOf(name)] === undefined;
    const beyond = cells.some((text, place) => text.trim() !== "" && (names[place] ?? "") === "");
    if (beyond)
      return { line, read: `expected ${names.length} cells, got ${cells.length}; is one not in quotes?` };
    if (cell("mailbox") === "") return { line, read: "expected a mailbox" };
    // An empty cell clears, or gives nothing; a line that ends before it was cut off.
    if (generic ? lacks("parameters") : cell("field") !== "" && lacks("value"))
      return { line, read: `expected ${names.length} cells, got ${cells.length}: it ends too early` };
    const change = generic ? genericChange(cell) : changeOfWords(cell);
    return { line, read: typeof change === "string" ? change : { identity: cell("mailbox"), ...change } };
  });
}

/** Columns that are not known, or there twice. */
function headerMistakes(
  header: Line | undefined,
  names: readonly string[],
  known: readonly string[],
): string[] {
  const found: string[] = [];
  const line = header?.line ?? 1;
  for (const [place, name] of names.entries()) {
    if (name === "" || name === COMMENT) continue;
    if (names.indexOf(name) !== place) found.push(`line ${line}: the column "${plain(name)}" is there twice`);
    else if (!known.includes(name))
      found.push(
        `line ${line}: nobody knows the column "${plain(name).slice(0, 80)}"; known are ${known.join(", ")}, and ${COMMENT} for words of your own`,
      );
  }
  if (known === GENERIC && !names.includes("parameters"))
    found.push(`line ${line}: expected a column Parameters`);
  return found;
}

function genericChange(cell: (name: string) => string): Change | string {
  let parameters: unknown;
  try {
    parameters = cell("parameters") === "" ? {} : JSON.parse(cell("parameters"));
  } catch {
    return "expected the parameters as an object in JSON";
  }
  const parsed = changeSchema.safeParse({ cmdlet: cell("cmdlet"), parameters });
  return parsed.success ? parsed.data : wordsOf(parsed.error);
}

function wordsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join(".") || "line"}: ${message}`).join("; ");
}

function textOf(bytes: Uint8Array, file: string): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw badList(
      file,
      [`line ${lineOfBadText(bytes)}: expected UTF-8, got another encoding; save it as CSV UTF-8`],
      error,
    );
  }
}

function badList(file: string, mistakes: readonly string[], cause?: unknown): RunError {
  const more = mistakes.length - MISTAKES_SHOWN;
  const listed = mistakes.slice(0, MISTAKES_SHOWN).map((mistake) => `\n  ${mistake}`);
  return new RunError(
    "bad-list",
    `Cannot use the plan "${file}":${listed.join("")}${more > 0 ? `\n  and ${more} more lines` : ""}`,
    "correct these lines; docs/guides/changes.md shows the forms",
    { cause },
  );
}
