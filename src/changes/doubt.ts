/** What several looks say about a write whose reply was lost: the class rules of the design, decision 4. Pure. */
import type { Effect } from "../exo/index.ts";
import type { ExoValue } from "../job/index.ts";

/** Looks that may differ from one another before somebody has to decide. */
const MOST_LOOKS = 6;
/** Sends in all, those that our own deaths cut short included: what kills its sender again and again must come to an end. */
const MOST_SENDS = 10;

export interface Doubt {
  readonly effect: Effect;
  /** What a look saw before the write was sent; null where there was none. */
  readonly before: ExoValue;
  /** Oldest first, each at least the look gap after the one before, the first after the settle window. */
  readonly looks: readonly { readonly seen: ExoValue; readonly wanted: boolean }[];
  /** How often the write was sent already, the lost one included. */
  readonly sends: number;
  /** How many of these were waited for in vain by a sender that lived: what our own restarts cut short says nothing about the write. */
  readonly lost: number;
  /** Bounds `lost`. */
  readonly maxSends: number;
}

export type Weighed =
  | "look-again"
  | "happened"
  /** It was not executed, and its class allows another sending. */
  | "absent-may-send"
  /** It was not executed, and will not be sent again. */
  | "absent"
  /** Neither what was there nor what is wanted: somebody else changed it meanwhile. */
  | "conflict"
  | "unresolved";

export function weigh({ effect, before, looks, sends, lost, maxSends }: Doubt): Weighed {
  const last = looks.at(-1);
  const previous = looks.at(-2);
  if (last === undefined || previous === undefined) return "look-again";
  if (last.wanted && previous.wanted) return "happened";
  // A look that is wanted and one that is not never agree, whatever they saw.
  if (last.wanted !== previous.wanted || !isSameState(last.seen, previous.seen))
    return looks.length < MOST_LOOKS ? "look-again" : "unresolved";
  if (before !== null && isSameState(last.seen, before))
    return effect !== "once" && lost < maxSends && sends < MOST_SENDS ? "absent-may-send" : "absent";
  return effect === "absolute" || effect === "create" ? "conflict" : "unresolved";
}

/** Whether two states are the same, in whatever order their keys stand. */
export function isSameState(one: ExoValue, other: ExoValue): boolean {
  return stateText(one) === stateText(other);
}

function stateText(state: ExoValue): string {
  return JSON.stringify(state, (_, part: ExoValue) => {
    if (typeof part === "bigint") return String(part);
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
