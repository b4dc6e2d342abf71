/**
 * What is kept with an announced write, oldest first: looks at the tenant, and notes that are none. `firstSight`: when this machine first saw
 * the announcement. `lost`: whoever sent it waited in vain for the answer.
 */
import type { ExoValue } from "../job/index.ts";
import type { Intent, Json } from "../journal/index.ts";
import { canonical } from "./change.ts";
import type { MachineClock, Moment } from "./machine-clock.ts";

export type Note = "firstSight" | "lost";
const NOTES: readonly Note[] = ["firstSight", "lost"];

/** What a look saw, and whether it is what the write wants. */
export interface Sight {
  readonly seen: Json;
  readonly wanted: boolean;
}

export function noteOf(note: Note, now: Moment): Json {
  return { [note]: true, ...now };
}

/** What is kept of what was seen: plain JSON, so that it compares equal after a journey through the journal. */
export function asJson(value: ExoValue): Json {
  const json: Json = JSON.parse(canonical(value));
  return json;
}

export function sightsOf({ looks }: Pick<Intent, "looks">): readonly Sight[] {
  return looks.filter(isLook).map((look) => {
    const fields = fieldsOf(look);
    return { seen: fields["seen"] ?? null, wanted: fields["wanted"] === true };
  });
}

/** Whether its sender lived to miss the answer. */
export function isLost({ looks }: Intent): boolean {
  return looks.some((look) => isNote(look, "lost"));
}

/** Since when this machine can tell how long ago a write was announced; undefined where it never noted that. */
export function reckonedSince(intent: Intent, clock: MachineClock): Moment | undefined {
  if (clock.canRead(intent)) return intent;
  return intent.looks
    .filter((look) => isNote(look, "firstSight"))
    .map(momentOf)
    .find((at) => clock.canRead(at));
}

/** Time until the write can have no more effect than it had, and until the next look. */
export function dueInMs(
  intent: Intent,
  clock: MachineClock,
  { settleMs, lookGapMs }: { readonly settleMs: number; readonly lookGapMs: number },
): number {
  const settledInMs = settleMs - clock.msSince(reckonedSince(intent, clock) ?? intent);
  const last = intent.looks.findLast(isLook);
  const gapInMs = last === undefined ? 0 : lookGapMs - clock.msSince(momentOf(last));
  return Math.max(0, settledInMs, gapInMs);
}

function isNote(look: Json, note: Note): boolean {
  return note in fieldsOf(look);
}

function isLook(look: Json): boolean {
  return !NOTES.some((note) => isNote(look, note));
}

function momentOf(look: Json): Moment {
  const { atMs, clock = null } = fieldsOf(look);
  return { atMs: typeof atMs === "number" ? atMs : 0, clock };
}

function fieldsOf(look: Json): Readonly<Record<string, Json>> {
  return isObject(look) ? look : {};
}

function isObject(json: Json): json is Readonly<Record<string, Json>> {
  return json !== null && typeof json === "object" && !Array.isArray(json);
}
