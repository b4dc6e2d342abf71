/** JSON for results: big integers exact to the last digit, and what a terminal would act on escaped, which changes no value. */
import { plain } from "./plain-text.ts";

declare global {
  interface JSON {
    /** In Node 24; not yet in TypeScript's own types. */
    rawJSON(text: string): unknown;
  }
}

export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(
    value,
    (_key, member: unknown) => (typeof member === "bigint" ? JSON.rawJSON(String(member)) : member),
    indent,
  );
  return text.replace(/[^\n\u0020-\u007e]/gu, (character) =>
    plain(character) === character ? character : escaped(character),
  );
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, place) => character.charCodeAt(place))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("");
}
