/** Notes, for each line of a manifest, which target a list of ids has for it: eight bytes a line. */
import { hash } from "node:crypto";

const FIRST_LINES = 4_096;

export class LineMarks {
  #marks = new Float64Array(FIRST_LINES);

  /** @returns false when the line has a target already */
  note(line: number, kind: string, id: string): boolean {
    if (line >= this.#marks.length) {
      const more = new Float64Array(Math.max(line + 1, 2 * this.#marks.length));
      more.set(this.#marks);
      this.#marks = more;
    }
    if (this.#marks[line] !== 0) return false;
    this.#marks[line] = markOf(kind, id);
    return true;
  }

  has(line: number, kind: string, id: string): boolean {
    return this.#marks[line] === markOf(kind, id);
  }
}

/** Never 0. */
function markOf(kind: string, id: string): number {
  return 1 + Number.parseInt(hash("sha256", `${kind}\t${id}`, "hex").slice(0, 13), 16);
}
