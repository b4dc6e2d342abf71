/** How targets end. */

/** How a target ended. These names are used everywhere. */
export const OUTCOMES = [
  "ok",
  "ok_no_change",
  "gone",
  "denied",
  "failed",
  "conflict",
  "skipped",
  "quarantined",
  "unresolved",
  "cancelled",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Nobody knows what a target with one of these has been through: only a decision gives it another outcome, or another try. */
export const IN_DOUBT = ["unresolved", "conflict"] as const satisfies readonly Outcome[];

export function isInDoubt(outcome: unknown): boolean {
  return IN_DOUBT.some((known) => known === outcome);
}
