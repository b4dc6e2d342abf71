/** What somebody can access. */
import { addressId, type Principal } from "../../job.ts";
import { completenessOf } from "../completeness.ts";
import { type Answer, answerOf, askedRun } from "./answer.ts";
import { byJob, gatherAll, type GroupOf, type LookUp, unknownName, witnessesOf } from "./look-up.ts";
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
      const groups = known === undefined ? [] : await lookUp.groupsOf?.(witness.run, principal);
      return [...own, ...(await throughGroups(witness, groups ?? []))];
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
  const followed = lookUp.groupsOf !== undefined || newest.some(({ followsGroups }) => followsGroups);
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
      ...(followed ? [] : ["what comes through groups is not in it: their members were not read"]),
    ],
    complete: incomplete.length + partial.length === 0,
    includeNoise: lookUp.includeNoise === true,
  });
}

const LEFT_OVER =
  "nobody of the tenant is called so: these accesses are left from an account that is gone, or one the service alone knows";
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

/** What the groups hold, as what their member holds through them. */
async function throughGroups(witness: Witness, groups: readonly GroupOf[]): Promise<readonly Sighting[]> {
  const held: Sighting[] = [];
  for (const group of groups) {
    const keys = keysOfHolder({ ...group, text: "" });
    for (const sighting of await witness.under(keys)) {
      const source = { kind: "group", path: [...group.path, ...sighting.access.source.path] };
      held.push({ ...sighting, access: { ...sighting.access, source } });
    }
  }
  return held;
}
