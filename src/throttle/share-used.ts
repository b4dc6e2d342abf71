/** How much of what was found possible somebody used: the part of the time in which the limit, and not a lack of work, held batches back. Pure. */

/** Counted by the gate since its first call for a tenant and app, of all processes together; pauses do not count. */
export interface Counted {
  readonly openMs: number;
  /** ... of which the limit held batches back. */
  readonly fullMs: number;
}

/**
 * @param start undefined: nobody looked at the beginning
 * @returns 0 to 1; 0 also when no time was counted
 */
export function shareUsed(end: Counted, start?: Counted): number {
  // A gate that lost its state counts from there.
  const same = start !== undefined && start.openMs <= end.openMs && start.fullMs <= end.fullMs;
  const openMs = end.openMs - (same ? start.openMs : 0);
  const fullMs = end.fullMs - (same ? start.fullMs : 0);
  return openMs > 0 ? Math.min(1, fullMs / openMs) : 0;
}

/** @param note as it was written down; undefined when it is none */
export function readCounted(note: unknown): Counted | undefined {
  if (typeof note !== "object" || note === null || !("openMs" in note) || !("fullMs" in note))
    return undefined;
  const { openMs, fullMs } = note;
  return typeof openMs === "number" && typeof fullMs === "number" ? { openMs, fullMs } : undefined;
}
