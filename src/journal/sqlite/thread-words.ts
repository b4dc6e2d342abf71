/** What the writing thread and its process say to each other. Plain data: it crosses by structured clone. */
import { JournalError, RunOpenError } from "../contract/errors.ts";
import type { Journal } from "../journal.ts";

/** Methods that write; everything else is read where it is asked for. */
export type WriteName = Exclude<
  keyof Journal,
  | "run"
  | "runs"
  | "openRuns"
  | "events"
  | "target"
  | "targetById"
  | "pending"
  | "countPending"
  | "targets"
  | "history"
  | "rows"
  | "rowsAbout"
  | "pairs"
  | "verify"
  | "bundle"
  | "intents"
  | "openIntents"
  | "lookUp"
  | "unindexed"
  | "rowsUnder"
  | "note"
  | "schedules"
  | "openTicks"
  | "ticks"
  | "deliveries"
  | "close"
>;

export interface Ask<Name extends WriteName = WriteName> {
  readonly id: number;
  readonly method: Name;
  readonly args: Parameters<Journal[Name]>;
}

/** In place of an ask's id: the answer is about the thread itself. Asks count from 1. */
export const NOBODY = 0;

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly fault: Fault };

/** An error without its class, which does not cross. */
export type Fault =
  | { readonly kind: "journal"; readonly message: string; readonly advice: string }
  | { readonly kind: "run-open"; readonly job: string; readonly tenant: string; readonly run: string }
  | { readonly kind: "other"; readonly message: string };

export function faultOf(error: unknown): Fault {
  if (error instanceof JournalError) return { kind: "journal", message: error.message, advice: error.advice };
  if (error instanceof RunOpenError)
    return { kind: "run-open", job: error.job, tenant: error.tenant, run: error.run };
  return { kind: "other", message: error instanceof Error ? error.message : String(error) };
}

export function errorOf(fault: Fault): Error {
  switch (fault.kind) {
    case "journal":
      return new JournalError(fault.message, fault.advice);
    case "run-open":
      return new RunOpenError(fault.job, fault.tenant, fault.run);
    case "other":
      return new Error(fault.message);
  }
}
