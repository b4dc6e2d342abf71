/** How many columns of a terminal a text takes. Pure; close enough for tables, not a whole Unicode table. */

/** Shown over the character before, or not at all. */
const NO_COLUMN = /^[\p{Mn}\p{Me}\p{Join_Control}\u{fe00}-\u{fe0f}]/u;
/** Chinese, Japanese, Korean, full-width forms and pictures. */
const TWO_COLUMNS =
  /^(?:[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|.\u{fe0f})/u;

const graphemes = (text: string): string[] =>
  Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), ({ segment }) => segment);

export function widthOf(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  return graphemes(text).reduce((sum, grapheme) => sum + columnsOf(grapheme), 0);
}

/** Filled up with blanks. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Cut off with `…` when it is wider. */
export function fitted(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let taken = "";
  let left = width - 1;
  for (const grapheme of graphemes(text)) {
    left -= columnsOf(grapheme);
    if (left < 0) break;
    taken += grapheme;
  }
  return `${taken}…`;
}

function columnsOf(grapheme: string): number {
  if (NO_COLUMN.test(grapheme)) return 0;
  return TWO_COLUMNS.test(grapheme) ? 2 : 1;
}
