/** Reads workbooks for tests: unzips, parses the XML strictly, follows the relations as Excel does. Shares nothing with the writer. */
import { unzip } from "./zip-reader.ts";

export interface ReadSheet {
  readonly name: string;
  /** Of row 1 on; a cell that is not there is undefined. */
  readonly rows: readonly (readonly (ReadCell | undefined)[])[];
  readonly filter: string | undefined;
  readonly frozen: boolean;
}

export interface ReadCell {
  readonly kind: "text" | "number" | "boolean" | "time";
  readonly value: string | number | boolean;
  /** Stays text when somebody edits it. */
  readonly quoted: boolean;
}

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

export function readWorkbook(file: Buffer): readonly ReadSheet[] {
  const parts = new Map(unzip(file).map(({ name, text }) => [name, parseXml(text)]));
  const part = (name: string): Element => {
    const found = parts.get(name);
    if (found === undefined) throw new Error(`Cannot read the workbook: ${name} is missing`);
    return found;
  };
  const types = part("[Content_Types].xml").children.filter(({ name }) => name === "Override");
  for (const name of parts.keys())
    if (
      name.startsWith("xl/") &&
      !name.endsWith(".rels") &&
      !types.some(({ attributes }) => attributes["PartName"] === `/${name}`)
    )
      throw new Error(`Cannot read the workbook: ${name} has no type`);
  const main = part("_rels/.rels").children[0]?.attributes["Target"] ?? "";
  const targets = new Map(
    part("xl/_rels/workbook.xml.rels").children.map(({ attributes }) => [
      attributes["Id"],
      attributes["Target"],
    ]),
  );
  const looks = child(part("xl/styles.xml"), "cellXfs").children;
  return child(part(main), "sheets").children.map(({ attributes }) =>
    readSheet(attributes["name"] ?? "", part(`xl/${targets.get(attributes["r:id"])}`), looks),
  );
}

function readSheet(name: string, sheet: Element, looks: readonly Element[]): ReadSheet {
  if (name.length > 31 || /[[\]:*?/\\]/.test(name))
    throw new Error(`Cannot read the sheet: no such name ${name}`);
  const rows: (ReadCell | undefined)[][] = [];
  for (const [place, row] of child(sheet, "sheetData").children.entries()) {
    if (row.attributes["r"] !== String(place + 1))
      throw new Error(`Cannot read the sheet: row ${place + 1} is not there`);
    const cells: (ReadCell | undefined)[] = [];
    for (const cell of row.children) {
      const [, letters = "", number] = /^([A-Z]+)(\d+)$/.exec(cell.attributes["r"] ?? "") ?? [];
      if (number !== row.attributes["r"]) throw new Error("Cannot read the sheet: a cell of another row");
      const column = letters.split("").reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
      if (column < cells.length) throw new Error("Cannot read the sheet: cells are not in order");
      cells[column] = readCell(cell, looks[Number(cell.attributes["s"] ?? 0)]);
    }
    rows.push(cells);
  }
  const filter = sheet.children.find(({ name }) => name === "autoFilter")?.attributes["ref"];
  const views = sheet.children.find(({ name }) => name === "sheetViews");
  const pane = views?.children[0]?.children[0]?.attributes;
  return { name, rows, filter, frozen: pane?.["state"] === "frozen" && pane["ySplit"] === "1" };
}

function readCell(cell: Element, look: Element | undefined): ReadCell {
  const quoted = look?.attributes["quotePrefix"] === "1";
  const inner = cell.children[0];
  if (cell.children.length !== 1 || inner === undefined || look === undefined)
    throw new Error("Cannot read the cell: not one value");
  if (cell.attributes["t"] === "inlineStr") {
    const run = inner.children[0];
    if (inner.name !== "is" || run?.name !== "t" || inner.children.length !== 1)
      throw new Error("Cannot read the cell: not a text");
    const text = run.attributes["xml:space"] === "preserve" ? run.text : run.text.trim();
    const value = text.replaceAll(/_x([0-9A-F]{4})_/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    if (value.length > 32_767) throw new Error("Cannot read the cell: it is too long");
    return { kind: "text", value, quoted };
  }
  if (inner.name !== "v") throw new Error(`Cannot read the cell: it holds <${inner.name}>`);
  if (cell.attributes["t"] === "b") return { kind: "boolean", value: inner.text === "1", quoted };
  const number = Number(inner.text);
  if (cell.attributes["t"] !== undefined || Number.isNaN(number))
    throw new Error("Cannot read the cell: no number");
  if (look.attributes["numFmtId"] === "0") return { kind: "number", value: number, quoted };
  return { kind: "time", value: new Date(Math.round((number - 25_569) * 86_400_000)).toISOString(), quoted };
}

function child(element: Element, name: string): Element {
  const found = element.children.find((one) => one.name === name);
  if (found === undefined) throw new Error(`Cannot read the workbook: no <${name}> in <${element.name}>`);
  return found;
}

/** XML 1.0 without entities of its own. Line ends become `\n`, as every parser of XML does. */
export function parseXml(source: string): Element {
  const text = source.replaceAll(/\r\n?/g, "\n");
  // oxlint-disable-next-line no-control-regex
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text))
    throw new Error("Cannot parse: a character XML does not have");
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open: Element[] = [root];
  const TOKEN = /<\?xml [^?]*\?>|<(\/?)([\w:]+)((?:\s+[\w:]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    if (token === null) throw new Error(`Cannot parse: ${text.slice(from, from + 60)}`);
    const [, closing, name, attributes = "", empty, content] = token;
    const top = open.at(-1);
    if (top === undefined) throw new Error("Cannot parse: more ends than beginnings");
    if (content !== undefined) top.text += unescaped(content);
    else if (name !== undefined && closing === "/") {
      if (open.pop()?.name !== name) throw new Error(`Cannot parse: </${name}> ends nothing`);
    } else if (name !== undefined) {
      const pairs = [...attributes.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [
        key,
        unescaped(value),
      ]);
      const element: Element = {
        name,
        attributes: Object.fromEntries(pairs) as Record<string, string>,
        children: [],
        text: "",
      };
      top.children.push(element);
      if (empty !== "/") open.push(element);
    }
  }
  const [only] = root.children;
  if (open.length !== 1 || root.children.length !== 1 || only === undefined)
    throw new Error("Cannot parse: not one whole element");
  return only;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replaceAll(/&([^;&]*);|&/g, (_, name: string | undefined) => {
    const character = ENTITIES[name ?? ""];
    if (character === undefined) throw new Error(`Cannot parse: &${name ?? ""}`);
    return character;
  });
}
