/** A terminal as far as our own output needs one: new lines, the cursor going up, lines and the rest of the screen cleared. */

/** What the screen showed from `atMs` on. */
export interface Shown {
  readonly atMs: number;
  readonly lines: readonly string[];
}

const ESCAPE = "\u001b";
/** An order to the terminal, the end of a line, or text. */
const PIECES = new RegExp(`${ESCAPE}\\[(\\d*)([A-Za-z])|\\r|\\n|[^${ESCAPE}\\r\\n]+`, "g");

export class Screen {
  readonly #lines: (string | undefined)[];
  #row: number;

  /** @param first the line above everything: what was typed */
  constructor(first: string) {
    this.#lines = [first];
    this.#row = 1;
  }

  get lines(): readonly string[] {
    return Array.from(this.#lines, (line) => line ?? "");
  }

  write(text: string): void {
    for (const [piece, number = "", letter = ""] of text.matchAll(PIECES)) {
      if (letter !== "") this.#obey(letter, number);
      else if (piece === "\n") this.#row += 1;
      else if (piece !== "\r") this.#lines[this.#row] = (this.#lines[this.#row] ?? "") + piece;
    }
  }

  /** @throws {Error} for an order that our own output does not give */
  #obey(letter: string, number: string): void {
    if (letter === "A") this.#row -= Number(number || 1);
    else if (letter === "J") this.#lines.length = Math.min(this.#lines.length, this.#row);
    else if (letter === "K") this.#lines[this.#row] = "";
    else throw new Error(`Cannot draw the escape sequence "[${number}${letter}"`);
  }
}

/**
 * Plays back what `script` of util-linux recorded.
 * @param log bytes, after a line of `script`'s own
 * @param timing lines of `seconds bytes`
 */
export function screensOver(log: Uint8Array, timing: string, screen: Screen): readonly Shown[] {
  const decoder = new TextDecoder();
  let from = log.indexOf(0x0a) + 1;
  let atMs = 0;
  return timing
    .trim()
    .split("\n")
    .map((line) => {
      const [seconds = 0, bytes = 0] = line.split(" ").map(Number);
      atMs += seconds * 1_000;
      screen.write(decoder.decode(log.subarray(from, from + bytes), { stream: true }));
      from += bytes;
      return { atMs, lines: screen.lines };
    });
}
