/**
 * Text from outside as a terminal may show it. Names in Exchange are hostile: escape sequences, bidirectional overrides, newlines. Whatever
 * is not a visible character becomes the escape a programmer would write for it, so nothing is executed, reordered or hidden.
 */

/** Control and format characters, line and paragraph separators, lone surrogates; not the joiners that scripts and emoji need, nor visible signs. */
const UNSAFE = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\p{Join_Control}\u0600-\u0605\u06dd]]/gv;

/** Same, but line ends stay: for text of several lines. */
export function plainLines(text: string): string {
  return text.split("\n").map(plain).join("\n");
}

/** One line of text, safe to show. */
export function plain(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** JSON, exact to the last digit of a big integer, and safe to show: what a terminal would act on is escaped, which changes no value. */
export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(
    value,
    (_key, member: unknown) => (typeof member === "bigint" ? JSON.rawJSON(String(member)) : member),
    indent,
  );
  return text.replace(/[^\n\u0020-\u007e]/gu, (character) =>
    isUnsafe(character) ? escaped(character) : character,
  );
}

function isUnsafe(character: string): boolean {
  return character.replace(UNSAFE, "") === "";
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, place) => character.charCodeAt(place))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("");
}

declare global {
  interface JSON {
    /** In Node 24; not yet in TypeScript's own types. */
    rawJSON(text: string): unknown;
  }
}
