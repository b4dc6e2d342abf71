/** Family names that carry a number: four syllables of 64 each are 24 bits, so a name found in any text leads back to its object. */

const CONSONANTS = "bdfghjklmnprstvz";
const VOWELS = "aeio";
const SYLLABLES = 4;
const LETTERS = 2 * SYLLABLES;

/** How many different tags there are. */
export const TAG_BITS = 24;

/** A pronounceable word in lower case, one for each number below 2^24. */
export function tagOf(number: number): string {
  let tag = "";
  for (let shift = TAG_BITS - 6; shift >= 0; shift -= 6) {
    const syllable = (number >>> shift) & 63;
    tag += CONSONANTS.charAt(syllable >>> 2) + VOWELS.charAt(syllable & 3);
  }
  return tag;
}

/** Numbers of all tags that may stand in a text: at either end of any run of letters. Most texts have one. */
export function tagsIn(text: string): number[] {
  const found = new Set<number>();
  for (const [run] of text.toLowerCase().matchAll(/[a-z]{8,}/g)) {
    for (const word of [run.slice(-LETTERS), run.slice(0, LETTERS)]) {
      const number = numberOf(word);
      if (number !== undefined) found.add(number);
    }
  }
  return [...found];
}

function numberOf(word: string): number | undefined {
  let number = 0;
  for (let place = 0; place < LETTERS; place += 2) {
    const consonant = CONSONANTS.indexOf(word.charAt(place));
    const vowel = VOWELS.indexOf(word.charAt(place + 1));
    if (consonant < 0 || vowel < 0) return undefined;
    number = (number << 6) | (consonant << 2) | vowel;
  }
  return number;
}
