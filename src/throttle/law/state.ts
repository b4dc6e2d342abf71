/** What is remembered about one tenant and app: plain, small, serialisable. Times inside are on the law's own clock (`clock.ts`), in ms. */
import type { CallKind } from "./types.ts";

/** One batch on the wire. */
export interface Lease {
  process: string;
  kind: CallKind;
  calls: number;
  sentAt: number;
  expiresAt: number;
  /** Batches and calls that were on the wire when it left. */
  level: number;
  callsLevel: number;
  /** Answers counted when it left. */
  answers: number;
  callAnswers: number;
  scout: boolean;
  /** Sent above the window. */
  probe: boolean;
  /** Its silence has been taken for a yes. */
  counted: boolean;
}

export interface Member {
  /** Calls it was granted. */
  granted: number;
  seenAt: number;
  /** Until then it is taken to want its share. */
  wantsUntil: number;
}

export interface Gate {
  untilAt: number;
  closedAt: number;
  /** 0 open, 1 opening and waiting for somebody to go first, 2 the first one is out. */
  half: number;
  /** Lease of the first one. */
  scout: string;
  scoutAt: number;
  /** Refusals in a row. */
  fails: number;
}

export interface Window {
  w: number;
  /** Most at once that was proven to pass. */
  ok: number;
  /** What was refused last; 0: nothing yet. */
  ceiling: number;
  changedAt: number;
  grownAt: number;
  cutAt: number;
  cuts: number;
  /** No growth before. */
  stillUntil: number;
  rejectionMs: number;
}

export interface LawState {
  version: number;
  /** Caller's clock minus ours. */
  baseMs: number;
  t: number;
  answers: number;
  callAnswers: number;
  passed: number;
  refused: number;
  maxCalls: number;
  gate: Gate;
  window: Window;
  leases: Record<string, Lease>;
  members: Record<string, Member>;
}
