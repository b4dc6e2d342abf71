/** Reads answers with distrust: what cannot be read fails, instead of passing for "there is none". Pure. */
import { UnusableReply } from "../../src/job/index.ts";
import type { CmdletReply, ExoRow, ExoValue, Page } from "../../src/job/index.ts";
import { parseFlag } from "../../src/values.ts";

/**
 * The answer, when it can be trusted to be whole.
 * @throws {UnusableReply} when the cmdlet reported errors beside its rows (`exo-protocol.md` 11, quirk 58)
 */
export function complete<Answer extends CmdletReply | Page>(cmdlet: string, answer: Answer): Answer {
  if (answer.errors.length === 0) return answer;
  const count = answer.errors.length === 1 ? "an error" : `${answer.errors.length} errors`;
  throw new UnusableReply(cmdlet, `it came with ${count}, so rows may be missing`, answer.requestId);
}

/**
 * The one row of an answer about one object.
 * @throws {UnusableReply} when there is none, or several
 */
export function onlyRow(cmdlet: string, answer: CmdletReply): ExoRow {
  const [row, ...others] = complete(cmdlet, answer).rows;
  if (row === undefined || others.length > 0)
    throw new UnusableReply(cmdlet, `it has ${answer.rows.length} rows instead of one`, answer.requestId);
  return row;
}

/** Where a value stands, for whoever has to say that it cannot be read. */
export interface Told {
  readonly cmdlet: string;
  readonly answer: CmdletReply | Page;
}

/** Empty when absent, null, or no text. */
export function textAt(row: ExoRow, name: string): string {
  const value = row[name];
  return typeof value === "string" ? value : "";
}

/** Absent, null and empty mean false; anything else must be readable, for a denial taken for a grant would be a lie. */
export function flagAt(row: ExoRow, name: string, told: Told): boolean {
  return triStateAt(row, name, told) ?? false;
}

/** True, false, or null for what is not set: three states. @throws {UnusableReply} for anything else */
export function triStateAt(row: ExoRow, name: string, { cmdlet, answer }: Told): boolean | null {
  const value = row[name];
  if (value === undefined || value === null || value === "") return null;
  const flag = parseFlag(value);
  if (flag === undefined)
    throw new UnusableReply(cmdlet, `${name} is neither true nor false`, answer.requestId);
  return flag;
}

/** The texts of a list; a single text is a list of one. */
export function textsAt(row: ExoRow, name: string): readonly string[] {
  const value: ExoValue | undefined = row[name];
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  return elements.filter((element) => typeof element === "string").filter((text) => text !== "");
}
