/** Bytes that are gathered: a buffer that grows, and is kept for the next row group. */

/** A character of JavaScript takes at most this many bytes of UTF-8. */
const MOST_BYTES = 3;
const LENGTH_BYTES = 4;
const TWO_32 = 2 ** 32;

export class Bytes {
  #buffer = Buffer.allocUnsafe(4_096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was gathered; good until something is added. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    this.#room(1);
    this.#length = this.#buffer.writeUInt8(value, this.#length);
  }

  bytes(values: ArrayLike<number>): void {
    this.#room(values.length);
    this.#buffer.set(values, this.#length);
    this.#length += values.length;
  }

  uint32(value: number): void {
    this.#room(4);
    this.#length = this.#buffer.writeUInt32LE(value, this.#length);
  }

  /** @param value a safe integer */
  int64(value: number): void {
    this.#room(8);
    const high = Math.floor(value / TWO_32);
    const at = this.#buffer.writeUInt32LE(value - high * TWO_32, this.#length);
    this.#length = this.#buffer.writeInt32LE(high, at);
  }

  double(value: number): void {
    this.#room(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  /** UTF-8 after its length. Half a surrogate pair, which UTF-8 cannot hold, becomes U+FFFD. */
  text(value: string): void {
    this.#room(LENGTH_BYTES + value.length * MOST_BYTES);
    const written = this.#buffer.write(value, this.#length + LENGTH_BYTES);
    this.#buffer.writeUInt32LE(written, this.#length);
    this.#length += LENGTH_BYTES + written;
  }

  #room(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
