/** The values of one column within a row group, encoded as they come: few bytes for what repeats, so that memory stays small. */
import type { Cell, ColumnType } from "../../job/index.ts";
import { timeIn } from "../columns.ts";
import { Bytes } from "./bytes.ts";
import { bitWidth, writeHybrid } from "./hybrid.ts";

/** Texts of a row group are numbered until they take so much; what comes after is written as it is. */
const DICTIONARY_BYTES = 512 * 1024;
/** When there are so many, it is seen whether they repeat: numbering those that do not gains nothing. */
const TRIED_TEXTS = 4_096;

/** `parquet.thrift`, enum Encoding. */
export const ENCODING = { plain: 0, rle: 3, dictionary: 8 } as const;

/** A page before it is compressed. */
export interface Page {
  readonly kind: "dictionary" | "data";
  readonly encoding: number;
  /** Empty ones included. */
  readonly values: number;
  readonly bytes: Uint8Array;
}

/** @returns false when the cell is not of this column's type: then it counts as empty */
type Add = (cell: Exclude<Cell, null>) => boolean;

export class Column {
  readonly type: ColumnType;
  readonly #add: Add;
  /** One for each row: 1 where there is a value. */
  readonly #present: Uint8Array;
  /** Numbers of texts in the dictionary, in the order of the values. */
  readonly #numbers: Uint32Array;
  readonly #known = new Map<string, number>();
  readonly #dictionary = new Bytes();
  readonly #plain = new Bytes();
  readonly #levels = new Bytes();
  /** Pages that were taken, one after another. */
  readonly #taken = new Bytes();
  #rows = 0;
  #values = 0;
  /** Rows and values until the dictionary was full; undefined while it is not. */
  #full: { readonly rows: number; readonly values: number } | undefined;
  /** Of a column of truths: those of a byte that is not full. */
  #bits = 0;

  /** @param rows a row group has at most */
  constructor(type: ColumnType, rows: number) {
    this.type = type;
    this.#present = new Uint8Array(rows);
    this.#numbers = new Uint32Array(type === "text" ? rows : 0);
    this.#add = this.#adder();
  }

  /** Memory of what was added. */
  get bytes(): number {
    return this.#dictionary.length + this.#plain.length;
  }

  get nulls(): number {
    return this.#rows - this.#values;
  }

  /** @returns false when the cell is not of this column's type: then it is empty here */
  add(cell: Cell): boolean {
    const fits = cell === null || this.#add(cell);
    const present = cell !== null && fits;
    this.#present[this.#rows] = present ? 1 : 0;
    this.#rows += 1;
    if (present) this.#values += 1;
    return fits;
  }

  /** What was added as pages, and the column empty again for the next row group. The pages are good until then. */
  takePages(): readonly Page[] {
    this.#taken.clear();
    if (this.type === "boolean" && this.#values % 8 > 0) this.#plain.byte(this.#bits);
    const pages = this.type === "text" ? this.#textPages() : [this.#plainPage(0)];
    this.#known.clear();
    this.#dictionary.clear();
    this.#plain.clear();
    this.#rows = 0;
    this.#values = 0;
    this.#full = undefined;
    this.#bits = 0;
    return pages;
  }

  #adder(): Add {
    const plain = this.#plain;
    switch (this.type) {
      case "text":
        return (cell) => this.#addText(typeof cell === "string" ? cell : String(cell));
      case "integer":
        return (cell) => Number.isSafeInteger(cell) && (plain.int64(Number(cell)), true);
      case "number":
        return (cell) => typeof cell === "number" && (plain.double(cell), true);
      case "boolean":
        return (cell) => typeof cell === "boolean" && this.#addTruth(cell);
      case "time":
        return (cell) => {
          const ms = timeIn(cell);
          if (ms !== undefined) plain.int64(ms);
          return ms !== undefined;
        };
    }
  }

  #addText(text: string): true {
    if (this.#full !== undefined) {
      this.#plain.text(text);
      return true;
    }
    let number = this.#known.get(text);
    if (number === undefined) {
      if (this.#dictionary.length >= DICTIONARY_BYTES || this.#hardlyRepeats()) {
        this.#full = { rows: this.#rows, values: this.#values };
        this.#plain.text(text);
        return true;
      }
      number = this.#known.size;
      this.#known.set(text, number);
      this.#dictionary.text(text);
    }
    this.#numbers[this.#values] = number;
    return true;
  }

  #hardlyRepeats(): boolean {
    return this.#known.size >= TRIED_TEXTS && this.#known.size * 2 > this.#values;
  }

  #addTruth(truth: boolean): true {
    const place = this.#values % 8;
    if (truth) this.#bits |= 1 << place;
    if (place === 7) {
      this.#plain.byte(this.#bits);
      this.#bits = 0;
    }
    return true;
  }

  #textPages(): Page[] {
    const numbered = this.#full ?? { rows: this.#rows, values: this.#values };
    const known = this.#known.size;
    // Nothing but empty cells.
    if (known === 0) return [this.#plainPage(0)];
    const width = bitWidth(known - 1);
    const page = this.#page({ from: 0, to: numbered.rows }, (out) => {
      out.byte(width);
      writeHybrid(out, this.#numbers, { from: 0, to: numbered.values }, width);
    });
    return [
      { kind: "dictionary", encoding: ENCODING.plain, values: known, bytes: this.#dictionary.view() },
      { ...page, encoding: ENCODING.dictionary },
      ...(numbered.rows < this.#rows ? [this.#plainPage(numbered.rows)] : []),
    ];
  }

  /** The rows from here on, as they are. */
  #plainPage(from: number): Page {
    return this.#page({ from, to: this.#rows }, (out) => out.bytes(this.#plain.view()));
  }

  /** Which of these rows have a value, after the length of that; then the values. */
  #page(span: { readonly from: number; readonly to: number }, write: (out: Bytes) => void): Page {
    this.#levels.clear();
    writeHybrid(this.#levels, this.#present, span, 1);
    const out = this.#taken;
    const start = out.length;
    out.uint32(this.#levels.length);
    out.bytes(this.#levels.view());
    write(out);
    const bytes = out.view().subarray(start);
    return { kind: "data", encoding: ENCODING.plain, values: span.to - span.from, bytes };
  }
}
