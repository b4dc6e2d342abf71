/** Bars as inline SVG, drawn here so that they are there without any script. Pure. */
import { html } from "./text.ts";

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** A class of the page's style: what colours it. */
  readonly tone: string;
}

const ROW = 24;
const BAR = 16;
const WIDTH = 480;
const LABELS = 150;
const NUMBERS = 90;

/** @returns nothing when there is nothing to compare */
export function barChart(title: string, bars: readonly Bar[]): string {
  if (bars.length === 0) return "";
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const lines = bars.map(({ label, value, tone }, place) => {
    // What is there at all is seen.
    const length = value === 0 ? 0 : Math.max(2, Math.round((value / most) * (WIDTH - LABELS - NUMBERS)));
    const middle = place * ROW + ROW / 2;
    return (
      `<text x="${LABELS - 8}" y="${middle}" text-anchor="end" dominant-baseline="central">${html(label)}</text>` +
      `<rect class="${html(tone)}" x="${LABELS}" y="${middle - BAR / 2}" width="${length}" height="${BAR}" rx="2"></rect>` +
      `<text x="${LABELS + length + 8}" y="${middle}" dominant-baseline="central">${value.toLocaleString("en-US")}</text>`
    );
  });
  return (
    `<figure><figcaption>${html(title)}</figcaption>` +
    `<svg role="img" aria-label="${html(title)}" viewBox="0 0 ${WIDTH} ${bars.length * ROW}">${lines.join("")}</svg></figure>`
  );
}
