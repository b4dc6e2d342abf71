/** A parser of RFC 4180 that shares nothing with the writer, for its round-trip tests. */
export function parseCsv(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      at += 1;
      for (;;) {
        const quote = text.indexOf('"', at);
        if (quote < 0) throw new Error(`Cannot parse: the quote before ${at} never ends`);
        cell += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        cell += '"';
        at += 1;
      }
    } else {
      while (at < text.length && text[at] !== delimiter && text[at] !== "\r") cell += text[at++];
      if (/["\n]/.test(cell)) throw new Error(`Cannot parse: a bare cell before ${at} needs quotes`);
    }
    row.push(cell);
    if (text[at] === delimiter) {
      at += 1;
      if (at === text.length) row.push("");
      continue;
    }
    if (text.slice(at, at + 2) !== "\r\n") throw new Error(`Cannot parse: expected a line end at ${at}`);
    at += 2;
    rows.push(row);
    row = [];
  }
  return rows;
}
