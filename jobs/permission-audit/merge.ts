/** Rows that say the same of one mailbox (same trustee, right, and allowed or denied) made one: two cmdlets, a doubled entry, a repeated row. Pure. */
import type { FoundRow, Row } from "../../src/job/index.ts";
import { type Column, JOINT, textOf, UNKNOWN } from "./columns.ts";

/** Who the trustee is, as far as rows can be compared: by SID, else by object, else by what the service called it. */
export function trusteeKey(row: Row): string {
  for (const column of ["TrusteeSid", "TrusteeId"] as const) {
    const key = textOf(row, column);
    if (key !== "" && key !== UNKNOWN) return key.toUpperCase();
  }
  return textOf(row, "TrusteeRaw").trim().toUpperCase();
}

/** Each fact once, in the order of their first rows. */
export function mergeDoubles(rows: readonly FoundRow[]): readonly FoundRow[] {
  const facts = Map.groupBy(rows, ({ row }) =>
    [
      trusteeKey(row),
      textOf(row, "Right").toLowerCase(),
      textOf(row, "Allow"),
      // Somebody may come in by two groups, and hold the right besides.
      textOf(row, "ViaGroupId"),
    ].join("\n"),
  );
  return [...facts.values()].map((same) => same.reduce(merge));
}

/** A row that is shown wins over a hidden one, and a trustee we know over one we do not. */
function merge(one: FoundRow, other: FoundRow): FoundRow {
  const [best, rest] = rank(other) > rank(one) ? [other, one] : [one, other];
  return {
    ...best,
    row: {
      ...best.row,
      AccessRightsRaw: joined(best.row, rest.row, "AccessRightsRaw"),
      Inherited: best.row["Inherited"] === true && rest.row["Inherited"] === true,
      ReadAtUtc: [textOf(best.row, "ReadAtUtc"), textOf(rest.row, "ReadAtUtc")].sort()[0] ?? null,
      Source: joined(best.row, rest.row, "Source"),
    },
  };
}

function rank({ noise, row }: FoundRow): number {
  return (noise === undefined ? 2 : 0) + (textOf(row, "TrusteeId") === UNKNOWN ? 0 : 1);
}

function joined(one: Row, other: Row, column: Column): string {
  const parts = [one, other].flatMap((row) => textOf(row, column).split(JOINT));
  return [...new Set(parts)].filter((part) => part !== "").join(JOINT);
}
