/** Whose file it is, by the names of its columns. Pure. */
import type { Headers } from "../../reports/index.ts";
import { plain } from "../../reports/index.ts";
import { ImportError } from "../errors.ts";
import type { Header } from "../records.ts";
import { ERP } from "./erp.ts";
import { FASTTRACK } from "./fasttrack.ts";
import { MICHEV, MICHEV_FOLDERS, MICHEV_ON_BEHALF, MICHEV_ON_BEHALF_1 } from "./michev.ts";
import type { Tool } from "./tool.ts";

/** The first that fits is it. */
const TOOLS: readonly Tool[] = [ERP, MICHEV_FOLDERS, MICHEV, MICHEV_ON_BEHALF, MICHEV_ON_BEHALF_1, FASTTRACK];

const SHOWN = 200;

/** @throws {ImportError} when it is nobody's that is known, not the one that was named, or one that cannot be imported */
export function recognise(header: Header | undefined, file: string, as: Headers | undefined): Tool {
  if (header === undefined)
    throw new ImportError(
      `Cannot import "${file}": it is empty`,
      "Name a file with a header and lines below it",
    );
  const names = new Set(header.cells.map(folded));
  const found = TOOLS.find(({ needs }) => needs.every((name) => names.has(folded(name))));
  const expected = TOOLS.filter((tool) => tool.refuses === undefined && (as === undefined || tool.as === as));
  if (found === undefined || (as !== undefined && found.as !== as))
    throw new ImportError(
      `Cannot import "${file}"${as === undefined ? "" : ` as ${as}`}: line ${header.line} has the columns ${shown(header.cells)}${found === undefined ? "" : `, which are those of ${found.called} (${found.as})`}`,
      `Expected are ${expected.map(({ called, needs }) => `${needs.join(", ")} (${called})`).join("; or ")}`,
    );
  if (found.refuses !== undefined)
    throw new ImportError(
      `Cannot import "${file}": ${found.refuses}`,
      `Its columns are those of ${found.called}; give a file of ${MICHEV.called} instead`,
    );
  return found;
}

/** Each column the tool may ask for by its place in the file. */
export function placesOf(header: Header): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [place, name] of header.cells.entries())
    if (!places.has(folded(name))) places.set(folded(name), place);
  return places;
}

export function folded(name: string): string {
  return name.trim().toLowerCase();
}

function shown(cells: readonly string[]): string {
  const text = plain(cells.join(", "));
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
