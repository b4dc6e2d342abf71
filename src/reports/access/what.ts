/** What somebody can access. */
import { addressId, type Principal } from "../../job/index.ts";
import { completenessOf } from "../completeness.ts";
import { type Answer, AnswerDraft, askedRun, type FoundAccess } from "./answer.ts";
import type { Found } from "./gather.ts";
import { Holdings, isClosed, mailboxesHeld } from "./holdings.ts";
import { byJob, gatherAll, type LookUp, unknownName, witnessesOf } from "./look-up.ts";
import { keysOfHolder } from "./make-index.ts";
import { whoIs } from "./names.ts";
import { type Telling, telling, whole } from "./telling.ts";

/** @throws {NameError} when nobody, or several, have this name; {ReportError} when a job's code throws */
export async function whatCanAccess(lookUp: LookUp, text: string): Promise<Answer> {
  return whole(await tellWhatCanAccess(lookUp, text));
}

/**
 * The same page by page: the first is there as soon as its mailboxes have been looked at, however many follow. Up to a page of accesses is
 * sorted by mailbox; of more, mailboxes come as the newest run lists them (`Journal.rowsUnder`), then those that only other runs tell of.
 */
export async function tellWhatCanAccess(lookUp: LookUp, text: string): Promise<Telling> {
  const witnesses = await witnessesOf(lookUp);
  const known = await whoIs(witnesses, lookUp.findIn, text);
  const typed = text.trim().toLowerCase();
  // Nobody of the tenant: an orphan is asked for by its SID, others by what the service called them.
  const principal: Principal = known?.principal ?? {
    ...NOBODY,
    sid: SID.test(typed) ? typed : "",
    displayName: text.trim(),
  };
  const keys = new Set(keysOfHolder({ ...principal, text: known === undefined ? typed : "" }));
  // A file knows no ids.
  if (known !== undefined && principal.primarySmtp !== "")
    for (const key of keysOfHolder({ id: addressId(principal.primarySmtp), sid: "", text: "" }))
      keys.add(key);
  // One that the account had before.
  if (SID.test(typed)) keys.add(`sid:${typed}`);
  const holdings = witnesses.map((witness) => {
    // What a group may open is of no use to an address without an account; mail for the group is.
    const comesIn = principal.type !== "contact" || witness.job.access.reachesContacts === true;
    return new Holdings(witness, { id: comesIn ? principal.id : "", keys: [...keys] });
  });
  const found = foundOn(holdings);
  // A stranger has a name only if it leads to something.
  const first = await found.next();
  if (known === undefined && first.done === true) throw unknownName(text, lookUp, witnesses);
  const newest = byJob(witnesses).flatMap((own) => {
    const whole = own.find(({ isWhole }) => isWhole) ?? own[0];
    return whole === undefined ? [] : [whole];
  });
  const incomplete = newest.filter(({ run }) => !completenessOf(run).complete);
  const partial = newest.filter(({ isWhole }) => !isWhole);
  const groups = await Promise.all(newest.map((witness) => witness.groups()));
  const unfollowed = newest.filter((_, place) => groups[place] !== "read");
  const draft = new AnswerDraft({
    question: "what-can-access",
    asked: text,
    tenant: lookUp.tenant,
    known: known ?? { ...STRANGER, principal },
    runs: newest.map((witness) => askedRun(witness, null)),
    notes: [
      ...(known === undefined ? [LEFT_OVER] : []),
      ...incomplete.map(
        ({ run }) =>
          `run ${run.id} is not complete, so accesses may be missing: ${completenessOf(run).words}`,
      ),
      ...partial.map(
        ({ run }) =>
          `no kept run of ${run.job} was about the whole tenant: accesses to mailboxes that none was about are missing`,
      ),
      ...unfollowed.map(
        ({ run }) =>
          `what comes through groups is not in it as far as run ${run.id} (${run.job}) tells: their members were not read`,
      ),
    ],
    complete: incomplete.length + partial.length === 0,
    includeNoise: lookUp.includeNoise === true,
  });
  async function* shown(): AsyncGenerator<readonly FoundAccess[]> {
    if (first.done !== true) yield draft.add(first.value);
    for await (const some of found) yield draft.add(some);
  }
  return telling(shown(), (isOver) => draft.frame(isOver), lookUp.pageSize);
}

/** All that somebody holds, in chunks that are about whole mailboxes. None is empty. */
async function* foundOn(holdings: readonly Holdings[]): AsyncGenerator<readonly Found[], void> {
  const placeOf = new Map(holdings.map(({ witness }, place) => [witness, place]));
  const holdingOf = new Map(holdings.map((holding) => [holding.witness, holding]));
  for await (const ids of mailboxesHeld(holdings)) {
    const found = await gatherAll(
      [...placeOf.keys()],
      async (witness) => (await holdingOf.get(witness)?.on(ids)) ?? [],
      // One principal, whatever each row knows of it.
      () => "",
      (witness) => isClosed(holdings, placeOf.get(witness) ?? 0),
    );
    for (const holding of holdings) holding.forget();
    const order = new Map(ids.map((id, place) => [id, place]));
    const place = ({ mailbox }: Found): number => order.get(mailbox.id) ?? 0;
    if (found.length > 0) yield found.toSorted((one, other) => place(one) - place(other));
  }
}

const LEFT_OVER =
  "nobody of the tenant is called so: these accesses are left from an account that is gone, or of one that the service alone knows, or a file by name only";
const STRANGER = { in: undefined, missingIn: undefined, formerlyIn: undefined, deletedNamesakes: 0 };

const SID = /^s-1-[\d-]+$/;

const NOBODY: Principal = {
  id: "",
  sid: "",
  type: "other",
  displayName: "",
  name: "",
  userPrincipalName: "",
  primarySmtp: "",
  guest: false,
  disabled: false,
  softDeleted: false,
  mailboxId: "",
};
