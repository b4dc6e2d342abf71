/** Columns that grow by chunks of typed arrays: a million values without a million objects. */

const CHUNK = 8192;

/** Numbers; 0 until set. */
export class NumberColumn {
  readonly #chunks: Float64Array[] | Uint32Array[];
  readonly #wide: boolean;

  /** @param wide for numbers beyond 32 bits, such as times */
  constructor(wide = false) {
    this.#wide = wide;
    this.#chunks = [];
  }

  get(n: number): number {
    return this.#chunks[Math.floor(n / CHUNK)]?.[n % CHUNK] ?? 0;
  }

  set(n: number, value: number): void {
    const at = Math.floor(n / CHUNK);
    const chunk = (this.#chunks[at] ??= this.#wide ? new Float64Array(CHUNK) : new Uint32Array(CHUNK));
    chunk[n % CHUNK] = value;
  }
}

/** Texts that repeat, each kept once. */
export class NameColumn {
  readonly #numbers = new NumberColumn();
  readonly #known = new Map<string, number>();
  readonly #names: string[] = [];

  get(n: number): string {
    return this.#names[this.#numbers.get(n) - 1] ?? "";
  }

  set(n: number, name: string): void {
    let number = this.#known.get(name);
    if (number === undefined) {
      number = this.#names.push(name);
      this.#known.set(name, number);
    }
    this.#numbers.set(n, number);
  }
}

const NIL = "00000000000000000000000000000000";

/** GUIDs in 16 bytes; other texts as they are. */
export class IdColumn {
  readonly #chunks: Buffer[] = [];
  readonly #others = new Map<number, string>();

  get(n: number): string | null {
    const other = this.#others.get(n);
    if (other !== undefined) return other;
    const start = (n % CHUNK) * 16;
    const hex = this.#chunks[Math.floor(n / CHUNK)]?.toString("hex", start, start + 16) ?? NIL;
    if (hex === NIL) return null;
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  set(n: number, id: string | undefined): void {
    if (id === undefined || id === "") return;
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
      this.#others.set(n, id);
      return;
    }
    const chunk = (this.#chunks[Math.floor(n / CHUNK)] ??= Buffer.alloc(CHUNK * 16));
    chunk.write(id.replaceAll("-", ""), (n % CHUNK) * 16, "hex");
  }
}
