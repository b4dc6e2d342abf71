/** Screens of a terminal as an animated SVG: lines all frames share are drawn once. Plain CSS, no script; still where nothing may move. */
import type { Shown } from "./screen.ts";

/** The recording is shown this much faster than it was. */
const SPEED = 5;
/** How long the end stays, before the picture begins again. */
const HOLD_MS = 20_000;
const CELL = { width: 7, height: 15 };
const PADDING = 16;
const BAR = 28;

/** @param frames at most so many screens before the last one */
export function draw(screens: readonly Shown[], frames: number): string {
  const last = screens.at(-1);
  if (last === undefined) throw new Error("Cannot draw: nothing was recorded");
  const chosen = choose(screens, frames);
  const lines = last.lines.map((line) => line.trimEnd());
  const common = chosen.reduce(
    (least, { lines: shown }) => Math.min(least, sharedLines(shown, lines)),
    lines.length,
  );
  const totalMs = last.atMs / SPEED + HOLD_MS;
  const columns = Math.max(...[...chosen, last].flatMap((screen) => screen.lines.map(columnsOf)));
  const width = columns * CELL.width + 2 * PADDING;
  const height = lines.length * CELL.height + 2 * PADDING + BAR;
  const steps = chosen.map((frame, place) => ({
    lines: frame.lines.slice(common),
    fromMs: place === 0 ? 0 : frame.atMs / SPEED,
    toMs: (chosen[place + 1] ?? last).atMs / SPEED,
  }));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="The demo of exosweep in a terminal">`,
    `<style>`,
    `text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d5dbe3;white-space:pre}`,
    `.t{fill:#8b97a5}.f{visibility:hidden}`,
    `@media (prefers-reduced-motion:no-preference){`,
    ...steps.map(({ fromMs, toMs }, place) => keyframes(`f${place}`, fromMs, toMs, totalMs)),
    keyframes("end", last.atMs / SPEED, totalMs, totalMs),
    `}`,
    `</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#161b22"/>`,
    ...["#ff5f57", "#febc2e", "#28c840"].map(
      (colour, place) =>
        `<circle cx="${PADDING + 4 + place * 18}" cy="${PADDING + 2}" r="5.5" fill="${colour}"/>`,
    ),
    `<text class="t" x="${width - PADDING}" y="${PADDING + 6}" text-anchor="end">recorded run, ${SPEED} times as fast</text>`,
    ...lines.slice(0, common).map((line, row) => text(line, row)),
    ...steps.map(({ lines: shown }, place) => `<g class="f" id="f${place}">${texts(shown, common)}</g>`),
    `<g id="end">${texts(lines.slice(common), common)}</g>`,
    `</svg>`,
    ``,
  ].join("\n");
}

/** Screens about equally far apart in time, each unlike the one before. */
function choose(screens: readonly Shown[], most: number): readonly Shown[] {
  const last = screens.at(-1);
  const apartMs = (last?.atMs ?? 0) / most;
  const chosen: Shown[] = [];
  for (const screen of screens.slice(0, -1)) {
    const before = chosen.at(-1);
    const alike = before !== undefined && before.lines.join("\n") === screen.lines.join("\n");
    if (before === undefined || (screen.atMs - before.atMs >= apartMs && !alike)) chosen.push(screen);
  }
  return chosen;
}

function sharedLines(some: readonly string[], others: readonly string[]): number {
  const place = some.findIndex((line, row) => line.trimEnd() !== others[row]);
  return place < 0 ? some.length : place;
}

/** Seen from one moment to another, in a loop. */
function keyframes(name: string, fromMs: number, toMs: number, totalMs: number): string {
  const at = (ms: number): string => `${((ms / totalMs) * 100).toFixed(2)}%`;
  const before = fromMs > 0 ? `0%{visibility:hidden}` : "";
  const after = toMs < totalMs ? `${at(toMs)}{visibility:hidden}` : "";
  return (
    `@keyframes ${name}{${before}${at(fromMs)}{visibility:visible}${after}}` +
    `#${name}{animation:${name} ${(totalMs / 1_000).toFixed(2)}s step-end infinite}`
  );
}

function texts(lines: readonly string[], fromRow: number): string {
  return lines.map((line, place) => text(line, fromRow + place)).join("");
}

/** The length is given, so that every font keeps the columns. */
function text(line: string, row: number): string {
  const shown = line.trimEnd();
  if (shown === "") return "";
  const indent = shown.length - shown.trimStart().length;
  const words = shown.slice(indent);
  const x = PADDING + indent * CELL.width;
  const y = PADDING + BAR + (row + 0.75) * CELL.height;
  const length = columnsOf(words) * CELL.width;
  return `<text x="${x}" y="${y}" textLength="${length}">${escaped(words)}</text>`;
}

function columnsOf(line: string): number {
  return Array.from(line.trimEnd()).length;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
