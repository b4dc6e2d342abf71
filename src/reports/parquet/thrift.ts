/** Structures in the compact protocol of Thrift, as far as the metadata of Parquet needs it. Pure. */

/** A value, ready to be written, with its type in the protocol. */
export interface Value {
  readonly type: number;
  readonly bytes: readonly number[] | Uint8Array;
}

const TRUE = 1;
const FALSE = 2;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
/** From this many items on the count of a list has bytes of its own; from this step on the number of a field. */
const LONG = 15;

export function i32(value: number): Value {
  return { type: I32, bytes: zigzag(value) };
}

/** @param value a safe integer, not negative */
export function i64(value: number): Value {
  return { type: I64, bytes: zigzag(value) };
}

/** Only as a field: in a list it would be written in another way. */
export function bool(value: boolean): Value {
  return { type: value ? TRUE : FALSE, bytes: [] };
}

export function text(value: string): Value {
  const bytes = Buffer.from(value);
  return { type: BINARY, bytes: [...varint(bytes.length), ...bytes] };
}

/** @param items of one type */
export function list(items: readonly Value[]): Value {
  const type = items[0]?.type ?? STRUCT;
  const head =
    items.length < LONG ? [(items.length << 4) | type] : [(LONG << 4) | type, ...varint(items.length)];
  return {
    type: LIST,
    bytes: Buffer.concat([Buffer.from(head), ...items.map(({ bytes }) => Buffer.from(bytes))]),
  };
}

/** @param fields by number, ascending; one that is undefined is left out */
export function struct(fields: readonly (readonly [number: number, value: Value | undefined])[]): Value {
  const parts: Buffer[] = [];
  let last = 0;
  for (const [number, value] of fields) {
    if (value === undefined) continue;
    const step = number - last;
    const head = step <= LONG ? [(step << 4) | value.type] : [value.type, ...zigzag(number)];
    parts.push(Buffer.from(head), Buffer.from(value.bytes));
    last = number;
  }
  return { type: STRUCT, bytes: Buffer.concat([...parts, Buffer.of(0)]) };
}

function zigzag(value: number): number[] {
  return varint(value < 0 ? -2 * value - 1 : 2 * value);
}

/** Seven bits a byte, the lowest first. @param value below 2^54 */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}
