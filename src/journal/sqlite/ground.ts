/** What all parts of the journal stand on: the one writer and the one reader of its file, and what they have learnt of it. */
import type { Connection } from "./connection.ts";
import type { Reader } from "./reader.ts";
import { headOf } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import type { Writer } from "./writer.ts";

/**
 * A manifest and its index count from the moment the manifest is sealed, which syncs them; until then a crash begins them anew. An access
 * index is made of what is on the disk: a crash loses its end at most, which is made again.
 */
export const LAZY = true;

/** `open.ts` puts it together. */
export interface GroundParts {
  readonly writer: Writer;
  readonly reader: Reader;
  readonly shapes: Shapes;
  readonly now: () => number;
}

export class Ground {
  readonly writer: Writer;
  readonly reader: Reader;
  readonly shapes: Shapes;
  readonly #now: () => number;
  /** Keys of runs by id; a few texts for each run this process had to do with. */
  readonly #keys = new Map<string, number>();

  constructor({ writer, reader, shapes, now }: GroundParts) {
    this.writer = writer;
    this.reader = reader;
    this.shapes = shapes;
    this.#now = now;
  }

  write<T>(work: (db: Connection) => T): Promise<T> {
    return this.writer.write(1, work);
  }

  read<T>(work: (db: Connection) => T): Promise<T> {
    return this.reader.read(work);
  }

  /** Of a run that is there: no run is ever taken away. */
  keyOf(db: Connection, run: string): number {
    const known = this.#keys.get(run) ?? headOf(db, run).key;
    this.#keys.set(run, known);
    return known;
  }

  /** Whole milliseconds: the file keeps integers. */
  nowMs(): number {
    return Math.trunc(this.#now());
  }
}
