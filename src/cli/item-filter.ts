/** `--outcome`, `--fingerprint`, `--lines` and `--pending`: which targets of a run are meant. */
import type { Command } from "commander";
import { OUTCOMES } from "../journal/index.ts";
import type { Outcome, TargetFilter } from "../journal/index.ts";
import { suggestion, UsageError } from "./usage.ts";

export interface ItemOptions {
  readonly outcome?: string;
  readonly pending?: boolean;
  readonly fingerprint?: string;
  readonly lines?: string;
}

/** Adds the options that a listing and a redrive share. */
export function withFilter(command: Command): Command {
  return command
    .option("--outcome <outcomes>", "only these outcomes, with commas")
    .option("--fingerprint <text>", "only failures of this cause")
    .option("--lines <numbers>", "only these lines of the manifest, such as 1,5-9");
}

/** @throws {UsageError} for an outcome nobody knows */
export function filterOf({ outcome, pending, fingerprint, lines }: ItemOptions): TargetFilter {
  return {
    ...(outcome === undefined ? {} : { outcome: outcome.split(",").map(outcomeNamed) }),
    ...(pending === undefined ? {} : { pending }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(lines === undefined ? {} : { lines: new Set(lines.split(",").flatMap(linesIn)) }),
  };
}

/** Longest span of lines one option may name. */
const MOST_LINES = 1_000_000;

/** Of one word such as `3` or `5-9`. @throws {UsageError} */
export function linesIn(word: string): number[] {
  const [, first = "", last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(word.trim()) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === "" || from < 1 || to < from || to - from > MOST_LINES)
    throw new UsageError(
      `Cannot read the lines "${word.trim()}": expected line numbers`,
      "write them like this: 1,5-9",
    );
  return Array.from({ length: to - from + 1 }, (_, place) => from + place);
}

function outcomeNamed(word: string): Outcome {
  const outcome = OUTCOMES.find((known) => known === word.trim());
  if (outcome) return outcome;
  throw new UsageError(
    `Cannot use outcome "${word.trim()}": there is no such outcome`,
    `${suggestion(word.trim(), OUTCOMES)}outcomes are: ${OUTCOMES.join(", ")}`,
  );
}
