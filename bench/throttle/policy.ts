/** What a policy is to the simulation: it says who may send how much, and when what was refused is sent again. */
import type { Scenario } from "./scenario.ts";
import type { BatchEnd } from "./server/server.ts";

export type Permission =
  | { readonly id: string; readonly calls: number; readonly neverRefused: boolean }
  | { readonly untilMs: number };

/** What is known of one call that was sent. */
export interface History {
  /** Refusals in a row. */
  refused: number;
  /** Faults in a row. */
  faults: number;
  /** Was told to wait alone. */
  alone: boolean;
}

export interface Told {
  readonly id: string;
  readonly process: string;
  readonly end: BatchEnd;
  /** Of each call, before this answer. */
  readonly histories: readonly History[];
  readonly tookMs: number;
  readonly nowMs: number;
}

/** When a call that did not pass may be sent again. */
export interface Again {
  readonly delayMs: number;
  readonly alone: boolean;
}

export interface Policy {
  /** @param waiting calls that are ready to be sent */
  ask(process: string, waiting: number, nowMs: number): Permission;
  /** @returns one entry a call; those of calls that passed are not read */
  told(told: Told): readonly Again[];
}

export type MakePolicy = (processes: number, scenario: Scenario) => Policy;
