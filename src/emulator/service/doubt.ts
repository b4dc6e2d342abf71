/** Writes that leave their caller in doubt, and batches that mix up the answers of writes (`reliability-ux-security.md` A.5, F12 to F14 and F16). */
import { LOST_FORMS, type LostForm } from "../profile/quirks.ts";
import type { FaultKind } from "../profile/faults.ts";
import type { World } from "../world.ts";

/** What becomes of a write whose caller is not to know. */
export interface Doubt {
  readonly execution: "now" | "never" | "later";
  readonly form: LostForm;
}

/** A write as the quirks see it. */
interface StruckWrite {
  readonly cmdlet: string;
  /** Number in the ledger. */
  readonly n: number;
}

/**
 * What the quirks do to one sending of a write. It follows from the seed, the write itself and how often it was sent, so that it is the same
 * however the calls of several workers interleave.
 */
export function doubtOf(world: World, write: StruckWrite, inBatch: boolean): Doubt | undefined {
  const { lostWriteReply, lostWriteRequest, lateWrite, lostWriteForm } = world.profile.get().quirks;
  const label = struckLabel(world, write);
  if (label === undefined) return undefined;
  const execution = chosen<Doubt["execution"]>(world.dice.share(`doubt/${label}`), [
    ["now", lostWriteReply],
    ["never", lostWriteRequest],
    ["later", lateWrite],
  ]);
  if (execution === undefined) return undefined;
  const forms = inBatch ? LOST_FORMS : LOST_FORMS.filter((form) => form !== "missing-item");
  const rotated = forms[Math.floor(world.dice.share(`doubt/form/${label}`) * forms.length)];
  // Alone, a call has no batch to be missing from.
  const form = lostWriteForm === "rotate" ? rotated : forms.find((known) => known === lostWriteForm);
  return { execution, form: form ?? "dropped" };
}

/** How the batch's reply mixes up the answer of one write; undefined: not at all. */
export function mixUpOf(world: World, write: StruckWrite): FaultKind | undefined {
  const { quirks } = world.profile.get();
  const label = struckLabel(world, write);
  if (label === undefined) return undefined;
  return chosen<FaultKind>(world.dice.share(`mix-up/${label}`), [
    ["item-missing", quirks.missingWriteItems],
    ["item-twice", quirks.doubledWriteItems],
    ["items-swapped", quirks.swappedWriteItems],
    ["item-foreign", quirks.foreignWriteItems],
  ]);
}

/** Label of a write that may be struck. */
function struckLabel(world: World, { cmdlet, n }: StruckWrite): string | undefined {
  const { faultyWrites, faultyWritesOnce } = world.profile.get().quirks;
  const names = faultyWrites.toLowerCase().split(",");
  const isMeant = faultyWrites === "" || names.some((name) => name.trim() === cmdlet.toLowerCase());
  if (!isMeant || (faultyWritesOnce && !world.ledger.isFirst(n))) return undefined;
  return world.ledger.labelOf(n);
}

/** The choice a share in [0, 1) falls on, when each has its own rate; undefined beyond them. */
function chosen<T>(share: number, choices: readonly (readonly [choice: T, rate: number])[]): T | undefined {
  let below = 0;
  for (const [choice, rate] of choices) {
    below += rate;
    if (share < below) return choice;
  }
  return undefined;
}
