/**
 * Whom a person means. Names are hostile: who is called like somebody's address does not become that somebody, so what belongs to one
 * object alone goes before what anybody may be called.
 */
import type { Directory, Principal } from "../../job/index.ts";
import { wholeId } from "../parts/part.ts";
import { plain } from "../plain.ts";
import type { Owner } from "./owner.ts";
import type { Witness } from "./witness.ts";

/** Most targets of a run whose mailboxes are looked through one by one; larger runs have an index of names. */
const FEW = 2_000;

/** What was typed means nobody, or several. */
export class NameError extends Error {
  override readonly name = "NameError";
  readonly advice: string;
  readonly candidates: readonly Principal[];

  constructor(message: string, advice: string, candidates: readonly Principal[] = []) {
    super(message);
    this.advice = advice;
    this.candidates = candidates;
  }
}

export interface Known {
  readonly principal: Principal;
  /** The newest run that knows the principal. */
  readonly in: Witness;
  /** A newer run of the whole tenant that does not: the principal is gone. */
  readonly missingIn: Witness | undefined;
  /** The newest run in which it has the name that was asked for, where later ones call it otherwise. */
  readonly formerlyIn: Witness | undefined;
  /** Another, deleted one has the name too. */
  readonly deletedNamesakes: number;
}

export type FindIn = (run: string) => Pick<Directory, "find">;

/**
 * @param witnesses newest first
 * @param wanted what is asked for; others count only where there is none
 * @returns undefined when no run knows the name
 * @throws {NameError} when several have it
 */
export async function whoIs(
  witnesses: readonly Witness[],
  findIn: FindIn,
  text: string,
  wanted: (principal: Principal) => boolean = () => true,
): Promise<Known | undefined> {
  const key = text.trim().toLowerCase();
  if (key === "") return undefined;
  for (const witness of witnesses) {
    const found = await candidates(witness, findIn, key);
    const named = best(found.some(wanted) ? found.filter(wanted) : found, key);
    const living = named.filter(({ softDeleted }) => !softDeleted);
    const meant = living.length > 0 ? living : named;
    const [principal, ...others] = meant;
    if (principal === undefined) continue;
    if (others.length > 0)
      throw new NameError(
        `Cannot tell who is meant: ${meant.length} have the name "${plain(text)}" in run ${witness.run.id}`,
        "Name one of them by address, object id or SID",
        meant,
      );
    const newer = witnesses.slice(0, witnesses.indexOf(witness));
    return {
      ...(await today(newer, findIn, principal, witness)),
      deletedNamesakes: named.length - meant.length,
    };
  }
  return undefined;
}

/**
 * By which the manifests know the mailbox of a principal, or the group that it is. Not every run is about groups and deleted mailboxes, so it
 * is the newest that is about this one which tells. Empty when none does.
 */
export async function grantorId(
  witnesses: readonly Witness[],
  findIn: FindIn,
  { id, mailboxId, type, softDeleted }: Principal,
): Promise<string> {
  if (mailboxId !== "" && type !== "group" && !softDeleted) return mailboxId;
  for (const witness of witnesses) {
    const same = (await candidates(witness, findIn, id)).filter((one) => one.id === id);
    for (const known of new Set([...same.map((one) => one.mailboxId), mailboxId]))
      if (known !== "" && (await witness.target(known)) !== undefined) return known;
    // A small run may have met the group as somebody who holds a right, too.
    const own = isSmall(witness) ? await witness.everyMailbox() : [];
    const owner = own.find((one) => one.id === id && one.softDeleted === softDeleted);
    if (owner !== undefined) return owner.mailboxId;
  }
  return mailboxId;
}

/** The same object in a newer run, under the name it has there. */
async function today(
  newer: readonly Witness[],
  findIn: FindIn,
  principal: Principal,
  witness: Witness,
): Promise<Omit<Known, "deletedNamesakes">> {
  for (const later of newer) {
    const same = (await candidates(later, findIn, principal.id)).find(({ id }) => id === principal.id);
    // An older run may have read the SID where the newer one, a small one, has not.
    if (same !== undefined)
      return {
        principal: {
          ...same,
          sid: same.sid || principal.sid,
          mailboxId: same.mailboxId || principal.mailboxId,
        },
        in: later,
        missingIn: undefined,
        // A small run knows only those it came across, and not by all their names.
        formerlyIn: later.isWhole ? witness : undefined,
      };
  }
  return { principal, in: witness, missingIn: newer.find(({ isWhole }) => isWhole), formerlyIn: undefined };
}

async function candidates(witness: Witness, findIn: FindIn, key: string): Promise<readonly Principal[]> {
  const found = await findIn(wholeId(witness.run.id)).find(key);
  if (found.length > 0) return found;
  const owner = await witness.ownerOf(key);
  if (owner !== undefined) return [owner];
  if (!isSmall(witness)) return [];
  const owners = (await witness.everyMailbox()).filter((owner) => keysOfOwner(owner).includes(key));
  if (owners.length > 0) return owners;
  const member = await witness.memberNamed(key);
  return member === undefined ? [] : [member];
}

function isSmall({ run }: Witness): boolean {
  return (run.manifest?.count ?? 0) <= FEW;
}

function keysOfOwner(owner: Owner): readonly string[] {
  const { id, mailboxId, exchangeGuid, userPrincipalName, primarySmtp, alias, displayName, name, addresses } =
    owner;
  const ids = [id, mailboxId, exchangeGuid];
  return [...ids, userPrincipalName, primarySmtp, alias, displayName, name, ...addresses].map((key) =>
    key.trim().toLowerCase(),
  );
}

/** Those the key belongs to most surely. */
function best(found: readonly Principal[], key: string): readonly Principal[] {
  const ranked = found.map((principal) => ({ principal, rank: rank(principal, key) }));
  const least = Math.min(...ranked.map((one) => one.rank));
  return ranked.filter((one) => one.rank === least).map(({ principal }) => principal);
}

/** Ids, then addresses, then other keys that one object has (old addresses, aliases), then what anybody may be called. */
function rank(principal: Principal, key: string): number {
  const isOneOf = (...keys: readonly string[]): boolean =>
    keys.some((own) => own.trim().toLowerCase() === key);
  if (isOneOf(principal.id, principal.sid, principal.mailboxId)) return 0;
  if (isOneOf(principal.userPrincipalName, principal.primarySmtp)) return 1;
  return isOneOf(principal.displayName, principal.name) ? 3 : 2;
}
