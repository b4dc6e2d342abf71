/** Prints results in the format the user asked for: a list row by row as it comes, or one record. */
import { csvLine } from "../reports/index.ts";
import { jsonText } from "./json-text.ts";
import { plain } from "./plain-text.ts";
import { padded, widthOf } from "./width.ts";
import type { Format, Session } from "./session.ts";

/** What one record looks like to programs. Values that are objects are written as JSON in a table or CSV. */
export type View = Readonly<Record<string, unknown>>;

/** A list that is printed while it comes in. */
export interface ListPrinter {
  add(views: readonly View[]): Promise<void>;
  /** Ends the list. Without it, JSON has no end. */
  end(): Promise<void>;
}

/**
 * @param columns of a table or CSV; those of the first record when absent
 * @param usual format when the user asked for none
 */
export function listPrinter(
  session: Session,
  columns: readonly string[] | undefined,
  usual: Format = "table",
): ListPrinter {
  const { terminal } = session;
  const format = session.format ?? usual;
  let printed = 0;
  let header: readonly string[] = columns ?? [];
  let widths: number[] = [];
  const addOne = async (view: View): Promise<void> => {
    if (printed === 0 && columns === undefined) header = Object.keys(view);
    switch (format) {
      case "json":
        await terminal.data(`${printed === 0 ? "[\n" : ",\n"}  ${jsonText(view)}`);
        break;
      case "ndjson":
        await terminal.data(`${jsonText(view)}\n`);
        break;
      case "csv":
        if (printed === 0) await terminal.data(csv(header));
        await terminal.data(csv(header.map((column) => cell(view[column]))));
        break;
      case "table":
        await terminal.text(
          tableLine(
            header.map((column) => cell(view[column])),
            widths,
          ),
        );
        break;
    }
    printed += 1;
  };
  return {
    async add(views) {
      if (format === "table" && printed === 0 && views.length > 0) {
        if (columns === undefined) header = Object.keys(views[0] ?? {});
        widths = header.map((column) =>
          Math.min(60, Math.max(column.length, ...views.map((view) => widthOf(plain(cell(view[column])))))),
        );
        await terminal.text(
          tableLine(
            header.map((column) => column.toUpperCase()),
            widths,
          ),
        );
      }
      for (const view of views) await addOne(view);
    },
    async end() {
      if (format === "json") await terminal.data(printed === 0 ? "[]\n" : "\n]\n");
      if (format === "csv" && printed === 0 && header.length > 0) await terminal.data(csv(header));
    },
  };
}

/** Prints a whole list. */
export async function printList(
  session: Session,
  views: readonly View[],
  columns: readonly string[],
): Promise<void> {
  const printer = listPrinter(session, columns);
  await printer.add(views);
  await printer.end();
}

/** A record with a list in it that is printed while it comes in. */
export interface RecordPrinter {
  add(views: readonly View[]): Promise<void>;
  /** Ends the list and the record. @param rest its other fields */
  end(rest: View): Promise<void>;
}

/** As JSON, whatever format was asked for. @param head fields that come first @param list name of the list */
export function recordPrinter({ terminal }: Session, head: View, list: string): RecordPrinter {
  let printed = 0;
  const begin = `${jsonText(head, 2).slice(0, -2)},\n  ${jsonText(list)}: [`;
  return {
    async add(views) {
      const items = views.map((view, place) => {
        const text = jsonText(view, 2).replaceAll("\n", "\n    ");
        return `${printed + place === 0 ? begin : ","}\n    ${text}`;
      });
      printed += views.length;
      if (items.length > 0) await terminal.data(items.join(""));
    },
    async end(rest) {
      const end = jsonText(rest, 2).slice(1);
      await terminal.data(`${printed === 0 ? `${begin}]` : "\n  ]"},${end}\n`);
    },
  };
}

/** Prints one record; `table` is what people see. */
export async function printRecord(session: Session, view: View, table: () => string): Promise<void> {
  switch (session.format ?? "table") {
    case "table":
      return session.terminal.text(table());
    case "json":
      return session.terminal.data(`${jsonText(view, 2)}\n`);
    case "ndjson":
      return session.terminal.data(`${jsonText(view)}\n`);
    case "csv": {
      const names = Object.keys(view);
      return session.terminal.data(csv(names) + csv(names.map((name) => cell(view[name]))));
    }
  }
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : jsonText(value);
}

/** Safe to open in a spreadsheet: names that look like formulas are disarmed. */
function csv(cells: readonly string[]): string {
  return csvLine(cells, { delimiter: ",", raw: false });
}

function tableLine(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((text, place) => padded(plain(text), widths[place] ?? 0))
    .join("  ")
    .trimEnd();
}
