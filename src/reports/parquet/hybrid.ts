/** Small numbers in few bits: runs of one value counted, others packed by eights (Parquet's "RLE/bit-packed hybrid"). Pure. */
import type { Bytes } from "./bytes.ts";
import { varint } from "./thrift.ts";

/** Numbers are packed in groups of so many; a run is worth counting from so many on. */
const GROUP = 8;

/** Bits that `most` and everything below needs; at least one, because readers do not agree on none. */
export function bitWidth(most: number): number {
  return Math.max(1, 32 - Math.clz32(most));
}

/** Writes `values[from…to)`, each below `2 ** width`. */
export function writeHybrid(
  out: Bytes,
  values: ArrayLike<number>,
  span: { readonly from: number; readonly to: number },
  width: number,
): void {
  let packedFrom = span.from;
  let at = span.from;
  while (at < span.to) {
    const run = runAt(values, at, span.to);
    // Only the last group may be filled up with nothing, so a run first completes the group before it.
    const lacking = (GROUP - ((at - packedFrom) % GROUP)) % GROUP;
    if (run - lacking < GROUP) {
      at += run;
      continue;
    }
    writePacked(out, values, { from: packedFrom, to: at + lacking }, width);
    writeRun(out, values[at] ?? 0, run - lacking, width);
    at += run;
    packedFrom = at;
  }
  writePacked(out, values, { from: packedFrom, to: span.to }, width);
}

function runAt(values: ArrayLike<number>, from: number, to: number): number {
  let at = from + 1;
  while (at < to && values[at] === values[from]) at += 1;
  return at - from;
}

function writeRun(out: Bytes, value: number, count: number, width: number): void {
  out.bytes(varint(count * 2));
  for (let shift = 0; shift < width; shift += 8) out.byte((value >>> shift) & 0xff);
}

function writePacked(
  out: Bytes,
  values: ArrayLike<number>,
  { from, to }: { readonly from: number; readonly to: number },
  width: number,
): void {
  if (to === from) return;
  const groups = Math.ceil((to - from) / GROUP);
  out.bytes(varint(groups * 2 + 1));
  // Below 2 ** 32: what is left over of a byte, and one more number.
  let bits = 0;
  let filled = 0;
  for (let at = from; at < from + groups * GROUP; at += 1) {
    bits += (at < to ? (values[at] ?? 0) : 0) * 2 ** filled;
    filled += width;
    while (filled >= 8) {
      out.byte(bits % 256);
      bits = Math.floor(bits / 256);
      filled -= 8;
    }
  }
}
