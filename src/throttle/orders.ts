/** What an operator said about one tenant's throttle, and what it makes of the law's settings at a moment. Pure: time is passed in. */
import { z } from "zod";
import type { Settings } from "../config.ts";
import type { LawSettings } from "./law/index.ts";
import { type Timetable, timetableAt } from "./timetable.ts";

export const POLITENESS = ["polite", "normal", "eager"] as const;
export type Politeness = (typeof POLITENESS)[number];

/** @returns undefined when it is none */
export function readPoliteness(text: string): Politeness | undefined {
  return POLITENESS.find((each) => each === text);
}

export interface Orders {
  /** Batches at once, never more. */
  readonly maxConcurrency?: number | undefined;
  /** Calls a second, never more. */
  readonly maxRate?: number | undefined;
  /** Writes a second, never more; reads do not count. */
  readonly maxWriteRate?: number | undefined;
  /** Of what was found, 1 to 100. */
  readonly sharePercent?: number | undefined;
  readonly politeness?: Politeness | undefined;
  readonly timetable?: Timetable | undefined;
}

/** `throttle.md` 5.5: requests that may ask for more, and calls that may be refused to learn a pace. */
const KNOBS: Readonly<Record<Politeness, Pick<LawSettings, "probeShare" | "wasteShare">>> = {
  polite: { probeShare: 0.01, wasteShare: 0.001 },
  normal: { probeShare: 0.04, wasteShare: 0.003 },
  eager: { probeShare: 0.08, wasteShare: 0.006 },
};

const schema = z.object({
  maxConcurrency: z.int().min(1).max(1_000).optional(),
  maxRate: z.number().min(0.01).max(100_000).optional(),
  maxWriteRate: z.number().min(0.01).max(100_000).optional(),
  sharePercent: z.number().min(1).max(100).optional(),
  politeness: z.enum(POLITENESS).optional(),
  timetable: z
    .object({
      zone: z.string().min(1),
      entries: z
        .array(z.object({ minute: z.int().min(0).max(1_439), percent: z.number().min(0).max(100) }))
        .min(1),
    })
    .optional(),
});

/** @param text as it was stored; empty: none. What cannot be read (another version wrote it) counts as none. */
export function parseOrders(text: string): Orders {
  if (text === "") return {};
  try {
    return schema.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}

export function ordersText(orders: Orders): string {
  return JSON.stringify(schema.parse(orders));
}

/** Of what was found, so much may be used now: the smaller of the operator's share and the timetable's. */
export function shareAt(
  orders: Orders,
  nowMs: number,
): { readonly percent: number; readonly untilMs: number } {
  const fixed = orders.sharePercent ?? 100;
  if (orders.timetable === undefined) return { percent: fixed, untilMs: Number.POSITIVE_INFINITY };
  const { percent, untilMs } = timetableAt(orders.timetable, nowMs);
  return { percent: Math.min(fixed, percent), untilMs };
}

export function lawSettings(
  { gate, batch }: Pick<Settings, "gate" | "batch">,
  orders: Orders,
  nowMs: number,
): LawSettings {
  return {
    startWindow: gate.startWindow,
    maxWindow: gate.maxWindow,
    maxCalls: batch.maxCalls,
    leaseMs: gate.leaseMs,
    maxWaitMs: gate.maxRetryAfterMs,
    ...KNOBS[orders.politeness ?? "normal"],
    sharePercent: shareAt(orders, nowMs).percent,
    ...(orders.maxConcurrency === undefined ? {} : { maxConcurrent: orders.maxConcurrency }),
    ...(orders.maxRate === undefined ? {} : { maxCallsPerSecond: orders.maxRate }),
    ...(orders.maxWriteRate === undefined ? {} : { maxWritesPerSecond: orders.maxWriteRate }),
  };
}
