/** What somebody can access. */
import { addressId, type Principal } from "../../job/index.ts";
import { completenessOf } from "../completeness.ts";
import { type Answer, answerOf, askedRun } from "./answer.ts";
import { sourceByGroup } from "./by-group.ts";
import { byJob, gatherAll, type LookUp, unknownName, witnessesOf } from "./look-up.ts";
import { keysOfHolder } from "./make-index.ts";
import { whoIs } from "./names.ts";
import type { Sighting, Witness } from "./witness.ts";

/** @throws {NameError} when nobody, or several, have this name; {ReportError} when a job's code throws */
export async function whatCanAccess(lookUp: LookUp, text: string): Promise<Answer> {
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
  const found = await gatherAll(
    witnesses,
    async (witness) => {
      const own = await witness.under([...keys]);
      return [...own, ...(await throughGroups(witness, principal.id))];
    },
    // One principal, whatever each row knows of it.
    () => "",
  );
  if (known === undefined && found.length === 0) throw unknownName(text, lookUp, witnesses);
  const newest = byJob(witnesses).flatMap((own) => {
    const whole = own.find(({ isWhole }) => isWhole) ?? own[0];
    return whole === undefined ? [] : [whole];
  });
  const incomplete = newest.filter(({ run }) => !completenessOf(run).complete);
  const partial = newest.filter(({ isWhole }) => !isWhole);
  const groups = await Promise.all(newest.map((witness) => witness.groups()));
  const unfollowed = newest.filter((_, place) => groups[place] !== "read");
  return answerOf({
    question: "what-can-access",
    asked: text,
    tenant: lookUp.tenant,
    known: known ?? { ...STRANGER, principal },
    found,
    runs: [...new Set([...newest, ...found.map(({ seenIn }) => seenIn)])].map((witness) =>
      askedRun(witness, null),
    ),
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

/** What somebody's groups hold, as what their member holds through them. */
async function throughGroups(witness: Witness, member: string): Promise<readonly Sighting[]> {
  const groups = new Map((await witness.groupsOf(member)).map((group) => [group.id.toLowerCase(), group]));
  if (groups.size === 0) return [];
  const keys = [...groups.values()].flatMap(({ id }) => keysOfHolder({ id, sid: "", text: "" }));
  return (await witness.under(keys)).map((sighting) => {
    const { access } = sighting;
    const way = groups.get(access.holder.id.toLowerCase()) ?? { path: [], readAt: "" };
    return { ...sighting, access: { ...access, source: sourceByGroup(access, way) } };
  });
}
