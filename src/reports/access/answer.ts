/** An answer about access: what was found, from which runs, and what a reader must know first. */
import type { Access, Principal } from "../../job/index.ts";
import type { RunRecord } from "../../journal/index.ts";
import { completenessOf } from "../completeness.ts";
import { importedFrom } from "../imported.ts";
import { plain } from "../plain.ts";
import type { Found } from "./gather.ts";
import type { Known } from "./names.ts";
import type { SeenMailbox, Witness } from "./witness.ts";

export interface Moment {
  readonly run: string;
  /** When the run ended, or began where it has not or was redriven; ISO 8601, UTC. */
  readonly at: string;
}

export interface FoundAccess extends Access {
  readonly mailbox: SeenMailbox;
  readonly noise: string | null;
  /** `unknown`: a newer run should have looked and could not; this is what was last known. */
  readonly status: "seen" | "unknown";
  readonly since: Moment & { readonly atLeast: boolean };
  readonly run: string;
  readonly job: string;
  /** A denial of the same right, to the holder or to a group it is in, beats it. */
  readonly overruled: boolean;
  /** The newer run that could not look. */
  readonly unreadIn: string | null;
}

export interface AskedRun {
  readonly run: string;
  readonly job: string;
  readonly state: string;
  readonly at: string;
  readonly complete: boolean;
  readonly wholeTenant: boolean;
  /** Grantors beside mailboxes that its job could be about, and its scope does not name: it says nothing of them. */
  readonly leftOut: readonly string[];
  /** What it says of the mailbox that was asked for; null when somebody was asked for. */
  readonly mailbox: string | null;
}

/** What is said around the accesses of an answer. */
export interface AnswerFrame {
  readonly question: "who-can-access" | "what-can-access";
  readonly asked: string;
  readonly tenant: string;
  readonly subject: Pick<
    Principal,
    "id" | "sid" | "mailboxId" | "type" | "displayName" | "userPrincipalName" | "primarySmtp"
  >;
  /** Nothing that was to be read is missing in what the answer is made of. */
  readonly complete: boolean;
  /** What a reader must know before the answer, a sentence each. */
  readonly notes: readonly string[];
  readonly runs: readonly AskedRun[];
  /** How many accesses there are. */
  readonly total: number;
  /** Left out, because noise rules hide them. */
  readonly hidden: number;
}

/** The whole of it at once. */
export interface Answer extends AnswerFrame {
  readonly accesses: readonly FoundAccess[];
}

/** What is known before the first access is looked for. */
export interface Asked {
  readonly question: AnswerFrame["question"];
  readonly asked: string;
  readonly tenant: string;
  /** `in` is undefined for somebody no run knows by name. */
  readonly known: Omit<Known, "in"> & { readonly in: Witness | undefined };
  readonly runs: readonly AskedRun[];
  readonly notes: readonly string[];
  readonly complete: boolean;
  readonly includeNoise: boolean;
}

/** An answer in the making: it is told what was found, mailbox by mailbox, and says at any time what it has so far. */
export class AnswerDraft {
  readonly #asked: Asked;
  readonly #seenIn = new Map<string, Witness>();
  #total = 0;
  #hidden = 0;
  #unknown = 0;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** @param found all there is about some mailboxes @returns what is shown of it, by mailbox as they come, then holder, then right */
  add(found: readonly Found[]): readonly FoundAccess[] {
    const { question, includeNoise } = this.#asked;
    const shown = found.filter(({ noise }) => noise === undefined || includeNoise);
    this.#total += shown.length;
    this.#hidden += found.length - shown.length;
    for (const { unreadIn } of shown) if (unreadIn !== undefined) this.#unknown += 1;
    if (question === "what-can-access")
      for (const { seenIn } of found) this.#seenIn.set(seenIn.run.id, seenIn);
    const byMailbox = Map.groupBy(withDenials(question, found, shown), ({ mailbox }) => mailbox.id);
    return [...byMailbox.values()].flatMap((own) => inOrder(own));
  }

  /** @param isOver everything has been added */
  frame(isOver: boolean): AnswerFrame {
    const { question, asked, tenant, known, notes, complete, runs } = this.#asked;
    const { id, sid, mailboxId, type, displayName, userPrincipalName, primarySmtp } = known.principal;
    const listed = new Set(runs.map(({ run }) => run));
    const others = [...this.#seenIn.values()].filter(({ run }) => !listed.has(run.id));
    return {
      question,
      asked,
      tenant,
      subject: { id, sid, mailboxId, type, displayName, userPrincipalName, primarySmtp },
      complete: complete && this.#unknown === 0,
      notes: [
        ...notesOnName(plain(asked), known),
        ...notes,
        ...(this.#unknown === 0 || !isOver
          ? []
          : [
              `${this.#unknown} of these accesses could not be looked at again by a newer run: they are what was last known`,
            ]),
      ],
      runs: [...runs, ...others.map((witness) => askedRun(witness, null))],
      total: this.#total,
      hidden: this.#hidden,
    };
  }
}

function notesOnName(name: string, known: Asked["known"]): readonly string[] {
  const { missingIn, formerlyIn, deletedNamesakes, principal } = known;
  const notes: string[] = [];
  if (missingIn !== undefined && known.in !== undefined)
    notes.push(
      `"${name}" is not in the tenant any more: ${runAt(missingIn)} does not know it; last seen in ${runAt(known.in)}`,
    );
  if (formerlyIn !== undefined)
    notes.push(`"${name}" was called so in ${runAt(formerlyIn)}, and is ${plain(principal.displayName)} now`);
  if (deletedNamesakes > 0) notes.push("a deleted account has the same name: ask for it by its id or SID");
  return notes;
}

/** Exchange asks explicit entries before inherited ones, and among each denials first. */
function withDenials(
  question: AnswerFrame["question"],
  found: readonly Found[],
  shown: readonly Found[],
): readonly FoundAccess[] {
  const keyOf = ({ access: { holder, right }, mailbox }: Found): string =>
    JSON.stringify([
      mailbox.id,
      right.toLowerCase(),
      // Whoever asks what somebody can access gets nothing but what is theirs.
      question === "what-can-access" ? "" : (holder.id || holder.sid || holder.text).toLowerCase(),
    ]);
  const denials = found.filter(({ access }) => !access.allow);
  const inherited = new Set(denials.map(keyOf));
  const explicit = new Set(denials.filter(({ access }) => !access.inherited).map(keyOf));
  return shown.map((one) => {
    const beats = one.access.inherited ? inherited : explicit;
    return foundAccess(one, one.access.allow && beats.has(keyOf(one)));
  });
}

function foundAccess(
  { access, mailbox, noise, seenIn, unreadIn, since, atLeast }: Found,
  overruled: boolean,
): FoundAccess {
  return {
    ...access,
    overruled,
    mailbox,
    noise: noise ?? null,
    status: unreadIn === undefined ? "seen" : "unknown",
    since: { ...momentOf(since), atLeast },
    run: seenIn.run.id,
    job: seenIn.run.job,
    unreadIn: unreadIn?.run.id ?? null,
  };
}

/** By mailbox, then holder, then right: the same every time. */
export function inOrder(accesses: readonly FoundAccess[]): readonly FoundAccess[] {
  const keyed = accesses.map((access) => ({ access, key: orderOf(access) }));
  return keyed
    .sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0))
    .map(({ access }) => access);
}

function orderOf({ mailbox, holder, right, allow, source }: FoundAccess): string {
  return [
    mailbox.address.toLowerCase(),
    mailbox.id,
    holder.displayName.toLowerCase(),
    holder.sid || holder.id,
    right,
    String(allow),
    ...source.path,
  ].join("\n");
}

export function askedRun(witness: Witness, mailbox: string | null): AskedRun {
  const { run, job, isWhole } = witness;
  const { at } = momentOf(witness);
  return {
    run: run.id,
    job: run.job,
    state: run.state,
    at,
    complete: completenessOf(run).complete,
    wholeTenant: isWhole,
    leftOut: (job.grantors ?? []).filter((type) => !witness.covers(type)),
    mailbox,
  };
}

/** `run r1 of 2026-11-22T03:10:00.000Z`. */
export function runAt(witness: Witness): string {
  return `run ${witness.run.id} of ${momentOf(witness).at}`;
}

function momentOf({ run }: Witness): Moment {
  return { run: run.id, at: new Date(timeOf(run)).toISOString() };
}

/** When a run ended; of one that was imported, when its file was true. What was redriven later is not why it is asked: then it is the beginning that counts, so that no old run seems new. */
export function timeOf(run: RunRecord): number {
  const imported = importedFrom(run);
  if (imported !== undefined) return imported.takenAtMs;
  const began = run.startedAtMs ?? run.createdAtMs;
  return run.redrives > 0 ? began : (run.endedAtMs ?? began);
}
