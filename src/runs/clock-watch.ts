/** Notices that somebody set the clock of this machine while we work, or that the machine slept: times on record are then not what they seem. */
import type { Telemetry } from "../telemetry/index.ts";

/** Between two looks. */
const EVERY_MS = 2_000;
/** Smaller corrections are daily bread. */
const JUMP_MS = 30_000;

export interface Clocks {
  /** What people set. */
  wallMs(): number;
  /** What nobody can set. */
  steadyMs(): number;
}

/** @param jumped told of every jump, after people were @returns a function that ends the watch */
export function watchClock(
  telemetry: Telemetry,
  jumped: () => void,
  clocks: Clocks = { wallMs: () => Date.now(), steadyMs: () => performance.now() },
  everyMs: number = EVERY_MS,
): () => void {
  const offset = (): number => clocks.wallMs() - clocks.steadyMs();
  let known = offset();
  const timer = setInterval(() => {
    const byMs = offset() - known;
    known += byMs;
    if (Math.abs(byMs) < JUMP_MS) return;
    telemetry.emit("warning", { text: textOf(byMs) });
    jumped();
  }, everyMs);
  return () => clearInterval(timer);
}

function textOf(byMs: number): string {
  const span =
    Math.abs(byMs) < 120_000
      ? `${Math.round(Math.abs(byMs) / 1_000)} s`
      : `${Math.round(Math.abs(byMs) / 60_000)} min`;
  return byMs > 0
    ? `the clock of this machine went forward by ${span} (it was set, or the machine slept): times on record before that are too early; runs go on. Have it kept by NTP`
    : `the clock of this machine was set back by ${span}: times on record before that are too late; runs go on, and what was put off is tried at once. Have it kept by NTP`;
}
