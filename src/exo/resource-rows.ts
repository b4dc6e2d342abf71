/** Objects of the resource endpoints as the rows PowerShell shows of them; `exo-protocol.md` 1.4. Pure; what has an unknown shape stays as it came. */
import type { ExoRow, ExoValue } from "../job/index.ts";

/** Only these properties, in any casing; all when there are none. */
export function pickProperties(names: readonly string[]): (row: ExoRow) => readonly ExoRow[] {
  if (names.length === 0) return (row) => [row];
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  return (row) => [rowOf(Object.entries(row).filter(([name]) => wanted.has(name.toLowerCase())))];
}

/** Rights of one holder on a mailbox lie one level deeper here: a row for each, under the name the plain cmdlet gives the mailbox. */
export function unfoldPermissions(row: ExoRow): readonly ExoRow[] {
  const { PermissionList: list, MailboxIdentity: identity, ...rest } = row;
  if (!isList(list) || !list.every(isRow)) return [row];
  const named: [string, ExoValue][] = identity === undefined ? [] : [["Identity", identity]];
  return list.map((permission) => rowOf([...named, ...Object.entries(rest), ...Object.entries(permission)]));
}

/** A recipient was read for its permissions only. @returns undefined when they are not there: none were read, which is not the same as none */
export function unfoldRecipient(row: ExoRow): readonly ExoRow[] | undefined {
  const { RecipientPermission: list, Identity: identity } = row;
  if (!isList(list) || !list.every(isRow)) return undefined;
  return list.map((permission) =>
    permission["Identity"] === undefined && identity !== undefined
      ? rowOf([["Identity", identity], ...Object.entries(permission)])
      : permission,
  );
}

function rowOf(entries: readonly (readonly [string, ExoValue])[]): ExoRow {
  const row: Record<string, ExoValue> = Object.create(null);
  for (const [name, value] of entries) row[name] = value;
  return row;
}

function isList(value: ExoValue | undefined): value is readonly ExoValue[] {
  return Array.isArray(value);
}

function isRow(value: ExoValue): value is ExoRow {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
