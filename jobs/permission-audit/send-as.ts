/**
 * SendAs of the whole tenant from one unscoped listing, instead of a call per mailbox.
 *
 * The listing names a mailbox by display name only, perhaps by an old one (`exo-protocol.md` 10.5), so a row is trusted only as far as its
 * name can be: every mailbox has exactly one SELF entry, and a mailbox is sure when exactly one SELF row came under a name that is its alone.
 * All others are read one by one, by GUID:
 *
 * - no SELF row: the mailbox is listed under an old name, or under a name it shares with another recipient
 * - several: among them are rows of a mailbox whose old name is this one's name today (or a page's seam repeated a row, which costs a call)
 * - one, but a mailbox read by GUID turns out to be listed under this one's name: the row was the other's
 *
 * A group has no SELF row, so each is read by GUID.
 *
 * What names cannot tell: a closed ring, two mailboxes renamed to each other's old name while the listing still has the old names of both.
 * Small runs ask every mailbox by GUID and have no such doubt.
 */
import { isGone } from "../../src/job/index.ts";
import type { BulkContext, CmdletReply, FoundRow, Mailbox, Restarted } from "../../src/job/index.ts";
import { complete } from "../common/answers.ts";
import { slices } from "../common/slices.ts";
import { type Grant, SEND_AS, sendAsGrants } from "./grant.ts";
import { rowsOf } from "./row.ts";
import { byIdentity, SendAsListing } from "./send-as-listing.ts";

/** Mailboxes read by GUID at once: enough to fill several batches. */
const ASKED_AT_ONCE = 200;
/** Mailboxes whose rows are yielded together. */
const TOLD_AT_ONCE = 500;

interface Place {
  readonly line: number;
  readonly mailbox: Mailbox;
}

export async function* sendAsOfTenant(
  context: BulkContext<unknown>,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  let listing = new SendAsListing();
  for await (const page of context.exo.pages(SEND_AS, { ResultSize: "Unlimited" })) {
    if ("restarted" in page) {
      listing = new SendAsListing();
      yield page;
    } else {
      context.count("send-as-pages");
      await listing.take(context, page);
    }
  }
  const asked = new Set<number>();
  yield* byGuid(context, listing, living(context.missing(listing.sure())), asked);
  for await (const places of slices(living(context.missing(asked)), TOLD_AT_ONCE))
    yield rowsAbout(context, places, (place) => listing.grants(place.line));
}

/** The listing has no deleted mailbox: a row under the name of one is somebody else's. */
async function* living(places: AsyncIterable<Place>): AsyncGenerator<Place> {
  for await (const place of places) if (place.mailbox.type !== "soft-deleted") yield place;
}

/** SendAs of one mailbox, from an answer about it. */
export function sendAsOf(reply: CmdletReply): readonly Grant[] {
  return complete(SEND_AS, reply).rows.flatMap((row) => sendAsGrants(row, reply));
}

/** Reads these mailboxes, and those that they throw doubt on, and so on; `asked` collects their lines. */
async function* byGuid(
  context: BulkContext<unknown>,
  listing: SendAsListing,
  unsure: AsyncIterable<Place> | Iterable<Place>,
  asked: Set<number>,
): AsyncGenerator<readonly FoundRow[]> {
  const doubted = new Map<number, Place>();
  for await (const places of slices(unsure, ASKED_AT_ONCE)) {
    for (const { line } of places) asked.add(line);
    const answers = await askAll(context, places);
    yield rowsAbout(context, places, ({ line }) => answers.get(line)?.grants ?? []);
    for (const { line } of places) {
      for (const bearer of await bearersOf(context, answers.get(line)?.names ?? []))
        if (bearer.line !== line && listing.has(bearer.line)) doubted.set(bearer.line, bearer);
    }
  }
  const next = [...doubted.values()].filter(({ line }) => !asked.has(line));
  if (next.length === 0) return;
  context.count("listed-under-anothers-name", next.length);
  yield* byGuid(context, listing, next, asked);
}

interface Answer {
  readonly grants: readonly Grant[];
  /** Names the service gave the mailbox in its answer: those that the listing has it under. */
  readonly names: readonly string[];
}

async function askAll(
  context: BulkContext<unknown>,
  places: readonly Place[],
): Promise<ReadonlyMap<number, Answer>> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  try {
    return new Map(
      await Promise.all(
        places.map(async (place) => [place.line, await ask(context, place.mailbox, signal)] as const),
      ),
    );
  } finally {
    // When one has failed, the others' answers have no reader.
    stop.abort();
  }
}

async function ask(context: BulkContext<unknown>, mailbox: Mailbox, signal: AbortSignal): Promise<Answer> {
  try {
    const reply = await context.readFor(mailbox, SEND_AS, { ResultSize: "Unlimited" }, { signal });
    return { grants: sendAsOf(reply), names: [...byIdentity(reply.rows).keys()] };
  } catch (error) {
    if (!isGone(error)) throw error;
    // Deleted since the manifest was made: the mailbox's own line says so.
    context.count("gone-before-send-as");
    return { grants: [], names: [] };
  }
}

/** Mailboxes of the manifest that have these names today. */
async function bearersOf(context: BulkContext<unknown>, names: readonly string[]): Promise<readonly Place[]> {
  const bearers = await Promise.all(names.map((name) => context.mailboxOf(name)));
  return bearers.filter((bearer) => bearer !== undefined);
}

async function rowsAbout(
  context: BulkContext<unknown>,
  places: readonly Place[],
  grantsOf: (place: Place) => readonly Grant[],
): Promise<readonly FoundRow[]> {
  const rows = await Promise.all(
    places.map((place) => rowsOf(context, place.line, place.mailbox, grantsOf(place))),
  );
  return rows.flat();
}
