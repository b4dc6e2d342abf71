/**
 * A run's rows as Parquet: row group by row group, in little memory. The schema comes from the job, never from the rows: two runs of a job
 * can be read as one table.
 */
import { promisify } from "node:util";
import { zstdCompress } from "node:zlib";
import type { Cell } from "../../job/index.ts";
import type { Column as NamedColumn } from "../columns.ts";
import { completenessOf } from "../completeness.ts";
import type { Writing, WritingContext } from "../formats.ts";
import { runHeader } from "../run-header.ts";
import { Column, ENCODING, type Page } from "./column.ts";
import { type Chunk, fileMetadata, pageHeader } from "./metadata.ts";

/** A row group ends at so many rows, or at so many bytes in memory. */
export interface GroupLimits {
  readonly rows: number;
  readonly bytes: number;
}

const LIMITS: GroupLimits = { rows: 32_768, bytes: 32 * 1024 * 1024 };
const MAGIC = Buffer.from("PAR1");
/** Holds, as a JSON object, the cells of a row that are not of their column's type. There in every file with typed columns. */
const OTHER: NamedColumn = { name: "OtherValues", type: "text" };

const compress = promisify(zstdCompress);

/** @param limits for tests */
export function parquetWriting(context: WritingContext, limits: GroupLimits = LIMITS): Writing {
  return new ParquetFile(context, limits);
}

class ParquetFile implements Writing {
  readonly #context: WritingContext;
  readonly #limits: GroupLimits;
  readonly #names: readonly NamedColumn[];
  readonly #columns: readonly Column[];
  readonly #groups: (readonly Chunk[])[] = [];
  #at = 0;
  #rows = 0;
  #groupRows = 0;

  constructor(context: WritingContext, limits: GroupLimits) {
    this.#context = context;
    this.#limits = limits;
    const { columns } = context.layout;
    this.#names = columns.some(({ type }) => type !== "text") ? [...columns, OTHER] : columns;
    this.#columns = this.#names.map(({ type }) => new Column(type, limits.rows));
  }

  begin(): Promise<void> {
    return this.#hand(MAGIC);
  }

  async row(cells: readonly Cell[]): Promise<void> {
    const { columns } = this.#context.layout;
    let others: Record<string, Cell> | undefined;
    let bytes = 0;
    let place = -1;
    for (const column of this.#columns) {
      place += 1;
      const name = columns[place]?.name;
      const cell =
        name === undefined ? (others === undefined ? null : JSON.stringify(others)) : (cells[place] ?? null);
      if (!column.add(cell)) others = { ...others, [name ?? ""]: cell };
      bytes += column.bytes;
    }
    this.#rows += 1;
    this.#groupRows += 1;
    if (this.#groupRows >= this.#limits.rows || bytes >= this.#limits.bytes) await this.#endGroup();
  }

  async end(): Promise<void> {
    if (this.#groupRows > 0) await this.#endGroup();
    const { run } = this.#context;
    const { bytes } = fileMetadata({
      columns: this.#names,
      rows: this.#rows,
      groups: this.#groups,
      about: {
        "exosweep.run": JSON.stringify(runHeader(run)),
        "exosweep.complete": completenessOf(run).complete ? "yes" : "no",
        "exosweep.chainHead": run.chain.head,
      },
    });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    await this.#hand(Buffer.concat([Buffer.from(bytes), length, MAGIC]));
  }

  async #endGroup(): Promise<void> {
    const rows = this.#groupRows;
    this.#groupRows = 0;
    const packed = await Promise.all(
      this.#columns.map(async (column) => {
        const { nulls } = column;
        const pages = column.takePages();
        // Compressed by threads, all columns at once. The dictionary's bytes are the column's own: nothing is added to it until all is written.
        return { nulls, pages: await Promise.all(pages.map(packedPage)) };
      }),
    );
    const chunks: Chunk[] = [];
    for (const [place, { nulls, pages }] of packed.entries()) {
      const column = this.#names[place];
      if (column !== undefined) chunks.push(await this.#chunk(column, { rows, nulls }, pages));
    }
    this.#groups.push(chunks);
  }

  async #chunk(
    column: NamedColumn,
    counts: { readonly rows: number; readonly nulls: number },
    pages: readonly PackedPage[],
  ): Promise<Chunk> {
    const start = this.#at;
    let dataAt: number | undefined;
    let plainBytes = 0;
    for (const { page, header, bytes } of pages) {
      if (page.kind === "data") dataAt ??= this.#at;
      await this.#hand(header);
      await this.#hand(bytes);
      plainBytes += header.length + page.bytes.length;
    }
    return {
      column,
      ...counts,
      encodings: [...new Set([ENCODING.rle, ...pages.map(({ page }) => page.encoding)])],
      plainBytes,
      packedBytes: this.#at - start,
      dictionaryAt: pages[0]?.page.kind === "dictionary" ? start : undefined,
      dataAt: dataAt ?? start,
    };
  }

  async #hand(bytes: Uint8Array): Promise<void> {
    this.#at += bytes.length;
    await this.#context.sink.write(bytes);
  }
}

interface PackedPage {
  readonly page: Page;
  readonly header: Uint8Array;
  readonly bytes: Uint8Array;
}

async function packedPage(page: Page): Promise<PackedPage> {
  const bytes = await compress(page.bytes);
  return { page, header: Buffer.from(pageHeader(page, bytes.length).bytes), bytes };
}
