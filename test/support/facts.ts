/** Facts as both sides can state them: what an export says, and what the emulator's organisation is. */
import { readFile } from "node:fs/promises";
import type { PermissionFact } from "../../src/emulator/index.ts";
import { parseCsv } from "../reports/csv-parser.ts";

/** Facts that only one side has; a fact told twice stands in the list once more than the other side has it. */
export interface Difference {
  readonly missing: readonly string[];
  readonly surplus: readonly string[];
}

export const NO_DIFFERENCE: Difference = { missing: [], surplus: [] };

/** Rows of a CSV file by the names in its header. */
export async function readCsv(file: string): Promise<ReadonlyMap<string, string>[]> {
  const [header = [], ...rows] = parseCsv((await readFile(file, "utf8")).replace(/^\uFEFF/, ""), ",");
  return rows.map((row) => {
    if (row.length !== header.length)
      throw new Error(`A row has ${row.length} cells, the header ${header.length}: ${row.join("|")}`);
    return new Map(header.map((name, at) => [name, row[at] ?? ""]));
  });
}

export function factOfRow(row: ReadonlyMap<string, string>): string {
  const cell = (name: string): string => {
    const text = row.get(name);
    if (text === undefined) throw new Error(`The export has no column ${name}`);
    return text === "unknown" ? "" : text;
  };
  const allow = cell("Allow").toLowerCase();
  if (allow !== "true" && allow !== "false") throw new Error(`Allow is "${allow}"`);
  return fact(cell("MailboxId"), cell("TrusteeSid") || cell("TrusteeId"), cell("Right"), allow === "true");
}

export function factOfTruth({ mailboxGuid, trusteeSid, trusteeId, right, allow }: PermissionFact): string {
  return fact(mailboxGuid, trusteeSid || trusteeId, right, allow);
}

function fact(mailbox: string, trustee: string, right: string, allow: boolean): string {
  return `${mailbox} ${trustee} ${right} ${allow ? "allow" : "deny"}`.toLowerCase();
}

export function difference(truth: readonly string[], found: readonly string[]): Difference {
  const counts = new Map<string, number>();
  for (const known of truth) counts.set(known, (counts.get(known) ?? 0) + 1);
  for (const known of found) counts.set(known, (counts.get(known) ?? 0) - 1);
  const differing = [...counts].filter(([, count]) => count !== 0);
  return {
    missing: differing
      .filter(([, count]) => count > 0)
      .map(([known]) => known)
      .sort(),
    surplus: differing
      .filter(([, count]) => count < 0)
      .map(([known]) => known)
      .sort(),
  };
}
