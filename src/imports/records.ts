/** Text with delimiters into records, as the text comes: RFC 4180, and what PowerShell and Excel add to it. Memory is that of one record. */

/** One record. */
export interface FileRecord {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** What was expected, where a quote does not end as it should. */
  readonly mistake?: string;
}

/** The first record that names columns. */
export interface Header extends FileRecord {
  readonly delimiter: string;
  /** Its names are in quotes, as PowerShell writes them. */
  readonly quoted: boolean;
}

/** A record longer than this is a quote that does not end, in nearly all of the file. */
const MOST_CHARACTERS = 1024 * 1024;
const DELIMITERS = [";", ",", "\t"] as const;
const MARK = "\u{feff}";

/** Takes text in pieces of any size, and gives its records: first the header, which says how they are delimited. */
export class RecordReader {
  #text = "";
  #at = 0;
  #line = 1;
  #delimiter: string | undefined;
  #header: Header | undefined;
  #begun = false;

  /** Undefined until enough has come. */
  get header(): Header | undefined {
    return this.#header;
  }

  /** Records that are whole by now, the header and empty lines left out. @param last nothing comes after this text */
  *take(text: string, last = false): Generator<FileRecord> {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
    if (!this.#begun && this.#text !== "") {
      this.#begun = true;
      if (this.#text.startsWith(MARK)) this.#at = MARK.length;
    }
    for (;;) {
      if (this.#header === undefined && !this.#findHeader(last)) return;
      const record = this.#next(last);
      if (record === undefined) return;
      if (record.cells.length > 1 || record.cells[0]?.trim() !== "") yield record;
    }
  }

  /** @returns false when there is none yet */
  #findHeader(last: boolean): boolean {
    for (;;) {
      const end = this.#text.indexOf("\n", this.#at);
      if (end === -1 && !last) {
        if (this.#text.length - this.#at > MOST_CHARACTERS) this.#at = this.#text.length;
        return false;
      }
      const line = this.#text.slice(this.#at, end === -1 ? undefined : end);
      if (line.trim() === "" && end === -1) return false;
      const named = /^sep=(.)\r?$/i.exec(line)?.[1];
      this.#delimiter = named ?? this.#delimiter;
      // Windows PowerShell writes the type of its objects first.
      if (line.trim() === "" || named !== undefined || line.startsWith("#TYPE ")) {
        this.#at = end + 1;
        this.#line += 1;
        continue;
      }
      const delimiter = this.#delimiter ?? delimiterOf(line);
      this.#delimiter = delimiter;
      const record = this.#next(last);
      if (record === undefined) return false;
      this.#header = { ...record, delimiter, quoted: line.startsWith('"') };
      return true;
    }
  }

  /** @returns undefined when the rest of it has not come */
  #next(last: boolean): FileRecord | undefined {
    const text = this.#text;
    const cells: string[] = [];
    let at = this.#at;
    let mistake: string | undefined;
    if (at >= text.length) return undefined;
    for (;;) {
      let cell = "";
      const quoted = text[at] === '"';
      if (quoted) {
        for (let from = at + 1; ;) {
          const quote = text.indexOf('"', from);
          if (quote === -1 || (quote + 1 === text.length && !last)) {
            if (!last && text.length - this.#at <= MOST_CHARACTERS) return undefined;
            return this.#unended(cells);
          }
          cell += text.slice(from, quote);
          at = quote + 1;
          if (text[at] !== '"') break;
          cell += '"';
          from = at + 1;
        }
      }
      const from = at;
      while (at < text.length && !this.#endsCell(at)) at += 1;
      if (at >= text.length && !last) {
        if (at - this.#at <= MOST_CHARACTERS) return undefined;
        mistake = "the line to end";
      }
      const bare = text.slice(from, at);
      if (quoted && bare.trim() !== "") mistake ??= "a delimiter after the quote";
      cells.push(cell + bare);
      if (text[at] !== this.#delimiter) break;
      at += 1;
    }
    if (text[at] === "\r") at += 1;
    if (text[at] === "\n") at += 1;
    return this.#give(at, cells, mistake);
  }

  /** The rest of the file, or too much to be one cell, is in a quote: what comes behind its first line is read again. */
  #unended(cells: readonly string[]): FileRecord {
    const end = this.#text.indexOf("\n", this.#at);
    const next = end === -1 ? this.#text.length : end + 1;
    return this.#give(next, cells, "a quote to end");
  }

  #give(next: number, cells: readonly string[], mistake: string | undefined): FileRecord {
    const line = this.#line;
    for (let place = this.#text.indexOf("\n", this.#at); place !== -1 && place < next;) {
      this.#line += 1;
      place = this.#text.indexOf("\n", place + 1);
    }
    this.#at = next;
    return mistake === undefined ? { line, cells } : { line, cells, mistake };
  }

  #endsCell(at: number): boolean {
    const character = this.#text[at];
    return (
      character === this.#delimiter ||
      character === "\n" ||
      (character === "\r" && this.#text[at + 1] === "\n")
    );
  }
}

/** The delimiter a header has most of, outside quotes. */
function delimiterOf(line: string): string {
  const bare = line.replaceAll(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}
