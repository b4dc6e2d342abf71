/** What mailboxes say right now, beside what an answer has recorded. Pure. */
import type { Access, FoundRow, Holder, Job } from "../../job/index.ts";
import type { Answer } from "./answer.ts";
import { accessOf, identityOf, keysOfHolder } from "./make-index.ts";

/** Mailboxes read for one job, just now. */
export interface LiveRead {
  readonly job: Job;
  readonly readings: readonly {
    readonly mailboxId: string;
    readonly rows: readonly FoundRow[];
    /** Why it could not be read. */
    readonly failed?: string;
  }[];
}

/** `still` there, or `gone`; `unread`: the mailbox could not be read, or was not asked. */
export type LiveWord = "still" | "gone" | "unread";

export interface LiveLook {
  /** Beside `Answer.accesses`, one for each. */
  readonly words: readonly LiveWord[];
  /** What the answer does not have. */
  readonly added: readonly (Access & { readonly mailboxId: string; readonly noise: string | null })[];
  readonly unread: readonly { readonly mailboxId: string; readonly reason: string }[];
}

type Live = LiveLook["added"][number];

export function beside(answer: Answer, reads: readonly LiveRead[], includeNoise: boolean): LiveLook {
  /** What is there now, by all but who holds it. */
  const now = new Map<string, Live[]>();
  const readBy = new Set<string>();
  const unread: LiveLook["unread"][number][] = [];
  for (const { job, readings } of reads) {
    for (const { mailboxId, rows, failed } of readings) {
      if (failed === undefined) readBy.add(`${job.name} ${mailboxId}`);
      else unread.push({ mailboxId, reason: failed });
      for (const { noise, row } of rows) {
        const access = job.access && accessOf(job, job.access, row);
        if (access === undefined || !isAsked(answer, access)) continue;
        const key = keyOf(mailboxId, access);
        now.set(key, [...(now.get(key) ?? []), { ...access, mailboxId, noise: noise ?? null }]);
      }
    }
  }
  const matched = new Set<Live>();
  const words = answer.accesses.map((access): LiveWord => {
    // What comes through a group is not read again with the mailbox.
    if (access.source.kind === "group" || !readBy.has(`${access.job} ${access.mailbox.id}`)) return "unread";
    const same = (now.get(keyOf(access.mailbox.id, access)) ?? []).filter(({ holder }) =>
      isSame(holder, access.holder),
    );
    for (const live of same) matched.add(live);
    return same.length > 0 ? "still" : "gone";
  });
  const added = [...now.values()]
    .flat()
    .filter((live) => !matched.has(live) && (live.noise === null || includeNoise));
  return { words, added: withoutDoubles(added), unread };
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

function keyOf(mailboxId: string, { right, allow, source }: Access): string {
  return JSON.stringify([mailboxId, right.toLowerCase(), allow, source.kind, source.path]);
}
