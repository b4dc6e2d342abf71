/** What mailboxes, and the groups that hold something there, say right now, beside what an answer has recorded. */
import type { Access, FoundRow, Holder, Job } from "../../job/index.ts";
import type { GroupPages } from "../groups/book.ts";
import { groupsOf, peopleIn, type Way } from "../groups/paths.ts";
import type { Answer, FoundAccess } from "./answer.ts";
import { holderOf, keyOfGroup, sourceByGroup } from "./by-group.ts";
import { accessOf, identityOf, keysOfHolder } from "./make-index.ts";
import { MOST_PEOPLE } from "./witness.ts";

/** Mailboxes read for one job, just now. */
export interface LiveRead {
  readonly job: Job;
  /** The run whose parameters said what is read, and these as the job takes them. */
  readonly run: string;
  readonly params: unknown;
  readonly readings: readonly {
    readonly mailboxId: string;
    readonly rows: readonly FoundRow[];
    /** Why it could not be read. */
    readonly failed?: string;
  }[];
  /** Groups that hold something there, read with them; undefined where members are not read. */
  readonly groups: GroupPages | undefined;
}

/** `still` there, or `gone`; `unread`: the mailbox, or the group it comes by, could not be read, or was not asked. */
export type LiveWord = "still" | "gone" | "unread";

export interface LiveLook {
  /** Beside `Answer.accesses`, one for each. */
  readonly words: readonly LiveWord[];
  /** What the answer does not have. */
  readonly added: readonly (Access & { readonly mailboxId: string; readonly noise: string | null })[];
  readonly unread: readonly { readonly mailboxId: string; readonly reason: string }[];
  /** Groups that hold something there. */
  readonly groups: {
    /** Read again, whole. */
    readonly read: number;
    readonly unread: readonly {
      readonly id: string;
      readonly displayName: string;
      readonly reason: string;
    }[];
  };
}

type Live = LiveLook["added"][number];

export async function beside(
  answer: Answer,
  reads: readonly LiveRead[],
  includeNoise: boolean,
): Promise<LiveLook> {
  /** What is there now, by all but who holds it. */
  const now = new Map<string, Live[]>();
  const readBy = new Map<string, Seen>();
  const unread: LiveLook["unread"][number][] = [];
  for (const { job, run, params, readings, groups } of reads) {
    const members = groups && new Members(answer, job, groups);
    // What another run has seen may be nothing this one looks for: other folders, other rights.
    const isSought = (access: FoundAccess): boolean =>
      access.run === run || job.access?.seeks(params, access) === true;
    for (const { mailboxId, rows, failed } of readings) {
      if (failed !== undefined) {
        unread.push({ mailboxId, reason: failed });
        continue;
      }
      const held = new Set<string>();
      readBy.set(`${job.name} ${mailboxId}`, { members, held, isSought });
      for (const { noise, row } of rows) {
        const own = job.access && accessOf(job, job.access, row);
        if (own === undefined) continue;
        held.add(keyOfGroup(own.holder.id, own, own.source.path));
        const asked = isAsked(answer, own) ? [own] : [];
        for (const access of [...asked, ...((await members?.through(own)) ?? [])]) {
          const key = keyOf(mailboxId, access);
          now.set(key, [...(now.get(key) ?? []), { ...access, mailboxId, noise: noise ?? null }]);
        }
      }
    }
  }
  const matched = new Set<Live>();
  const words: LiveWord[] = [];
  for (const access of answer.accesses) {
    const same = (now.get(keyOf(access.mailbox.id, access)) ?? []).filter(({ holder }) =>
      isSame(holder, access.holder),
    );
    for (const live of same) matched.add(live);
    words.push(same.length > 0 ? "still" : await wordOf(access, readBy));
  }
  const added = [...now.values()]
    .flat()
    .filter((live) => !matched.has(live) && (live.noise === null || includeNoise));
  return { words, added: withoutDoubles(added), unread, groups: await groupsIn(reads) };
}

/** What was read of one mailbox for one job. */
interface Seen {
  readonly members: Members | undefined;
  /** What is held there, as `keyOfGroup` has it. */
  readonly held: ReadonlySet<string>;
  /** Whether it would have been found, were it there. */
  isSought(access: FoundAccess): boolean;
}

/** Of an access that was not found again. */
async function wordOf(access: FoundAccess, readBy: ReadonlyMap<string, Seen>): Promise<LiveWord> {
  const seen = readBy.get(`${access.job} ${access.mailbox.id}`);
  if (seen?.isSought(access) !== true) return "unread";
  const { group, held } = access.source;
  // Groups that a file of another tool tells of have no id.
  if (group === undefined) return access.source.kind === "group" ? "unread" : "gone";
  if (!seen.held.has(keyOfGroup(group, access, held?.path ?? []))) return "gone";
  return seen.members === undefined ? "unread" : seen.members.word(group, access.holder);
}

/** Who comes in by groups, as they are now. */
class Members {
  readonly #answer: Answer;
  readonly #contacts: boolean;
  readonly #pages: GroupPages;
  readonly #people = new Map<string, ReturnType<typeof peopleIn>>();
  readonly #ways = new Map<string, Promise<ReadonlyMap<string, Way>>>();

  constructor(answer: Answer, job: Job, pages: GroupPages) {
    this.#answer = answer;
    this.#contacts = job.access?.reachesContacts === true;
    this.#pages = pages;
  }

  /** A group's access as that of whoever was asked for, or of everybody who comes in by it. */
  async through(access: Access): Promise<readonly Access[]> {
    const { holder } = access;
    if (holder.type !== "group" || holder.id === "") return [];
    const { question, subject } = this.#answer;
    if (question === "what-can-access") {
      const way = (await this.#waysTo(subject.id)).get(holder.id.toLowerCase());
      return way === undefined || (subject.type === "contact" && !this.#contacts)
        ? []
        : [{ ...access, source: sourceByGroup(access, way) }];
    }
    const read = await this.#peopleIn(holder.id.toLowerCase());
    return (read?.people ?? []).map(({ member, ...way }) => ({
      ...access,
      holder: holderOf(member),
      source: sourceByGroup(access, way),
    }));
  }

  /** Of somebody who was in a group that still holds what it held, and was not found again by it. */
  async word(group: string, holder: Holder): Promise<LiveWord> {
    const reach = await this.#pages.reach(group);
    if (reach === undefined || reach.gap !== undefined) return "unread";
    // People of large groups are not spelt out.
    const subject = this.#answer.question === "what-can-access" ? this.#answer.subject.id : holder.id;
    return (await this.#waysTo(subject)).has(group.toLowerCase()) ? "still" : "gone";
  }

  #peopleIn(group: string): ReturnType<typeof peopleIn> {
    const known = this.#people.get(group) ?? peopleIn(this.#pages, group, MOST_PEOPLE, this.#contacts);
    this.#people.set(group, known);
    return known;
  }

  #waysTo(member: string): Promise<ReadonlyMap<string, Way>> {
    const known =
      this.#ways.get(member) ??
      groupsOf(this.#pages, member).then(
        (groups) => new Map(groups.map((group) => [group.id.toLowerCase(), group])),
      );
    this.#ways.set(member, known);
    return known;
  }
}

async function groupsIn(reads: readonly LiveRead[]): Promise<LiveLook["groups"]> {
  const found = new Map<string, { id: string; displayName: string; reason: string | undefined }>();
  for (const { groups } of reads)
    for (const { id, gap } of (await groups?.reaches())?.values() ?? []) {
      const displayName = (await groups?.group(id))?.displayName ?? id;
      found.set(id.toLowerCase(), { id, displayName, reason: gap });
    }
  const unread = [...found.values()].flatMap(({ reason, ...group }) =>
    reason === undefined ? [] : [{ ...group, reason }],
  );
  return { read: found.size - unread.length, unread };
}

/** Two cmdlets, or two entries, may say the same. */
function withoutDoubles(added: readonly Live[]): readonly Live[] {
  const known = new Map<string, Live>();
  for (const live of added) {
    const key = JSON.stringify([keyOf(live.mailboxId, live), identityOf(live.holder)]);
    if (!known.has(key)) known.set(key, live);
  }
  return [...known.values()];
}

/** A look asks the service for each name, a run its index: where one of them could not tell who it is, what the service calls it decides. */
function isSame(one: Holder, other: Holder): boolean {
  const isKnown = ({ id, sid }: Holder): boolean => id !== "" || sid !== "";
  if (!isKnown(one) || !isKnown(other)) return one.text.toLowerCase() === other.text.toLowerCase();
  const keys = keysOfHolder(other);
  return keysOfHolder(one).some((key) => keys.includes(key));
}

function isAsked({ question, subject }: Answer, { holder }: Access): boolean {
  if (question === "who-can-access") return true;
  const asked = keysOfHolder({ ...subject, text: subject.displayName });
  return keysOfHolder(holder).some((key) => asked.includes(key));
}

/** A group's name, and the way through others, may be another one by now. */
function keyOf(mailboxId: string, { right, allow, source }: Access): string {
  const way = [source.group?.toLowerCase() ?? source.path, source.held?.path ?? []];
  return JSON.stringify([mailboxId, right.toLowerCase(), allow, source.kind, ...way]);
}
