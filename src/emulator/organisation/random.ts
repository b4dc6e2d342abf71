/** Randomness without state: every draw is a pure function of seed, purpose and index, so nothing has to be remembered. */

/** A draw of 32 unsigned bits for an object; `part` tells several draws about one object apart. */
export type Draw = (index: number, part?: number) => number;

/** The draws for one purpose. */
export function drawsFor(seed: number, purpose: string): Draw {
  const key = hashText(purpose, seed);
  return (index, part = 0) => scramble(scramble(index ^ key) ^ Math.imul(part + 1, 0x9e3779b1));
}

/** The member of a list a draw picks. */
export function pick<T>(list: readonly T[], draw: number): T {
  const member = list[draw % list.length];
  if (member === undefined) throw new RangeError("Cannot pick from a list: it is empty");
  return member;
}

/** True for about `perMille` of 1000 draws. */
export function happens(draw: number, perMille: number): boolean {
  return draw % 1000 < perMille;
}

export interface Permutation {
  forward(value: number): number;
  back(value: number): number;
}

/** A keyed bijection of the numbers below 2 to the power of `bits` (even, at most 32): a Feistel network of four rounds. */
export function permutation(seed: number, purpose: string, bits: number): Permutation {
  const half = bits / 2;
  const mask = 2 ** half - 1;
  const keys = [1, 2, 3, 4].map((round) => hashText(`${purpose} ${round}`, seed));
  const run = (value: number, order: readonly number[]): number => {
    let left = (value >>> half) & mask;
    let right = value & mask;
    for (const key of order) [left, right] = [right, left ^ (scramble(right ^ key) & mask)];
    // The halves are swapped back, so that the same network with its keys reversed undoes it.
    return ((right << half) | left) >>> 0;
  };
  const reversed = keys.toReversed();
  return { forward: (value) => run(value, keys), back: (value) => run(value, reversed) };
}

/** FNV-1a over the text, then scrambled with the seed. */
export function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place++)
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  return scramble(hash ^ scramble(seed));
}

/** The finalizer of MurmurHash3: every input bit reaches every output bit. */
function scramble(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
