/** What a process allows itself while the shared state is away: its share of what it saw last, by the same law, and no asking for more. */
import { LawInProcess } from "./law-in-process.ts";
import { giveBack, type LawState, newState, ownShare } from "./law/index.ts";

/** What was heard of the store last. */
export interface Seen {
  readonly state: LawState;
  /** Processes that shared it. */
  readonly processes: number;
  /** The store's clock minus ours. */
  readonly aheadMs: number;
}

/**
 * @param seen undefined: nothing was ever heard
 * @param processes to reckon with then
 * @param open this process's leases on the wire
 * @param now milliseconds that never run backwards
 */
export function ownShareOf(
  seen: Seen | undefined,
  processes: number,
  open: ReadonlySet<string>,
  now: () => number,
): LawInProcess {
  const aheadMs = seen?.aheadMs ?? 0;
  const lawNow = (): number => now() + aheadMs;
  const state = seen === undefined ? newState(lawNow()) : structuredClone(seen.state);
  ownShare(state, seen?.processes ?? processes, lawNow());
  for (const lease of Object.keys(state.leases)) if (!open.has(lease)) giveBack(state, lease, lawNow());
  return new LawInProcess(lawNow, state);
}
