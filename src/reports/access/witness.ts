/** A kept run, asked what it saw: who had access where, and whether its silence about somebody means anything. */
import { type Access, type AccessReading, type Job, type Principal, TARGET_TYPES } from "../../job/index.ts";
import type { RowsUnder, RunRecord, StoredRow, TargetStatus } from "../../journal/index.ts";
import { completenessOf } from "../completeness.ts";
import { GroupPages } from "../groups/book.ts";
import { type GroupOf, groupsOf, peopleIn } from "../groups/paths.ts";
import { importedFrom, type Imported, whyUntold } from "../imported.ts";
import { wholeId } from "../parts/part.ts";
import type { ReportJournal } from "../parts/parted-journal.ts";
import { holderOf, keyOfGroup, sourceByGroup } from "./by-group.ts";
import { accessOf } from "./make-index.ts";
import { NOTHING_KNOWN, type Owner, ownerOf } from "./owner.ts";

/** Types of mailbox a run of the whole tenant covers. */
const WHOLE = ["user", "shared", "room", "equipment"];
/** Types that a run is about only where its scope names them. */
const ASKED_FOR: ReadonlySet<string> = new Set(TARGET_TYPES.filter((type) => !WHOLE.includes(type)));

/**
 * What a run says of an access it does not show. `read`: it looked, and there was none. `gone`: nor was there the mailbox. `unread`: it
 * meant to look and could not. `silent`: it was not about this.
 */
export type Verdict = "read" | "gone" | "unread" | "silent";

export interface SeenMailbox {
  /** By which the manifest knows it: ExchangeGuid; `soft-deleted:` and it for a deleted one; Guid for a group without a mailbox. */
  readonly id: string;
  readonly objectId: string;
  readonly address: string;
  readonly displayName: string;
  /** As a scope names it: `user`, `shared`, `distribution-list`, `soft-deleted`, … */
  readonly type: string;
}

/** An access as one run saw it. */
export interface Sighting {
  readonly mailbox: SeenMailbox;
  readonly access: Access;
  /** Id of the noise rule that hides it. */
  readonly noise: string | undefined;
  /** What told of it. */
  readonly cmdlets: readonly string[];
}

/** More people than this are not spelt out where somebody asks who can access a mailbox. */
export const MOST_PEOPLE = 1_000;

/** Accesses of people who come in by groups, and what keeps others from being among them. */
export interface ByGroups {
  readonly sightings: readonly Sighting[];
  /** By id, in lower case, of groups that may have more people than were read: whether some were. */
  readonly unread: ReadonlyMap<string, "none" | "some">;
  /** Ids of groups with too many people to spell out, in lower case. */
  readonly large: ReadonlySet<string>;
}

/** What lies under some keys. */
export interface Under {
  /** All of it, in chunks, each about whole mailboxes. */
  walk(): AsyncGenerator<readonly Sighting[]>;
  /** What of it is about these mailboxes, and perhaps more about them. */
  on(mailboxIds: readonly string[]): Promise<readonly Sighting[]>;
}

export type AccessJob = Job & { readonly access: AccessReading };

export type WitnessJournal = Pick<
  ReportJournal,
  "lookUp" | "target" | "targetById" | "targets" | "rowsAbout" | "rowsUnder"
>;

/** How the index of a run is brought up to date: of all parts of it at once. */
export type BringUpToDate = (run: string) => Promise<void>;

export class Witness {
  readonly run: RunRecord;
  readonly job: AccessJob;
  /** It was about every mailbox of the tenant, but for the rarer types. */
  readonly isWhole: boolean;
  readonly #journal: WitnessJournal;
  readonly #params: unknown;
  readonly #imported: Imported | undefined;
  readonly #targets = new Map<string, Promise<TargetStatus | undefined>>();
  readonly #mailboxes = new Map<number, Promise<SeenMailbox | undefined>>();
  readonly #rows = new Map<string, Promise<readonly Sighting[]>>();
  readonly #pages: GroupPages;
  readonly #reaches = new Map<string, ReturnType<GroupPages["reach"]>>();
  readonly #people = new Map<string, ReturnType<typeof peopleIn>>();
  readonly #signal: AbortSignal | undefined;
  readonly #bringUpToDate: BringUpToDate;

  constructor(
    journal: WitnessJournal,
    run: RunRecord,
    job: AccessJob,
    bringUpToDate: BringUpToDate,
    signal?: AbortSignal,
  ) {
    this.#journal = journal;
    this.run = run;
    this.job = job;
    this.isWhole = isWholeScope(run.scope);
    this.#signal = signal;
    this.#bringUpToDate = bringUpToDate;
    this.#params = job.params.parse(run.params);
    this.#pages = new GroupPages(journal, run.id);
    this.#imported = importedFrom(run);
  }

  /** A run whose parameters are not what the job takes today cannot be asked. */
  static canBe(run: RunRecord, job: Job): boolean {
    return run.manifest !== undefined && job.params.safeParse(run.params).success;
  }

  /** Whether it would have listed a grantor of this type, were it there. */
  covers(type: string): boolean {
    return ASKED_FOR.has(type) ? isWholeScope(this.run.scope, [type]) : this.isWhole;
  }

  /** Whether none of these, which are older, can add to what it says of the whole tenant. */
  closes(older: readonly Witness[]): boolean {
    const { run } = this;
    const asUsual =
      run.params !== null && typeof run.params === "object" && Object.keys(run.params).length === 0;
    if (!this.isWhole || !asUsual || !completenessOf(run).complete) return false;
    const types = new Set(typesOf(run.scope));
    return older.every((witness) =>
      typesOf(witness.run.scope).every((type) => !ASKED_FOR.has(type) || types.has(type)),
    );
  }

  /** `unread`: they were to be read, and were not. `silent`: nobody wanted them, or the run is older than their reading. */
  async groups(): Promise<"read" | "unread" | "silent"> {
    const read = this.job.bulk.find(({ last }) => last);
    if (read === undefined || this.job.access.followsGroups?.(this.#params) !== true) return "silent";
    const target = await this.target(read.name);
    if (target === undefined) return "silent";
    return target.outcome === "ok" ? "read" : "unread";
  }

  /** Groups that lead to somebody, as far as they were read. */
  async groupsOf(id: string): Promise<readonly GroupOf[]> {
    return id === "" || (await this.groups()) === "silent" ? [] : groupsOf(this.#pages, id);
  }

  /** What people hold by the groups that hold these. */
  async byGroups(sightings: readonly Sighting[]): Promise<ByGroups> {
    const unread = new Map<string, "none" | "some">();
    const large = new Set<string>();
    const found: Sighting[] = [];
    const held = sightings.filter(({ access }) => access.holder.type === "group");
    const ids = [...new Set(held.map(({ access }) => access.holder.id.toLowerCase()))];
    const known = ids.length > 0 && (await this.groups()) !== "silent" ? await this.#pages.reachOf(ids) : [];
    const reaches = new Map(ids.map((id, place) => [id, known[place]]));
    for (const sighting of held) {
      const group = sighting.access.holder.id.toLowerCase();
      const reach = reaches.get(group);
      if (reach === undefined) unread.set(group, "none");
      else if (reach.gap !== undefined) unread.set(group, "some");
      // The members of a large group are not even read: they may be a hundred thousand.
      const read = reach && reach.people <= MOST_PEOPLE ? await this.#peopleIn(group) : undefined;
      if (reach !== undefined && read === undefined) large.add(group);
      for (const { member, ...way } of read?.people ?? []) {
        const source = sourceByGroup(sighting.access, way);
        found.push({ ...sighting, access: { ...sighting.access, holder: holderOf(member), source } });
      }
    }
    return { sightings: found, unread, large };
  }

  #reach(group: string): ReturnType<GroupPages["reach"]> {
    const key = group.toLowerCase();
    const known = this.#reaches.get(key) ?? this.#pages.reach(key);
    this.#reaches.set(key, known);
    return known;
  }

  #peopleIn(group: string): ReturnType<typeof peopleIn> {
    const known = this.#people.get(group) ?? this.#readPeople(group);
    this.#people.set(group, known);
    return known;
  }

  #readPeople(group: string): ReturnType<typeof peopleIn> {
    return peopleIn(this.#pages, group, MOST_PEOPLE, this.job.access.reachesContacts);
  }

  /** Bulk reads that were to be made, and brought nothing that can be trusted. */
  async unreadBulks(): Promise<readonly string[]> {
    const targets = await Promise.all(this.job.bulk.map(({ name }) => this.target(name)));
    return targets.flatMap((target) => (target === undefined || target.outcome === "ok" ? [] : [target.id]));
  }

  /** Of these groups those of which it cannot tell all members, though they hold something. */
  async cannotTellWhoIsIn(groups: readonly string[]): Promise<readonly string[]> {
    if ((await this.groups()) !== "read") return groups;
    const reaches = await this.#pages.reachOf(groups);
    return groups.filter((_, place) => reaches[place]?.gap !== undefined);
  }

  /** Forgets mailboxes it was asked about: of a long answer they would fill the memory. */
  forget(): void {
    this.#targets.clear();
    this.#mailboxes.clear();
    this.#rows.clear();
  }

  target(mailboxId: string): Promise<TargetStatus | undefined> {
    const known = this.#targets.get(mailboxId) ?? this.#journal.targetById(this.run.id, mailboxId);
    this.#targets.set(mailboxId, known);
    return known;
  }

  /** Of an access that it does not show. */
  async verdict(sighting: Sighting): Promise<Verdict> {
    const verdict = await this.#verdictOfGrant(sighting);
    const { source, holder } = sighting.access;
    if (verdict !== "read" || source.group === undefined) return verdict;
    // Whoever is in it: what the group does not hold, nobody holds by it.
    if (!(await this.#holds(source.group, sighting))) return "read";
    const groups = await this.groups();
    if (groups !== "read") return groups;
    const reach = await this.#reach(source.group);
    // Without one only a redrive came upon the group, after groups had been read.
    if (reach === undefined || reach.gap !== undefined) return "unread";
    if (reach.people + (reach.contacts ?? 0) <= MOST_PEOPLE) return "read";
    // Its people are not spelt out; whether somebody is one of them can be told all the same.
    const around = await this.groupsOf(holder.id);
    return around.some(({ id }) => id.toLowerCase() === source.group?.toLowerCase()) ? "unread" : "read";
  }

  async #verdictOfGrant({ mailbox, access, cmdlets }: Sighting): Promise<Verdict> {
    if (!this.job.access.seeks(this.#params, access)) return "silent";
    if (this.#imported !== undefined && whyUntold(this.#imported, access) !== undefined) return "silent";
    const target = await this.target(mailbox.id);
    if (target === undefined) return this.covers(mailbox.type) ? "gone" : "silent";
    if ((this.#imported?.lostLines ?? 0) > 0) return "unread";
    const bulk = this.job.bulk.find(({ cmdlet }) => cmdlets.includes(cmdlet));
    const brings = (bulk && (await this.target(bulk.name))) ?? target;
    if (brings.outcome === "ok" || brings.outcome === "ok_no_change") return "read";
    return brings.outcome === "gone" ? "gone" : "unread";
  }

  async #holds(group: string, { mailbox, access }: Sighting): Promise<boolean> {
    const held = keyOfGroup(group, access, access.source.held?.path ?? []);
    return (await this.about(mailbox.id)).some(
      ({ access: own }) => keyOfGroup(own.holder.id, own, own.source.path) === held,
    );
  }

  /** Everything about one mailbox. */
  about(mailboxId: string): Promise<readonly Sighting[]> {
    const known = this.#rows.get(mailboxId) ?? this.#about(mailboxId);
    this.#rows.set(mailboxId, known);
    return known;
  }

  async #about(mailboxId: string): Promise<readonly Sighting[]> {
    const lines = await this.#linesOf([mailboxId]);
    return lines.length === 0 ? [] : this.#sightings(await this.#journal.rowsAbout(this.run.id, lines));
  }

  /** What was put under any of these keys (`keysOfHolder`), and may be somebody else's by now. */
  under(keys: readonly string[]): Under {
    const rows = this.#journal.rowsUnder(this.run.id, keys);
    return {
      walk: () => this.#walk(keys.length === 0 ? undefined : rows),
      on: async (mailboxIds) => {
        const lines = keys.length === 0 ? [] : await this.#linesOf(mailboxIds);
        return lines.length === 0 ? [] : this.#sightings(await rows.about(lines));
      },
    };
  }

  async *#walk(rows: RowsUnder | undefined): AsyncGenerator<readonly Sighting[]> {
    if (rows === undefined) return;
    await this.#bringUpToDate(wholeId(this.run.id));
    for await (const some of rows) {
      this.#signal?.throwIfAborted();
      yield await this.#sightings(some);
    }
  }

  /** Lines of those mailboxes that are in the run. */
  async #linesOf(mailboxIds: readonly string[]): Promise<readonly number[]> {
    const targets = await Promise.all(mailboxIds.map((id) => this.target(id)));
    return targets.flatMap((target) => {
      if (target === undefined) return [];
      this.#mailboxes.set(target.line, Promise.resolve(seenAs(target)));
      return [target.line];
    });
  }

  /** Whose mailbox this is, by the id of its target. */
  async ownerOf(mailboxId: string): Promise<Owner | undefined> {
    const target = await this.target(mailboxId);
    return target?.kind === "mailbox" ? ownerOf(target) : undefined;
  }

  /** Targets of a run that is too small to have an index of names. */
  async everyMailbox(): Promise<readonly Owner[]> {
    const found: Owner[] = [];
    for await (const chunk of this.#journal.targets(this.run.id))
      for (const target of chunk) if (target.kind === "mailbox") found.push(ownerOf(target));
    return found;
  }

  /** Somebody the run came across in a group, by address. */
  async memberNamed(address: string): Promise<Principal | undefined> {
    if ((await this.groups()) === "silent") return undefined;
    const member = await this.#pages.memberNamed(address);
    if (member === undefined) return undefined;
    const { id, type, displayName } = member;
    const known = { id, type, displayName, name: displayName, primarySmtp: member.address };
    return { ...NOTHING_KNOWN, ...known, guest: type === "guest" };
  }

  async #sightings(rows: readonly StoredRow[]): Promise<readonly Sighting[]> {
    const source = this.job.comparison?.source;
    const found: Sighting[] = [];
    // All at once: a journal behind a network answers each in its own time.
    await Promise.all([...new Set(rows.map(({ about }) => about))].map((line) => this.#mailbox(line)));
    for (const { about, noise, row } of rows) {
      const access = accessOf(this.job, this.job.access, row);
      const mailbox = access && (await this.#mailbox(about));
      if (access === undefined || mailbox === undefined) continue;
      const cmdlets = source === undefined ? [] : String(row[source] ?? "").split("; ");
      found.push({ mailbox, access, noise, cmdlets });
    }
    return found;
  }

  #mailbox(line: number): Promise<SeenMailbox | undefined> {
    const known = this.#mailboxes.get(line) ?? this.#readMailbox(line);
    this.#mailboxes.set(line, known);
    return known;
  }

  async #readMailbox(line: number): Promise<SeenMailbox | undefined> {
    const target = await this.#journal.target(this.run.id, line);
    if (target === undefined) return undefined;
    this.#targets.set(target.id, Promise.resolve(target));
    return seenAs(target);
  }
}

function isWholeScope(scope: RunRecord["scope"], wanted: readonly string[] = WHOLE): boolean {
  if (scope === null || typeof scope !== "object" || !("kind" in scope) || scope["kind"] !== "all")
    return false;
  const types = typesOf(scope);
  return wanted.every((type) => types.includes(type));
}

/** That a scope names; none of a list. */
function typesOf(scope: RunRecord["scope"]): readonly string[] {
  if (scope === null || typeof scope !== "object" || !("types" in scope)) return [];
  const { types } = scope;
  return Array.isArray(types) ? types.map(String) : [];
}

function seenAs(target: TargetStatus): SeenMailbox {
  const { mailboxId, objectId, primarySmtp, displayName, mailboxType } = ownerOf(target);
  return { id: mailboxId, objectId, address: primarySmtp, displayName, type: mailboxType };
}
