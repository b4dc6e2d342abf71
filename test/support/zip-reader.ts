/** Opens ZIP files for tests, by their directory as programs do, and strictly: what is not as it should be throws. Shares nothing with the writer. */
import { crc32, inflateRawSync } from "node:zlib";

export interface Unzipped {
  readonly name: string;
  readonly text: string;
  /** Of DOS, as two numbers. */
  readonly time: readonly [date: number, time: number];
  /** Its offset was given in the form of ZIP64. */
  readonly large: boolean;
}

export function unzip(file: Buffer): readonly Unzipped[] {
  const end = file.lastIndexOf("PK\u{5}\u{6}", undefined, "latin1");
  if (end < 0 || end + 22 !== file.length) throw new Error("Cannot unzip: there is no end of the directory");
  let count = file.readUInt16LE(end + 10);
  let bytes = file.readUInt32LE(end + 12);
  let start = file.readUInt32LE(end + 16);
  let after = end;
  if (start === 0xffff_ffff) {
    if (file.readUInt32LE(end - 20) !== 0x07064b50)
      throw new Error("Cannot unzip: there is no ZIP64 locator");
    after = Number(file.readBigUInt64LE(end - 12));
    if (file.readUInt32LE(after) !== 0x06064b50) throw new Error("Cannot unzip: there is no ZIP64 end");
    count = Number(file.readBigUInt64LE(after + 32));
    bytes = Number(file.readBigUInt64LE(after + 40));
    start = Number(file.readBigUInt64LE(after + 48));
  }
  if (start + bytes !== after) throw new Error("Cannot unzip: the directory does not end where it should");
  const entries: Unzipped[] = [];
  let expected = 0;
  let at = start;
  while (at < start + bytes) {
    if (file.readUInt32LE(at) !== 0x02014b50) throw new Error("Cannot unzip: not a line of the directory");
    const [nameBytes, extraBytes, noteBytes] = [28, 30, 32].map((offset) => file.readUInt16LE(at + offset));
    const name = file.toString("latin1", at + 46, at + 46 + (nameBytes ?? 0));
    let offset = file.readUInt32LE(at + 42);
    const large = offset === 0xffff_ffff;
    if (large) {
      const extra = at + 46 + (nameBytes ?? 0);
      if (file.readUInt16LE(extra) !== 1 || file.readUInt16LE(extra + 2) !== 8)
        throw new Error("Cannot unzip: not the ZIP64 field that is needed");
      offset = Number(file.readBigUInt64LE(extra + 4));
    }
    if (offset !== expected) throw new Error(`Cannot unzip: a gap or an overlap before ${name}`);
    const size = { packed: file.readUInt32LE(at + 20), plain: file.readUInt32LE(at + 24) };
    const { text, next } = entry(file, offset, name, size, file.readUInt32LE(at + 16));
    expected = next;
    entries.push({ name, text, time: [file.readUInt16LE(at + 14), file.readUInt16LE(at + 12)], large });
    at += 46 + (nameBytes ?? 0) + (extraBytes ?? 0) + (noteBytes ?? 0);
  }
  if (entries.length !== count || expected !== start) throw new Error("Cannot unzip: the count is wrong");
  return entries;
}

function entry(
  file: Buffer,
  offset: number,
  name: string,
  size: { readonly packed: number; readonly plain: number },
  crc: number,
): { readonly text: string; readonly next: number } {
  if (file.readUInt32LE(offset) !== 0x04034b50) throw new Error(`Cannot unzip ${name}: no header`);
  const nameBytes = file.readUInt16LE(offset + 26);
  if (file.toString("latin1", offset + 30, offset + 30 + nameBytes) !== name)
    throw new Error(`Cannot unzip ${name}: another name in its header`);
  const from = offset + 30 + nameBytes + file.readUInt16LE(offset + 28);
  const plain = inflateRawSync(file.subarray(from, from + size.packed));
  const descriptor = from + size.packed;
  const said = [4, 8, 12].map((place) => file.readUInt32LE(descriptor + place));
  if (
    plain.length !== size.plain ||
    crc32(plain) !== crc ||
    said.join() !== [crc, size.packed, size.plain].join()
  )
    throw new Error(`Cannot unzip ${name}: sizes or checksum differ`);
  return { text: new TextDecoder("utf-8", { fatal: true }).decode(plain), next: descriptor + 16 };
}
