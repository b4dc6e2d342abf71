/** The lines of a file, one after the other, however long the file is. */
import { open } from "node:fs/promises";

const CHUNK_BYTES = 1_048_576;
/** No record of ours comes near it; what is longer is no bundle, and is not gathered in memory. */
export const LONGEST_BYTES = 64 * CHUNK_BYTES;

const NEWLINE = 10;

export interface Line {
  /** Its bytes, its end included; good until the next line is asked for. */
  readonly bytes: Buffer;
  /** False for a last line that has no end. */
  readonly whole: boolean;
}

/** @returns undefined in place of a line that is longer than `LONGEST_BYTES`; then no more come */
export async function* linesOf(path: string): AsyncGenerator<readonly Line[] | undefined, void> {
  await using file = await open(path, "r");
  let rest = Buffer.alloc(0);
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
    if (bytesRead === 0) break;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    const lines: Line[] = [];
    let from = 0;
    // What is left of the chunk before has no end in it.
    for (let end = bytes.indexOf(NEWLINE, rest.length); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      lines.push({ bytes: bytes.subarray(from, end + 1), whole: true });
      from = end + 1;
    }
    rest = bytes.subarray(from);
    if (lines.length > 0) yield lines;
    if (rest.length > LONGEST_BYTES) return yield undefined;
  }
  if (rest.length > 0) yield [{ bytes: rest, whole: false }];
}
