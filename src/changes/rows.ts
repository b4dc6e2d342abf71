/** Reads the rows of a look strictly: what is missing or odd ends in `UnusableReply`, never in a guess. */
import { type ExoRow, type ExoValue, UnusableReply } from "../job/index.ts";
import { parseFlag } from "../values.ts";
import type { Seeing } from "./recipe.ts";

/** @throws {UnusableReply} */
export function unusable(cmdlet: string, fact: string): never {
  throw new UnusableReply(cmdlet, fact, undefined);
}

/** @throws {UnusableReply} when the object the look named is not there */
export function rowsOf(cmdlet: string, reply: Seeing | undefined): readonly ExoRow[] {
  if (reply === undefined) return unusable(cmdlet, "it is missing");
  if (reply === "gone") return unusable(cmdlet, "what it was asked about is not there any more");
  return reply;
}

/** @throws {UnusableReply} unless there is exactly one row */
export function onlyRow(cmdlet: string, reply: Seeing | undefined): ExoRow {
  const [row, ...others] = rowsOf(cmdlet, reply);
  if (row === undefined || others.length > 0)
    return unusable(cmdlet, `expected one object, found ${others.length + (row === undefined ? 0 : 1)}`);
  return row;
}

/** @throws {UnusableReply} when the property is absent, which is something else than empty */
export function property(cmdlet: string, row: ExoRow, name: string): ExoValue {
  const value = valueIn(row, name);
  return value === undefined ? unusable(cmdlet, `a row has no ${name}`) : value;
}

/** @throws {UnusableReply} */
export function flagOf(cmdlet: string, row: ExoRow, name: string): boolean {
  return parseFlag(valueIn(row, name)) ?? unusable(cmdlet, `a row has no readable ${name}`);
}

/** @throws {UnusableReply} */
export function textOf(cmdlet: string, row: ExoRow, name: string): string {
  const value = valueIn(row, name);
  return typeof value === "string" ? value : unusable(cmdlet, `a row has no readable ${name}`);
}

/** Elements of a list, or the one text in its place; null is the empty list. */
export function listOf(cmdlet: string, row: ExoRow, name: string): readonly string[] {
  const value = property(cmdlet, row, name);
  if (value === null || value === "") return [];
  const elements: readonly ExoValue[] = Array.isArray(value) ? value : [value];
  return elements.map((element) =>
    typeof element === "string" ? element : unusable(cmdlet, `an element of ${name} is no text`),
  );
}

/** The casing of names is the service's (`exo-protocol.md` 5.2), and not always the documented one. */
function valueIn(row: ExoRow, name: string): ExoValue | undefined {
  const exact = row[name];
  if (exact !== undefined) return exact;
  return Object.entries(row).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
