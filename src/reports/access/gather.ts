/**
 * What several runs saw, as one answer: of each access what the newest run says that looked for it, and since when it has been so. A run that
 * did not look, or could not, neither shows nor ends anything; what only an older run saw there is unknown, not gone.
 */
import type { Sighting, Verdict, Witness } from "./witness.ts";

export interface Found extends Sighting {
  /** The newest run that saw it. */
  readonly seenIn: Witness;
  /** A newer run that should have looked for it and could not: whether it is still so is unknown. */
  readonly unreadIn: Witness | undefined;
  /** The first of the runs in an unbroken row up to `seenIn` that have it. */
  readonly since: Witness;
  /** No older run that looked says that it was not there before. */
  readonly atLeast: boolean;
}

type Draft = { -readonly [Name in keyof Found]: Found[Name] };

export type IsClosed = (witness: Witness, older: readonly Witness[]) => Promise<boolean>;

/**
 * @param witnesses runs of one job, newest first
 * @param keyOf tells accesses apart: the same in every run
 * @param isClosed whether older runs can add nothing to what one shows
 */
export async function gather(
  witnesses: readonly Witness[],
  load: (witness: Witness) => Promise<readonly Sighting[]>,
  keyOf: (sighting: Sighting) => string,
  isClosed: IsClosed,
): Promise<readonly Found[]> {
  const found = new Map<string, Draft>();
  /** Those whose row goes back to the run before. */
  const open = new Map<string, Draft>();
  for (const [place, witness] of witnesses.entries()) {
    const seen = mergeDoubles(await load(witness), keyOf);
    for (const [key, draft] of open) {
      if (seen.has(key)) draft.since = witness;
      else if (says(await witness.verdict(draft))) {
        draft.atLeast = false;
        open.delete(key);
      }
    }
    for (const [key, sighting] of seen) {
      if (found.has(key)) continue;
      const newer = await newerWord(witnesses.slice(0, place), sighting);
      if (newer === "refuted") continue;
      const draft: Draft = { ...sighting, seenIn: witness, unreadIn: newer, since: witness, atLeast: true };
      found.set(key, draft);
      open.set(key, draft);
    }
    if (open.size === 0 && (await isClosed(witness, witnesses.slice(place + 1)))) break;
  }
  return [...found.values()];
}

/** What newer runs say of an access none of them shows: that it is not there, or the newest of those that could not look. */
async function newerWord(
  newer: readonly Witness[],
  sighting: Sighting,
): Promise<Witness | "refuted" | undefined> {
  let unread: Witness | undefined;
  for (const witness of newer) {
    const verdict = await witness.verdict(sighting);
    if (says(verdict)) return "refuted";
    if (verdict === "unread") unread ??= witness;
  }
  return unread;
}

function says(verdict: Verdict): boolean {
  return verdict === "read" || verdict === "gone";
}

/** Rows that say the same, as one: a row that is shown wins over a hidden one, an explicit one over an inherited one. */
function mergeDoubles(
  sightings: readonly Sighting[],
  keyOf: (sighting: Sighting) => string,
): ReadonlyMap<string, Sighting> {
  const merged = new Map<string, Sighting>();
  for (const sighting of sightings) {
    const key = keyOf(sighting);
    const known = merged.get(key);
    merged.set(key, known === undefined ? sighting : merge(known, sighting));
  }
  return merged;
}

function merge(one: Sighting, other: Sighting): Sighting {
  const best = one.noise !== undefined && other.noise === undefined ? other : one;
  const readAt = [one.access.readAt, other.access.readAt].filter((at) => at !== "").sort();
  return {
    ...best,
    access: {
      ...best.access,
      inherited: one.access.inherited && other.access.inherited,
      readAt: readAt[0] ?? "",
    },
    cmdlets: [...new Set([...one.cmdlets, ...other.cmdlets])],
  };
}
