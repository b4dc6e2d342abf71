/** What the suite says at its end: one line a family, and the sum. */
import { add, type Counts, NOTHING } from "./checker/index.ts";
import type { Guard } from "./guards.ts";
import type { BugResult } from "./run-bugs.ts";
import type { FamilyResult } from "./run-family.ts";

const COLUMNS: readonly (readonly [string, (counts: Counts) => number])[] = [
  ["attempted", ({ attempted }) => attempted],
  ["acknowl.", ({ acknowledged }) => acknowledged],
  ["ok", ({ ok }) => ok],
  ["lost", ({ lost }) => lost],
  ["doubled", ({ doubled }) => doubled],
  ["unexp.", ({ unexpected }) => unexpected],
  ["recov.", ({ recovered }) => recovered],
  ["unres.", ({ unresolved }) => unresolved],
  ["writes", ({ writes }) => writes],
  ["ambig.", ({ ambiguous }) => ambiguous],
];

export function familyTable(results: readonly FamilyResult[]): string {
  const merged = [...Map.groupBy(results, ({ family }) => family.id).values()];
  const body = merged.map((ofFamily) => [
    ofFamily[0]?.family.id ?? "",
    sum(ofFamily, ({ iterations }) => iterations),
    sum(ofFamily, ({ runs }) => runs),
    sum(ofFamily, ({ reached }) => reached.faults),
    ...COLUMNS.map(([, of]) => of(countsOf(ofFamily))),
    sum(ofFamily, ({ findings }) => findings.length),
    Math.round(sum(ofFamily, ({ tookMs }) => tookMs) / 1_000),
  ]);
  const total = body.reduce<(string | number)[]>(
    (sums, row) => row.map((cell, at) => (typeof cell === "number" ? cell + Number(sums[at] ?? 0) : "all")),
    [],
  );
  const head = [
    "family",
    "iterations",
    "runs",
    "faults",
    ...COLUMNS.map(([name]) => name),
    "violations",
    "seconds",
  ];
  return aligned([head, ...body, total]);
}

export function bugTable(results: readonly BugResult[]): string {
  const rows = results.map(({ scenario, caught, tries, said }) => [
    scenario.bug,
    caught ? "caught" : "NOT CAUGHT",
    String(tries),
    said.slice(0, 110),
  ]);
  return [["planted bug", "", "tries", "what the judge said"], ...rows]
    .map(
      ([bug = "", caught = "", tries = "", said = ""]) =>
        `${bug.padEnd(28)}  ${caught.padEnd(10)}  ${tries.padEnd(5)}  ${said}`,
    )
    .join("\n");
}

export function guardTable(guards: readonly Guard[]): string {
  return aligned([
    ["reached", "", "at least"],
    ...guards.map(({ name, reached, wanted }) => [name, reached, wanted]),
  ]);
}

export function countsOf(results: readonly FamilyResult[]): Counts {
  return results.reduce((all, { counts }) => add(all, counts), NOTHING);
}

export function sum<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((all, item) => all + of(item), 0);
}

/** Numbers to the right, words to the left. */
export function aligned(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => String(row[at] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) =>
          typeof cell === "number" || at > 0
            ? String(cell).padStart(widths[at] ?? 0)
            : cell.padEnd(widths[at] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}
