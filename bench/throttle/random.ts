/** Chance by seed: the same seed gives the same run. */

export interface Dice {
  /** 0 <= value < 1. */
  next(): number;
  /** Standard normal. */
  normal(): number;
}

/** mulberry32: small, fast, and good enough to shuffle work. */
export function dice(seed: number): Dice {
  let a = (seed * 2_654_435_761 + 0x9e37_79b9) >>> 0;
  const next = (): number => {
    a = (a + 0x6d2b_79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
