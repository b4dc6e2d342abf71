/**
 * The file of `--csv`: which mailboxes a run is about. Takes what Excel, PowerShell and people write: comma, semicolon or tab; quotes; UTF-8
 * or UTF-16 with a byte order mark; a list of one column without any header. Whatever is wrong is named at once, each with its line.
 */
import { RunError } from "../runs/index.ts";
import { cellsOf } from "./delimited.ts";
import type { Line } from "./delimited.ts";
import { plain } from "./plain-text.ts";

/** Columns a mailbox is known by, the surest first. */
const COLUMNS = ["ExchangeGuid", "ExternalDirectoryObjectId", "PrimarySmtpAddress", "UserPrincipalName"];
const EXPECTED = `a column ${COLUMNS.toReversed().join(", ")}`;

/** Mistakes shown; more would scroll the first ones away. */
const MISTAKES_SHOWN = 50;

export interface MailboxList {
  /** Addresses, user principal names or GUIDs, each once, in the order of the file. */
  readonly identities: readonly string[];
  /** Lines left out because an earlier one named the same. */
  readonly doubled: number;
}

/**
 * @param file its name, for messages
 * @throws {RunError} `bad-list`, with every bad line
 */
export function readMailboxList(bytes: Uint8Array, file: string): MailboxList {
  const mistakes: string[] = [];
  const lines = cellsOf(textOf(bytes, file), mistakes);
  const [first, ...rest] = lines;
  if (first === undefined) throw badList(file, [...mistakes, "line 1: expected mailboxes, found nothing"]);
  const places = columnsOf(first);
  const headless =
    places.length === 0 && first.cells.length === 1 && identityIn(first.cells, [0]) !== undefined;
  if (places.length === 0 && !headless) {
    mistakes.unshift(
      `line ${first.line}: expected ${EXPECTED}, or a list of addresses, got ${shown(first.cells)}`,
    );
    throw badList(file, mistakes);
  }
  const identities = new Map<string, string>();
  const rows = headless ? lines : rest;
  for (const { line, cells } of rows) {
    const identity = identityIn(cells, headless ? [0] : places);
    if (identity === undefined)
      mistakes.push(`line ${line}: expected an address or a GUID, got ${shown(cells)}`);
    else if (!headless && cells.length > first.cells.length)
      mistakes.push(
        `line ${line}: expected ${first.cells.length} cells, got ${cells.length}; is one not in quotes?`,
      );
    else identities.set(identity.toLowerCase(), identities.get(identity.toLowerCase()) ?? identity);
  }
  if (mistakes.length === 0 && identities.size === 0)
    mistakes.push(`line ${first.line}: expected mailboxes below the header, found nothing`);
  if (mistakes.length > 0) throw badList(file, mistakes);
  return { identities: [...identities.values()], doubled: rows.length - identities.size };
}

/** @throws {RunError} when it is in no encoding we know */
function textOf(bytes: Uint8Array, file: string): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw badList(file, [`line ${lineOfBadText(bytes)}: expected UTF-8, got another encoding`], error);
  }
}

/** Where bytes that are not UTF-8 begin. */
export function lineOfBadText(bytes: Uint8Array): number {
  const good = new TextDecoder("utf-8").decode(bytes).split("�")[0] ?? "";
  return good.split("\n").length;
}

/** Places of the known columns, the surest first. */
function columnsOf({ cells }: Line): number[] {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  return COLUMNS.map((column) => names.indexOf(column.toLowerCase())).filter((place) => place >= 0);
}

/** The first cell among these places that names a mailbox; undefined when none does or a filled one is wrong. */
function identityIn(cells: readonly string[], places: readonly number[]): string | undefined {
  for (const place of places) {
    const cell = cells[place]?.trim() ?? "";
    if (cell === "") continue;
    const guid = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i.exec(cell)?.[1];
    if (guid !== undefined && !/^[0-]+$/.test(guid)) return guid;
    return /^[^\s@<>"]+@[^\s@<>"]+$/.test(cell) ? cell : undefined;
  }
  return undefined;
}

function shown(cells: readonly string[]): string {
  const text = plain(cells.join(" | "));
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
}

function badList(file: string, mistakes: readonly string[], cause?: unknown): RunError {
  const more = mistakes.length - MISTAKES_SHOWN;
  const listed = mistakes.slice(0, MISTAKES_SHOWN).map((mistake) => `\n  ${mistake}`);
  return new RunError(
    "bad-list",
    `Cannot use the list "${file}":${listed.join("")}${more > 0 ? `\n  and ${more} more lines` : ""}`,
    `correct these lines; the file needs ${EXPECTED} (CSV UTF-8), or one address a line`,
    { cause },
  );
}
