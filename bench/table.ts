/** Measurements as one table for people. Pure. */
import type { Figure } from "./answers.ts";
import type { Corpus } from "./corpora.ts";

/** @param judged false where there is too little data to say whether a target is met */
export function figureTable(figures: readonly Figure[], judged: boolean): string {
  const rows = figures.map(({ what, size, measured, unit, most }) => [
    what,
    size,
    `${measured} ${unit}`,
    most === undefined ? "" : `≤ ${most} ${unit}`,
    verdict(measured, most, judged),
  ]);
  return table(["figure", "data", "measured", "target", ""], rows);
}

function verdict(measured: number, most: number | undefined, judged: boolean): string {
  if (most === undefined) return "";
  return judged ? (measured <= most ? "met" : "MISSED") : "too little data";
}

export function corpusTable(corpora: readonly Corpus[]): string {
  const rows = corpora.map(({ what, count, least, how }) => [
    what,
    count.toLocaleString("en-US"),
    least === undefined ? "" : `≥ ${least.toLocaleString("en-US")}`,
    least === undefined ? "" : count >= least ? "met" : "MISSED",
    how,
  ]);
  return table(["the tests run", "number", "target", "", ""], rows);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, place) => Math.max(...lines.map((cells) => cells[place]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, place) => cell.padEnd(widths[place] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
