/**
 * A run as a workbook of Excel: its rows, on as many sheets as they need, and a sheet about the run. Written from front to back in little
 * memory; the same rows give the same bytes.
 */
import type { Cell } from "../../job/index.ts";
import type { Column } from "../columns.ts";
import { completenessOf } from "../completeness.ts";
import type { Writing, WritingContext } from "../formats.ts";
import { runHeader } from "../run-header.ts";
import { cellXml, columnLetters, textXml, xmlText } from "./cells.ts";
import { STYLE, STYLES_XML } from "./styles.ts";
import { type ZipEntry, ZipWriter } from "./zip.ts";

/** Where a sheet ends and the next one begins. */
export interface SheetLimits {
  /** Header included; Excel has no more. */
  readonly rows: number;
  /** Of XML. An entry of the file must stay under 4 GiB. */
  readonly bytes: number;
}

const LIMITS: SheetLimits = { rows: 1_048_576, bytes: 3 * 1024 ** 3 };

const XML = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n`;
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml";

interface Sheet {
  readonly name: string;
  /** `A1:W7`; absent on a sheet without filters. */
  filter?: string;
}

/** The one that is being written. */
interface OpenSheet {
  readonly entry: ZipEntry;
  readonly about: Sheet;
  /** Header included. */
  rows: number;
}

/** @param limits for tests */
export function xlsxWriting(context: WritingContext, limits: SheetLimits = LIMITS): Writing {
  return new Workbook(context, limits);
}

class Workbook implements Writing {
  readonly #context: WritingContext;
  readonly #limits: SheetLimits;
  readonly #zip: ZipWriter;
  readonly #letters: readonly string[];
  readonly #sheets: Sheet[] = [];
  #sheet: OpenSheet | undefined;
  #rows = 0;

  constructor(context: WritingContext, limits: SheetLimits) {
    this.#context = context;
    this.#limits = limits;
    this.#zip = new ZipWriter((bytes) => context.sink.write(bytes));
    this.#letters = context.layout.columns.map((_, place) => columnLetters(place));
  }

  async begin(): Promise<void> {
    await this.#part("_rels/.rels", relations([["officeDocument", "xl/workbook.xml"]]));
    await this.#part("xl/styles.xml", STYLES_XML);
    await this.#beginSheet();
  }

  async row(cells: readonly Cell[]): Promise<void> {
    let sheet = this.#sheet;
    if (sheet === undefined || sheet.rows >= this.#limits.rows || sheet.entry.bytes >= this.#limits.bytes) {
      await this.#endSheet();
      sheet = await this.#beginSheet();
    }
    sheet.rows += 1;
    this.#rows += 1;
    const { columns } = this.#context.layout;
    let xml = `<row r="${sheet.rows}">`;
    for (const [place, { type }] of columns.entries())
      xml += cellXml(`${this.#letters[place]}${sheet.rows}`, cells[place] ?? null, type);
    await sheet.entry.write(`${xml}</row>`);
  }

  async end(): Promise<void> {
    await this.#endSheet();
    await this.#aboutSheet();
    const sheets = this.#sheets.map((_, place) => `worksheets/sheet${place + 1}.xml`);
    await this.#part(
      "xl/_rels/workbook.xml.rels",
      relations([...sheets.map((path) => ["worksheet", path] as const), ["styles", "styles.xml"]]),
    );
    await this.#part("xl/workbook.xml", workbookXml(this.#sheets));
    await this.#part("[Content_Types].xml", contentTypes(sheets));
    await this.#zip.end();
  }

  async #beginSheet(): Promise<OpenSheet> {
    const number = this.#sheets.length + 1;
    const { complete } = completenessOf(this.#context.run);
    const about: Sheet = {
      name: `Rows${number === 1 ? "" : ` ${number}`}${complete ? "" : " (incomplete run)"}`,
    };
    this.#sheets.push(about);
    const entry = await this.#zip.entry(`xl/worksheets/sheet${number}.xml`);
    const { columns } = this.#context.layout;
    const header = columns.map(({ name }, place) => textXml(`${this.#letters[place]}1`, name, STYLE.header));
    const widths = columns.map((column, place) => columnXml(place, widthFor(column)));
    await entry.write(
      `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView${number === 1 ? ' tabSelected="1"' : ""} workbookViewId="0">` +
        `<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>` +
        `<cols>${widths.join("")}</cols><sheetData><row r="1">${header.join("")}</row>`,
    );
    const sheet = { entry, about, rows: 1 };
    this.#sheet = sheet;
    return sheet;
  }

  async #endSheet(): Promise<void> {
    if (this.#sheet === undefined) return;
    const { entry, about, rows } = this.#sheet;
    about.filter = `A1:${this.#letters.at(-1)}${rows}`;
    await entry.write(`</sheetData><autoFilter ref="${about.filter}"/></worksheet>`);
    await entry.end();
    this.#sheet = undefined;
  }

  /** What the run was, as a sheet of its own: two columns, words and values. */
  async #aboutSheet(): Promise<void> {
    const { run } = this.#context;
    const { complete, words } = completenessOf(run);
    const header = runHeader(run);
    const facts: readonly (readonly [string, Cell])[] = [
      ["Complete", complete ? "yes" : words.replace(/^complete: /, "")],
      ["Rows", this.#rows],
      ["Run", header.id],
      ["Job", header.job],
      ["Tenant", header.tenant],
      ["Tenant id", header.tenantId],
      ["State", header.state],
      ["Started (UTC)", header.startedAt],
      ["Ended (UTC)", header.endedAt],
      ["Targets", header.manifest?.count ?? null],
      ...Object.entries(header.outcomes).map(
        ([outcome, targets]) => [`Targets ${outcome}`, targets] as const,
      ),
      ["Chain head", run.chain.head],
    ];
    const lines = facts.map(
      ([words, value], place) =>
        `<row r="${place + 1}">${textXml(`A${place + 1}`, words, STYLE.header)}${cellXml(`B${place + 1}`, value, "time")}</row>`,
    );
    this.#sheets.push({ name: "Run" });
    await this.#part(
      `xl/worksheets/sheet${this.#sheets.length}.xml`,
      `${XML}<worksheet xmlns="${MAIN}"><cols>${columnXml(0, 20)}${columnXml(1, 60)}</cols><sheetData>${lines.join("")}</sheetData></worksheet>`,
    );
  }

  async #part(name: string, text: string): Promise<void> {
    const entry = await this.#zip.entry(name);
    await entry.write(text);
    await entry.end();
  }
}

/** In characters: sentences, names and ids need more than their headers. */
function widthFor({ name, type }: Column): number {
  const least = name === "Finding" ? 60 : /(?:Smtp|Name|Address|Path|Id|Sid|Raw)$/.test(name) ? 36 : 0;
  return Math.max(least, type === "time" ? 20 : name.length + 6);
}

function columnXml(place: number, width: number): string {
  return `<col min="${place + 1}" max="${place + 1}" width="${width}" customWidth="1"/>`;
}

function relations(list: readonly (readonly [type: string, target: string])[]): string {
  const lines = list.map(
    ([type, target], place) =>
      `<Relationship Id="rId${place + 1}" Type="${RELATIONS}/${type}" Target="${target}"/>`,
  );
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">${lines.join("")}</Relationships>`;
}

function workbookXml(sheets: readonly Sheet[]): string {
  const lines = sheets.map(
    ({ name }, place) => `<sheet name="${xmlText(name)}" sheetId="${place + 1}" r:id="rId${place + 1}"/>`,
  );
  // Excel keeps what a filter covers as a hidden name, too.
  const filters = sheets.flatMap(({ name, filter }, place) => {
    if (filter === undefined) return [];
    const range = filter.replaceAll(/([A-Z]+)(\d+)/g, "$$$1$$$2");
    return [
      `<definedName name="_xlnm._FilterDatabase" localSheetId="${place}" hidden="1">'${xmlText(name)}'!${range}</definedName>`,
    ];
  });
  return `${XML}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><bookViews><workbookView activeTab="0"/></bookViews><sheets>${lines.join("")}</sheets><definedNames>${filters.join("")}</definedNames></workbook>`;
}

function contentTypes(sheets: readonly string[]): string {
  const parts = [
    ["workbook.xml", "sheet.main"],
    ["styles.xml", "styles"],
    ...sheets.map((path) => [path, "worksheet"] as const),
  ] as const;
  const lines = parts.map(
    ([path, type]) => `<Override PartName="/xl/${path}" ContentType="${SHEET_TYPE}.${type}+xml"/>`,
  );
  return `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${lines.join("")}</Types>`;
}
