/**
 * Fills a run's manifest and principal index, then seals the manifest. Freeze first, work second: after this, what the run is about no
 * longer changes. Listings come unordered and may repeat or miss an object at a page's seam (`exo-protocol.md` 6.4), so mailboxes are listed
 * until a whole pass has brought nothing new. After a crash it starts over: cursors do not survive.
 */
import type { Exchange, SendOptions } from "../exo/index.ts";
import { ExoError } from "../exo/index.ts";
import type { Job, Mailbox, TargetType } from "../job/index.ts";
import type { IndexEntry, Journal, NewTarget } from "../journal/index.ts";
import {
  mailboxEntry,
  namedBy,
  type NamedBy,
  PRINCIPAL_PROPERTIES,
  principalEntry,
  targetIdOf,
} from "./mailbox.ts";
import type { Scope } from "./scope.ts";
import { ahead, sideBySide } from "./side-by-side.ts";
import {
  listsByName,
  MAILBOXES_BY_NAME,
  type NameSource,
  type TargetListing,
  targetListings,
} from "./target-listings.ts";
import { bulkTarget, changeTarget, mailboxTarget, nobodyTarget } from "./targets.ts";
import { crashPoint } from "../test-points.ts";

const MOST_PASSES = 6;

export interface EnumerateParts {
  readonly journal: Journal;
  readonly exo: Exchange;
  readonly job: Job;
  readonly run: string;
  readonly params: unknown;
  readonly scope: Scope;
  /** Runs with at most this many mailboxes read everything per mailbox. */
  readonly smallScope: number;
  readonly signal: AbortSignal;
}

/** A machine that slept may find that another process has begun the manifest anew: what it adds, or seals, is refused then. */
interface Filling extends EnumerateParts {
  readonly filling: number;
}

/** @throws {ExoError} when a listing cannot be read to its end; {JournalError} when another process has begun the manifest anew */
export async function enumerate(
  given: EnumerateParts,
): Promise<{ readonly count: number; readonly sha256: string }> {
  const parts: Filling = { ...given, filling: await given.journal.clearTargets(given.run) };
  const { scope } = parts;
  crashPoint("manifest.cleared");
  if (scope.kind === "changes") {
    await addChanges(parts, scope.changes);
    return seal(parts);
  }
  const few = scope.kind === "list" && scope.identities.length <= parts.smallScope;
  if (few) {
    await addNamed(parts, scope.identities, true);
    await addBulk(parts, true);
    return seal(parts);
  }
  // Principals are of use to a large run only, and take longest: they are listed as soon as the run is known to be one.
  const large = Promise.withResolvers<boolean>();
  if (scope.kind === "list") large.resolve(true);
  await sideBySide(parts.signal, [
    async (signal) => {
      try {
        const listed = await listMailboxes({ ...parts, signal }, () => large.resolve(true));
        const small = listed.count <= parts.smallScope;
        await listed.add(small);
        large.resolve(!small);
      } finally {
        large.resolve(false);
      }
    },
    async (signal) => {
      if (await large.promise) await listPrincipals({ ...parts, signal });
    },
  ]);
  await addBulk(parts, !(await large.promise));
  return seal(parts);
}

async function addBulk(parts: Filling, small: boolean): Promise<void> {
  const { job, params } = parts;
  const bulk = job.bulk.filter((read) => (!small || read.always) && (read.wanted?.(params) ?? true));
  await add(
    parts,
    bulk.map(({ name, cmdlet, last }) => bulkTarget(name, cmdlet, { small, last })),
  );
}

/** @returns how many were new */
function add({ journal, run, filling }: Filling, targets: readonly NewTarget[]): Promise<number> {
  return journal.addTargets(run, targets, filling);
}

function seal({ journal, run, filling }: Filling): ReturnType<Journal["sealManifest"]> {
  crashPoint("manifest.before-seal");
  return journal.sealManifest(run, filling);
}

interface Listed {
  readonly count: number;
  /** Adds what was found to the manifest. */
  add(small: boolean): Promise<void>;
}

/** @param onLarge called as soon as there are more than a small run has */
async function listMailboxes(parts: Filling, onLarge: () => void): Promise<Listed> {
  const { scope } = parts;
  if (scope.kind === "sample") return listSample(parts, scope.count, scope.types);
  if (scope.kind === "list") return listNamed(parts, scope.identities);
  if (scope.kind === "changes") throw new TypeError("Cannot list mailboxes: the plan names them");
  // The first pass decides whether the run is small; until then nothing is added, so a page's worth is kept back.
  const kept: Mailbox[] = [];
  let large = false;
  const take = async (mailboxes: readonly Mailbox[]): Promise<number> => {
    if (!large) {
      // The second pass brings the same ones again.
      const known = new Set(kept.map(targetIdOf));
      const fresh = mailboxes.filter((mailbox) => {
        const id = targetIdOf(mailbox);
        return !known.has(id) && known.add(id);
      });
      if (known.size <= parts.smallScope) {
        kept.push(...fresh);
        return fresh.length;
      }
    }
    large = true;
    onLarge();
    return addLarge(parts, [...kept.splice(0), ...mailboxes]);
  };
  const count = await passes(
    parts,
    targetListings(scope.types, scope.kind === "filter" ? scope.opath : undefined),
    take,
  );
  return {
    count: large ? count : kept.length,
    add: async (small) => {
      if (small)
        await add(
          parts,
          kept.map((mailbox) => mailboxTarget(mailbox, true)),
        );
      else if (kept.length > 0) await addLarge(parts, kept);
    },
  };
}

async function addLarge(parts: Filling, mailboxes: readonly Mailbox[]): Promise<number> {
  const fresh = await add(
    parts,
    mailboxes.map((mailbox) => mailboxTarget(mailbox, false)),
  );
  // The second pass seldom brings anything; a page with one new mailbox is put in whole, which changes nothing for the others.
  if (fresh > 0) await parts.journal.putIndex(parts.run, mailboxes.map(mailboxEntry));
  return fresh;
}

/** Lists until a pass brings nothing new. @returns how many different mailboxes there are */
async function passes(
  parts: Filling,
  from: readonly TargetListing[],
  take: (mailboxes: readonly Mailbox[]) => Promise<number>,
): Promise<number> {
  let total = 0;
  for (let pass = 1; pass <= MOST_PASSES; pass += 1) {
    let fresh = 0;
    for (const listing of from) {
      for await (const mailboxes of targetPages(parts, listing)) fresh += await take(mailboxes);
    }
    total += fresh;
    if (pass > 1 && fresh === 0) return total;
    if (pass === 1 && total === 0) return 0;
  }
  throw new ExoError(`Cannot list the mailboxes: ${MOST_PASSES} listings in a row each brought new ones`, {
    cmdlet: "Get-Mailbox",
    kind: "incomplete",
    remedy: "pause-run",
  });
}

async function* targetPages(
  parts: Filling,
  { cmdlet, parameters, select, targetIn }: TargetListing,
): AsyncGenerator<readonly Mailbox[]> {
  const pages = parts.exo.pages(cmdlet, parameters, { select, run: parts.run, signal: parts.signal });
  for await (const page of ahead(pages)) {
    // A restarted listing repeats rows; the manifest collapses them by id.
    if ("restarted" in page) continue;
    yield page.rows.map(targetIn).filter((mailbox) => mailbox !== undefined);
  }
}

async function listSample(parts: Filling, count: number, types: readonly TargetType[]): Promise<Listed> {
  let smallest: (readonly [id: string, mailbox: Mailbox])[] = [];
  const take = async (mailboxes: readonly Mailbox[]): Promise<number> => {
    const before = new Set(smallest.map(([id]) => id));
    const all = new Map([...smallest, ...mailboxes.map((mailbox) => [sampleKey(mailbox), mailbox] as const)]);
    smallest = [...all].sort(([one], [other]) => (one < other ? -1 : 1)).slice(0, count);
    return smallest.filter(([id]) => !before.has(id)).length;
  };
  await passes(parts, targetListings(types, undefined), take);
  const mailboxes = smallest.map(([, mailbox]) => mailbox);
  return {
    count: smallest.length,
    add: async (small) => {
      if (small)
        await add(
          parts,
          mailboxes.map((mailbox) => mailboxTarget(mailbox, true)),
        );
      else await addLarge(parts, mailboxes);
    },
  };
}

/** In an order that does not depend on what a target is. */
function sampleKey(mailbox: Mailbox): string {
  return `${mailbox.id} ${targetIdOf(mailbox)}`;
}

/** A long list: each name is asked for; the batches make that cheap, and a name nobody has is a line of its own. */
async function listNamed(parts: Filling, identities: readonly string[]): Promise<Listed> {
  return { count: identities.length, add: (small) => addNamed(parts, identities, small) };
}

const NAMES_AT_ONCE = 400;

async function addNamed(parts: Filling, identities: readonly string[], small: boolean): Promise<void> {
  for (let from = 0; from < identities.length; from += NAMES_AT_ONCE) {
    const found = await Promise.all(
      identities.slice(from, from + NAMES_AT_ONCE).map((identity) => findNamed(parts, identity)),
    );
    const mailboxes = found.flatMap(({ mailboxes }) => mailboxes);
    if (!small) await parts.journal.putIndex(parts.run, mailboxes.map(mailboxEntry));
    await add(
      parts,
      found.flatMap(({ identity, mailboxes }) =>
        mailboxes.length === 0
          ? [nobodyTarget(identity)]
          : mailboxes.map((mailbox) => mailboxTarget(mailbox, small)),
      ),
    );
  }
}

/** A plan's changes, each with the one mailbox its name means. Of a name nobody or several have, each change is a line all the same. */
async function addChanges(
  parts: Filling,
  changes: Extract<Scope, { kind: "changes" }>["changes"],
): Promise<void> {
  const byIdentity = [...Map.groupBy(changes, ({ identity }) => identity.trim().toLowerCase()).values()];
  for (const some of inSteps(byIdentity, NAMES_AT_ONCE)) {
    const targets = await Promise.all(
      some.map(async (group) => {
        const { identity, mailboxes } = await findNamed(parts, group[0]?.identity ?? "");
        const [mailbox, ...others] = mailboxes;
        return mailbox === undefined || others.length > 0
          ? group.map(({ cmdlet, parameters }) => nobodyTarget(identity, { cmdlet, parameters }))
          : group.map((change) => changeTarget(mailbox, change));
      }),
    );
    await add(parts, targets.flat());
  }
}

function* inSteps<T>(all: readonly T[], step: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += step) yield all.slice(from, from + step);
}

/** The mailboxes a name means; where it means none, and the job takes them, the groups. */
async function findNamed(
  parts: Filling,
  identity: string,
): Promise<{ readonly identity: string; readonly mailboxes: readonly Mailbox[] }> {
  const mailboxes = await foundAmong(parts, identity, MAILBOXES_BY_NAME);
  if (mailboxes === undefined || mailboxes.length > 0) return { identity, mailboxes: mailboxes ?? [] };
  const groups = await Promise.all(
    listsByName(parts.job.grantors).map((source) => foundAmong(parts, identity, source)),
  );
  return { identity, mailboxes: groups.flatMap((found) => found ?? []) };
}

/**
 * Names are asked for in batches, whose answers may trade places, and the service may answer with mailboxes whose name only begins with the
 * one asked for (`exo-protocol.md` 10.1): who does not carry the name is believed only when a request of its own brings the same, and only
 * where the name is of a kind that answers need not show.
 * @returns undefined for a name that several have
 */
async function foundAmong(
  parts: Filling,
  identity: string,
  source: NameSource,
): Promise<readonly Mailbox[] | undefined> {
  const named = await answersFor(parts, identity, source, {});
  if (named === undefined) return undefined;
  const carrying = named.filter((answer) => answer.carries);
  if (named.length === 0 || carrying.length > 0) return mailboxesOf(carrying);
  const alone = await answersFor(parts, identity, source, { alone: { company: false } });
  if (alone === undefined) return undefined;
  const carryingAlone = alone.filter((answer) => answer.carries);
  if (carryingAlone.length > 0) return mailboxesOf(carryingAlone);
  const believed = idsOf(alone) === idsOf(named) && alone.every(({ possible }) => possible);
  return believed ? mailboxesOf(alone) : [];
}

interface NamedAnswer extends NamedBy {
  readonly mailbox: Mailbox;
}

async function answersFor(
  parts: Filling,
  identity: string,
  { cmdlet, select, targetIn }: NameSource,
  how: Pick<SendOptions, "alone">,
): Promise<readonly NamedAnswer[] | undefined> {
  try {
    const options = { select, run: parts.run, signal: parts.signal, ...how };
    const { rows } = await parts.exo.invoke(cmdlet, { Identity: identity }, options);
    return rows.flatMap((row) => {
      const mailbox = targetIn(row);
      return mailbox === undefined ? [] : [{ mailbox, ...namedBy(identity, mailbox, row) }];
    });
  } catch (error) {
    if (error instanceof ExoError && error.kind === "ambiguous-identity") return undefined;
    if (error instanceof ExoError && error.remedy === "gone") return [];
    // A name that cannot even be sent, such as one with a wildcard, is no mailbox's: its line says so, and the others go on.
    if (error instanceof ExoError && error.kind === "refused-here") return [];
    throw error;
  }
}

function mailboxesOf(answers: readonly NamedAnswer[]): readonly Mailbox[] {
  return answers.map(({ mailbox }) => mailbox);
}

function idsOf(answers: readonly NamedAnswer[]): string {
  return answers
    .map(({ mailbox }) => mailbox.id)
    .sort()
    .join(" ");
}

async function listPrincipals(parts: Filling): Promise<void> {
  const lists = [
    ["user", "Get-User", { ResultSize: "Unlimited" }],
    ["group", "Get-Group", { ResultSize: "Unlimited" }],
    ["recipient", "Get-Recipient", { ResultSize: "Unlimited", IncludeSoftDeletedRecipients: true }],
  ] as const;
  // Each listing has a cursor of its own.
  await sideBySide(
    parts.signal,
    lists.map(([source, cmdlet, parameters]) => async (signal: AbortSignal) => {
      const options = { select: PRINCIPAL_PROPERTIES, run: parts.run, signal };
      for await (const page of ahead(parts.exo.pages(cmdlet, parameters, options))) {
        if ("restarted" in page) continue;
        const entries: IndexEntry[] = page.rows
          .map((row) => principalEntry(source, row))
          .filter((entry) => entry !== undefined);
        await parts.journal.putIndex(parts.run, entries);
      }
    }),
  );
}

/** How many targets of each type a scope has now, for a plan; lists ids only. @throws {ExoError} */
export async function countTargets(
  exo: Exchange,
  scope: Scope,
  signal: AbortSignal,
): Promise<ReadonlyMap<Mailbox["type"], number>> {
  // What names stand for is known when they are asked for.
  if (scope.kind === "list") return new Map([["other", scope.identities.length]]);
  if (scope.kind === "changes") return new Map([["other", scope.changes.length]]);
  const types = new Map<string, Mailbox["type"]>();
  for (const { cmdlet, parameters, targetIn } of targetListings(
    scope.types,
    scope.kind === "filter" ? scope.opath : undefined,
  )) {
    const select = ["ExchangeGuid", "Guid", "RecipientTypeDetails"];
    for await (const page of exo.pages(cmdlet, parameters, { select, signal })) {
      if ("restarted" in page) continue;
      for (const target of page.rows.map(targetIn))
        if (target !== undefined) types.set(sampleKey(target), target.type);
    }
  }
  const all = [...types].sort(([one], [other]) => (one < other ? -1 : 1));
  const counts = new Map<Mailbox["type"], number>();
  for (const [, type] of scope.kind === "sample" ? all.slice(0, scope.count) : all)
    counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}
