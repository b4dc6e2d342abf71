/**
 * A ZIP file written from front to back: entries are deflated as they come, and their sizes follow them. No clock: all entries carry the first
 * day that the format knows, so that the same entries give the same bytes.
 *
 * An entry must stay under 4 GiB, because readers of spreadsheets do not agree on how larger ones are streamed; the file may be larger: then
 * its directory is written in the form of ZIP64 (APPNOTE.TXT 4.3.14, 4.5.3).
 */
import { promisify } from "node:util";
import { crc32, createDeflateRaw, type DeflateRaw } from "node:zlib";

/** 1980-01-01, 00:00. */
const DATE = 0x0021;
const TIME = 0;
const DEFLATED = 8;
const SIZES_FOLLOW = 0x0008;
const VERSION = 20;
const VERSION_ZIP64 = 45;
/** From here on a field of 32 bits does not do. */
const MAX_32 = 0xffff_ffff;
/** Text gathered before it is deflated. */
const CHUNK_CHARACTERS = 256 * 1024;
/** Sheets are most of the same over and over: a higher level takes longer and gains little. */
const LEVEL = 3;

interface Listed {
  readonly name: Buffer;
  readonly offset: number;
  crc: number;
  packedBytes: number;
  bytes: number;
}

type Write = (bytes: Uint8Array) => Promise<void>;

export class ZipWriter {
  readonly #write: Write;
  readonly #zip64From: number;
  readonly #entries: Listed[] = [];
  #offset = 0;

  /** @param zip64From offsets from here on are written as ZIP64; for tests */
  constructor(write: Write, zip64From = MAX_32) {
    this.#write = write;
    this.#zip64From = zip64From;
  }

  /** Begins an entry; the one before must have ended. @param name ASCII, with slashes */
  async entry(name: string): Promise<ZipEntry> {
    const listed: Listed = {
      name: Buffer.from(name, "ascii"),
      offset: this.#offset,
      crc: 0,
      packedBytes: 0,
      bytes: 0,
    };
    this.#entries.push(listed);
    const header = fields([4, 0x04034b50], [2, VERSION], ...common(), [4, 0], [4, 0], [4, 0]);
    await this.#hand(Buffer.concat([header, fields([2, listed.name.length], [2, 0]), listed.name]));
    return new ZipEntry(listed, (bytes) => this.#hand(bytes));
  }

  /** Writes the directory. */
  async end(): Promise<void> {
    const start = this.#offset;
    for (const entry of this.#entries) await this.#hand(this.#directoryLine(entry));
    const bytes = this.#offset - start;
    const count = this.#entries.length;
    const large = start >= this.#zip64From;
    if (large) {
      const at = this.#offset;
      await this.#hand(
        Buffer.concat([
          fields([4, 0x06064b50], [8, 44], [2, VERSION_ZIP64], [2, VERSION_ZIP64], [4, 0], [4, 0]),
          fields([8, count], [8, count], [8, bytes], [8, start]),
          fields([4, 0x07064b50], [4, 0], [8, at], [4, 1]),
        ]),
      );
    }
    await this.#hand(
      fields(
        [4, 0x06054b50],
        [2, 0],
        [2, 0],
        [2, count],
        [2, count],
        [4, bytes],
        [4, large ? MAX_32 : start],
        [2, 0],
      ),
    );
  }

  #directoryLine({ name, offset, crc, packedBytes, bytes }: Listed): Buffer {
    const large = offset >= this.#zip64From;
    const extra = large ? fields([2, 1], [2, 8], [8, offset]) : Buffer.alloc(0);
    const version = large ? VERSION_ZIP64 : VERSION;
    return Buffer.concat([
      fields([4, 0x02014b50], [2, version], [2, version], ...common()),
      fields([4, crc], [4, packedBytes], [4, bytes], [2, name.length], [2, extra.length]),
      fields([2, 0], [2, 0], [2, 0], [4, 0], [4, large ? MAX_32 : offset]),
      name,
      extra,
    ]);
  }

  async #hand(bytes: Uint8Array): Promise<void> {
    this.#offset += bytes.length;
    await this.#write(bytes);
  }
}

export class ZipEntry {
  readonly #listed: Listed;
  readonly #hand: Write;
  readonly #deflater: DeflateRaw = createDeflateRaw({ level: LEVEL, memLevel: 9 });
  #text: string[] = [];
  #characters = 0;
  #packed: Buffer[] = [];
  /** The chunk before: it is deflated in a thread of its own while the next one is gathered here. */
  #working: Promise<void> = Promise.resolve();

  constructor(listed: Listed, hand: Write) {
    this.#listed = listed;
    this.#hand = hand;
    this.#deflater.on("data", (packed: Buffer) => this.#packed.push(packed));
    // Told by the write that fails, too, and only there somebody hears it.
    this.#deflater.on("error", () => {});
  }

  /** Bytes before deflating, of what was handed on. */
  get bytes(): number {
    return this.#listed.bytes;
  }

  async write(text: string): Promise<void> {
    this.#text.push(text);
    this.#characters += text.length;
    if (this.#characters >= CHUNK_CHARACTERS) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.#working;
    const ended = new Promise<void>((resolve, reject) =>
      this.#deflater.once("end", resolve).once("error", reject),
    );
    this.#deflater.end();
    await ended;
    await this.#handOn();
    const { crc, packedBytes, bytes } = this.#listed;
    if (bytes > MAX_32 || packedBytes > MAX_32)
      throw new RangeError(`Cannot write an entry of ${bytes} bytes: it must stay under 4 GiB`);
    await this.#hand(fields([4, 0x08074b50], [4, crc], [4, packedBytes], [4, bytes]));
  }

  async #flush(): Promise<void> {
    const chunk = Buffer.from(this.#text.join(""));
    this.#text = [];
    this.#characters = 0;
    await this.#working;
    await this.#handOn();
    this.#listed.crc = crc32(chunk, this.#listed.crc);
    this.#listed.bytes += chunk.length;
    this.#working = promisify((done: (error?: Error | null) => void) => this.#deflater.write(chunk, done))();
    // Told by whoever waits for it next.
    this.#working.catch(() => {});
  }

  async #handOn(): Promise<void> {
    const packed = this.#packed;
    this.#packed = [];
    for (const bytes of packed) {
      this.#listed.packedBytes += bytes.length;
      await this.#hand(bytes);
    }
  }
}

/** Flags, method and time, alike in both places an entry is described. */
function common(): readonly Field[] {
  return [
    [2, SIZES_FOLLOW],
    [2, DEFLATED],
    [2, TIME],
    [2, DATE],
  ];
}

type Field = readonly [bytes: 2 | 4 | 8, value: number];

/** Numbers, little-endian. */
function fields(...list: readonly Field[]): Buffer {
  const buffer = Buffer.alloc(list.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of list) {
    if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value), at);
    else buffer.writeUIntLE(value, at, bytes);
    at += bytes;
  }
  return buffer;
}
