/** Text with delimiters into cells, with line numbers: RFC 4180, and what Excel and PowerShell add to it. Pure. */

/** One record. */
export interface Line {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

const DELIMITERS = [",", ";", "\t"] as const;

/**
 * Records that are not empty.
 * @param mistakes gets a sentence for each quote that does not end as it should
 */
export function cellsOf(text: string, mistakes: string[]): Line[] {
  const body = text.replace(/^\u{feff}/u, "");
  const named = /^sep=(.)\r?\n/i.exec(body)?.[1];
  const delimiter = named ?? delimiterOf(body);
  const reader = new Reader(body, delimiter, mistakes);
  const lines = reader.read();
  return lines.filter(
    ({ line, cells }, place) =>
      cells.some((cell) => cell.trim() !== "") &&
      !(line === 1 && named !== undefined) &&
      // Windows PowerShell writes the type of its objects first.
      !(place === 0 && cells[0]?.startsWith("#TYPE ") === true),
  );
}

/** The delimiter the first record has most of, outside quotes. */
function delimiterOf(text: string): string {
  const first = text.split(/\r?\n/).find((line) => line.trim() !== "" && !line.startsWith("#TYPE ")) ?? "";
  const bare = first.replaceAll(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

class Reader {
  readonly #text: string;
  readonly #delimiter: string;
  readonly #mistakes: string[];
  #at = 0;
  #line = 1;

  constructor(text: string, delimiter: string, mistakes: string[]) {
    this.#text = text;
    this.#delimiter = delimiter;
    this.#mistakes = mistakes;
  }

  read(): Line[] {
    const lines: Line[] = [];
    while (this.#at < this.#text.length) {
      const line = this.#line;
      lines.push({ line, cells: this.#record() });
    }
    return lines;
  }

  #record(): string[] {
    const cells: string[] = [];
    for (;;) {
      cells.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#bare());
      if (this.#text[this.#at] !== this.#delimiter) break;
      this.#at += 1;
    }
    if (this.#text[this.#at] === "\r") this.#at += 1;
    if (this.#text[this.#at] === "\n") this.#at += 1;
    this.#line += 1;
    return cells;
  }

  #bare(): string {
    const from = this.#at;
    while (this.#at < this.#text.length && !this.#endsCell()) this.#at += 1;
    return this.#text.slice(from, this.#at);
  }

  #quoted(): string {
    const opened = this.#line;
    let cell = "";
    for (;;) {
      const from = this.#at + 1;
      const to = this.#text.indexOf('"', from);
      const part = this.#text.slice(from, to === -1 ? undefined : to);
      cell += part;
      this.#line += part.split("\n").length - 1;
      if (to === -1) {
        this.#mistakes.push(`line ${opened}: expected a quote to end, found the end of the file`);
        this.#at = this.#text.length;
        return cell;
      }
      this.#at = to + 1;
      if (this.#text[this.#at] !== '"') break;
      cell += '"';
    }
    const rest = this.#bare();
    if (rest.trim() !== "") this.#mistakes.push(`line ${this.#line}: expected a delimiter after the quote`);
    return cell + rest;
  }

  #endsCell(): boolean {
    const character = this.#text[this.#at];
    return (
      character === this.#delimiter ||
      character === "\n" ||
      (character === "\r" && this.#text[this.#at + 1] === "\n")
    );
  }
}
