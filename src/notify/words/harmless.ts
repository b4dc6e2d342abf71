/** Text from a tenant as it may stand in a message: it runs nothing, leads nowhere, and looks like nothing but what it is. Pure. */
import { plain } from "../../reports/index.ts";

/** What mail programs and Teams make links of by themselves. */
const SCHEME = /\b([a-z][a-z0-9+.-]{1,30}):(?=\/\/)/gi;
const BARE_HOST = /\bwww\./gi;
const HANDLER = /\b(javascript|data|vbscript|mailto|tel|file|ms-[a-z]+):/gi;

/** One line without controls, and without addresses that programs would lead somebody to. */
export function harmless(text: string): string {
  return plain(text).replace(SCHEME, "$1[:]").replace(BARE_HOST, "www[.]").replace(HANDLER, "$1[:]");
}

const LONGEST_HEADLINE = 200;

/** For a subject or a title: harmless, and not long. */
export function headline(text: string): string {
  const safe = harmless(text);
  return safe.length <= LONGEST_HEADLINE ? safe : `${safe.slice(0, LONGEST_HEADLINE).toWellFormed()}…`;
}

/** As the text of an HTML element. */
export function html(text: string): string {
  return harmless(text).replace(/[&<>"'`]/g, (character) => `&#${character.codePointAt(0)};`);
}
