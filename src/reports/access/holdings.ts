/** What somebody holds as one run has it, by themselves and by the groups they are in: mailbox by mailbox. */
import type { GroupOf } from "../groups/paths.ts";
import { sourceByGroup } from "./by-group.ts";
import { keysOfHolder } from "./make-index.ts";
import type { Sighting, Under, Witness } from "./witness.ts";

export interface Somebody {
  /** Directory object id; empty when no run knows it. */
  readonly id: string;
  /** `keysOfHolder`. */
  readonly keys: readonly string[];
}

/** Mailboxes asked about at once: each may have thousands of rows where a run has no index yet. */
const AT_ONCE = 100;

export class Holdings {
  readonly witness: Witness;
  readonly #who: Somebody;
  readonly #keys: ReadonlySet<string>;
  readonly #doubtful = new Map<Witness, Promise<readonly string[]>>();
  #groups: Promise<ReadonlyMap<string, GroupOf>> | undefined;
  /** By themselves and by all their groups. */
  #under: Promise<Under> | undefined;
  /** What the walk came by last, of whole mailboxes. */
  #walked = new Map<string, readonly Sighting[]>();

  constructor(witness: Witness, who: Somebody) {
    this.witness = witness;
    this.#who = who;
    this.#keys = new Set(who.keys);
  }

  /**
   * Mailboxes on which they hold something, each in one of the chunks, in the order of `Journal.rowsUnder`.
   * @param groups by these groups only, ids in lower case; absent: by themselves and by all
   */
  async *walk(groups?: readonly string[]): AsyncGenerator<readonly string[]> {
    const under = groups === undefined ? await this.#underAll() : this.witness.under(keysOfGroups(groups));
    for await (const sightings of under.walk()) {
      const held = Map.groupBy(await this.#held(sightings), ({ mailbox }) => mailbox.id);
      if (groups === undefined) this.#walked = held;
      if (held.size > 0) yield [...held.keys()];
    }
  }

  /** What they hold on these mailboxes. */
  async on(mailboxIds: readonly string[]): Promise<readonly Sighting[]> {
    const found = mailboxIds.flatMap((id) => this.#walked.get(id) ?? []);
    const unread = mailboxIds.filter((id) => !this.#walked.has(id));
    for (let from = 0; from < unread.length; from += AT_ONCE) {
      const under = await this.#underAll();
      found.push(...(await this.#held(await under.on(unread.slice(from, from + AT_ONCE)))));
    }
    return found;
  }

  /** Groups of this run, ids in lower case, of which a newer one cannot tell whether somebody still comes in by them. */
  doubtfulTo(newer: Witness): Promise<readonly string[]> {
    const known = this.#doubtful.get(newer) ?? this.#doubtfulTo(newer);
    this.#doubtful.set(newer, known);
    return known;
  }

  async #doubtfulTo(newer: Witness): Promise<readonly string[]> {
    return newer.cannotTellWhoIsIn([...(await this.#groupsOf()).keys()]);
  }

  /** What was read is forgotten: memory does not grow with the answer. */
  forget(): void {
    this.#walked = new Map();
    this.witness.forget();
  }

  async #held(sightings: readonly Sighting[]): Promise<readonly Sighting[]> {
    const groups = await this.#groupsOf();
    return sightings.flatMap((sighting) => {
      const { holder } = sighting.access;
      if (keysOfHolder(holder).some((key) => this.#keys.has(key))) return [sighting];
      const group = groups.get(holder.id.toLowerCase());
      if (group === undefined) return [];
      const source = sourceByGroup(sighting.access, group);
      return [{ ...sighting, access: { ...sighting.access, source } }];
    });
  }

  #underAll(): Promise<Under> {
    this.#under ??= this.#groupsOf().then((groups) =>
      this.witness.under([...this.#keys, ...keysOfGroups([...groups.keys()])]),
    );
    return this.#under;
  }

  #groupsOf(): Promise<ReadonlyMap<string, GroupOf>> {
    this.#groups ??= this.witness
      .groupsOf(this.#who.id)
      .then((groups) => new Map(groups.map((group) => [group.id.toLowerCase(), group])));
    return this.#groups;
  }
}

function keysOfGroups(ids: readonly string[]): readonly string[] {
  return ids.flatMap((id) => keysOfHolder({ id, sid: "", text: "" }));
}

/**
 * Mailboxes on which somebody holds, or held, something: in chunks, each mailbox once. Those of the newest run first; older runs are walked
 * for what newer ones could not look at.
 * @param holdings newest first, of several jobs
 */
export async function* mailboxesHeld(holdings: readonly Holdings[]): AsyncGenerator<readonly string[]> {
  const told = new Set<string>();
  for (const [place, holding] of holdings.entries()) {
    const closing = closingBefore(holdings, place);
    const groups = closing && (await holding.doubtfulTo(closing.witness));
    if (groups?.length === 0) continue;
    for await (const ids of holding.walk(groups)) {
      const fresh = ids.filter((id) => !told.has(id));
      if (place < holdings.length - 1) for (const id of fresh) told.add(id);
      if (fresh.length > 0) yield fresh;
    }
  }
}

/** Whether no older run of the same job can add to what this and newer ones show. */
export async function isClosed(holdings: readonly Holdings[], place: number): Promise<boolean> {
  const closing = holdings[place];
  if (closing === undefined) return false;
  const older = holdings.slice(place + 1).filter((one) => isOfSameJob(one, closing));
  if (!closing.witness.closes(older.map(({ witness }) => witness))) return false;
  for (const one of older) if ((await one.doubtfulTo(closing.witness)).length > 0) return false;
  return true;
}

/** The newest run of the same job after which this one adds nothing to what the rows of mailboxes say. */
function closingBefore(holdings: readonly Holdings[], place: number): Holdings | undefined {
  const own = holdings[place];
  if (own === undefined) return undefined;
  return holdings
    .slice(0, place)
    .find((newer) => isOfSameJob(newer, own) && newer.witness.closes([own.witness]));
}

function isOfSameJob(one: Holdings, other: Holdings): boolean {
  return one.witness.run.job === other.witness.run.job;
}
