/** `--outcome`, `--fingerprint` and `--pending`: which targets of a run are meant. */
import type { Command } from "commander";
import { OUTCOMES } from "../journal/index.ts";
import type { Outcome, TargetFilter } from "../journal/index.ts";
import { suggestion, UsageError } from "./usage.ts";

export interface ItemOptions {
  readonly outcome?: string;
  readonly pending?: boolean;
  readonly fingerprint?: string;
}

/** Adds the options that a listing and a redrive share. */
export function withFilter(command: Command): Command {
  return command
    .option("--outcome <outcomes>", "only these outcomes, with commas")
    .option("--fingerprint <text>", "only failures of this cause");
}

/** @throws {UsageError} for an outcome nobody knows */
export function filterOf({ outcome, pending, fingerprint }: ItemOptions): TargetFilter {
  return {
    ...(outcome === undefined ? {} : { outcome: outcome.split(",").map(outcomeNamed) }),
    ...(pending === undefined ? {} : { pending }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

function outcomeNamed(word: string): Outcome {
  const outcome = OUTCOMES.find((known) => known === word.trim());
  if (outcome) return outcome;
  throw new UsageError(
    `Cannot use outcome "${word.trim()}": there is no such outcome`,
    `${suggestion(word.trim(), OUTCOMES)}outcomes are: ${OUTCOMES.join(", ")}`,
  );
}
