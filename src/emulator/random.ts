/** Chance that can be repeated: every stream of rolls follows from the seed and the stream's name alone. */

/** A well-mixed 32-bit hash of a text. */
export function hashOf(text: string, seed = 0): number {
  let hash = seed ^ 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash);
}

function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A number in [0, 1) that belongs to the text for ever. */
export function shareOf(text: string, seed = 0): number {
  return hashOf(text, seed) / 2 ** 32;
}

/** `length` hex digits that belong to the label for ever. */
export function hexOf(label: string, length: number, seed = 0): string {
  let text = "";
  for (let part = 0; text.length < length; part += 1) {
    text += hashOf(`${label}/${part}`, seed).toString(16).padStart(8, "0");
  }
  return text.slice(0, length);
}

/** A version 4 GUID that belongs to the label for ever. */
export function guidOf(label: string, seed = 0): string {
  const hex = hexOf(label, 32, seed);
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Dice of one emulator. Streams do not disturb each other: more rolls of one leave the others as they were. */
export class Dice {
  readonly #seed: number;
  readonly #streams = new Map<string, { readonly base: number; rolls: number }>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The next number of the stream, in [0, 1). */
  roll(stream: string): number {
    let state = this.#streams.get(stream);
    if (!state) {
      state = { base: hashOf(stream, this.#seed), rolls: 0 };
      this.#streams.set(stream, state);
    }
    state.rolls += 1;
    return mix(state.base + Math.imul(state.rolls, 0x9e3779b9)) / 2 ** 32;
  }

  /** True at the given rate. Rates of 0 and 1 cost no roll. */
  chance(stream: string, rate: number): boolean {
    return rate > 0 && (rate >= 1 || this.roll(stream) < rate);
  }

  /** A number in [0, 1) that belongs to the label: whatever was rolled before, and in whatever order calls come. */
  share(label: string): number {
    return shareOf(label, this.#seed);
  }

  /** A whole number in [0, below). */
  below(stream: string, below: number): number {
    return Math.floor(this.roll(stream) * below);
  }

  /** One of the choices. @throws when there is none */
  pick<T>(stream: string, choices: readonly T[]): T {
    const chosen = choices[this.below(stream, choices.length)];
    if (chosen === undefined) throw new Error(`Cannot roll "${stream}": no choices`);
    return chosen;
  }

  /** A log-normal number with the given median. */
  logNormal(stream: string, median: number, sigma: number): number {
    if (sigma === 0) return median;
    const radius = Math.sqrt(-2 * Math.log(1 - this.roll(stream)));
    return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * this.roll(stream)));
  }

  /** A new array in random order. */
  shuffled<T>(stream: string, list: readonly T[]): T[] {
    const result = [...list];
    for (let last = result.length - 1; last > 0; last -= 1) {
      const other = this.below(stream, last + 1);
      const [a, b] = [result[last], result[other]];
      if (a !== undefined && b !== undefined) [result[last], result[other]] = [b, a];
    }
    return result;
  }
}
