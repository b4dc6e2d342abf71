/**
 * Text from outside as a terminal may show it. Display names are hostile: escape sequences, bidirectional overrides, line ends
 * (`reliability-ux-security.md` C.3, T8). What is not a visible character is written as its code, so nothing is run, reordered or hidden.
 */

/** Controls, format characters, line and paragraph separators, lone surrogates; but not the joiners that scripts and emoji need. */
const UNSAFE = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--\p{Join_Control}]/gv;

/** One line of text that is safe to show: U+202E becomes `\u{202e}`. */
export function plain(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`);
}
