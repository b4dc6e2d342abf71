/** Looks a JSON text over before it is parsed: how deep it nests, how many values it holds, whether it is complete. One pass, no memory. */

export interface Scan {
  readonly depth: number;
  readonly nodes: number;
  /** Every bracket and string is closed. */
  readonly complete: boolean;
  /** Holds a number of 16 digits or more, which a double may not hold exactly. */
  readonly bigNumbers: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const BIG_DIGITS = 16;

/** Stops early, as not complete, when a bound is passed. */
export function scanJson(bytes: Uint8Array, maxDepth: number, maxNodes: number): Scan {
  let depth = 0;
  let deepest = 0;
  let nodes = 1;
  let digits = 0;
  let bigNumbers = false;
  let place = 0;
  for (; place < bytes.length; place += 1) {
    const byte = bytes[place] ?? 0;
    if (byte >= 0x30 && byte <= 0x39) {
      digits += 1;
      if (digits === BIG_DIGITS) bigNumbers = true;
      continue;
    }
    digits = 0;
    if (byte === QUOTE) {
      place = endOfString(bytes, place + 1);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      nodes += 1;
      if (depth > deepest) deepest = depth;
      if (deepest > maxDepth) break;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
    } else if (byte === COMMA) {
      nodes += 1;
      if (nodes > maxNodes) break;
    }
  }
  return { depth: deepest, nodes, complete: place === bytes.length && depth === 0, bigNumbers };
}

/** @returns place of the closing quote, or beyond the end */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let place = start; place < bytes.length; place += 1) {
    if (bytes[place] === QUOTE) return place;
    if (bytes[place] === BACKSLASH) place += 1;
  }
  return bytes.length + 1;
}
