/** Lines of a manifest, a bit each. */
export class LineSet {
  readonly #bits: Uint8Array;

  /** @param lines the last of them */
  constructor(lines: number) {
    this.#bits = new Uint8Array(1 + (lines >>> 3));
  }

  has(line: number): boolean {
    return ((this.#bits[line >>> 3] ?? 0) & (1 << (line & 7))) !== 0;
  }

  add(line: number): void {
    const byte = line >>> 3;
    this.#bits[byte] = (this.#bits[byte] ?? 0) | (1 << (line & 7));
  }
}
