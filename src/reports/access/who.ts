/** Who can access a mailbox. */
import { GRANTOR_TYPES, isGrantorType, isList, type Principal } from "../../job/index.ts";
import { completenessOf } from "../completeness.ts";
import { importedFrom } from "../imported.ts";
import { plain } from "../plain.ts";
import { type Answer, AnswerDraft, askedRun, type AskedRun, type FoundAccess, runAt } from "./answer.ts";
import { byJob, gatherAll, type LookUp, unknownName, witnessesOf } from "./look-up.ts";
import { identityOf } from "./make-index.ts";
import { grantorId, NameError, whoIs } from "./names.ts";
import type { Found } from "./gather.ts";
import { type Telling, telling, whole } from "./telling.ts";
import { type ByGroups, MOST_PEOPLE, type Witness } from "./witness.ts";

/** @throws {NameError} when nobody, or several, have this name; {ReportError} when a run cannot be read by this version */
export async function whoCanAccess(lookUp: LookUp, text: string): Promise<Answer> {
  return whole(await tellWhoCanAccess(lookUp, text));
}

/** The same page by page, sorted by holder. What is about one mailbox is looked up before the first of them. */
export async function tellWhoCanAccess(lookUp: LookUp, text: string): Promise<Telling> {
  const witnesses = await witnessesOf(lookUp);
  const meant = await whoIs(witnesses, lookUp.findIn, text, ({ mailboxId }) => mailboxId !== "");
  if (meant === undefined) throw unknownName(text, lookUp, witnesses);
  const mailboxId = await grantorId(witnesses, lookUp.findIn, meant.principal);
  const principal = { ...meant.principal, mailboxId };
  const known = { ...meant, principal };
  if (mailboxId === "") throw noGrantor(text, principal, lookUp.tenant);
  const type = await typeIn(witnesses, mailboxId);
  const byGroups = new Map<Witness, ByGroups>();
  const gathered = await gatherAll(
    witnesses,
    async (witness) => {
      const own = await witness.about(mailboxId);
      const through = await witness.byGroups(own);
      byGroups.set(witness, through);
      return [...own, ...through.sightings];
    },
    ({ access }) => identityOf(access.holder),
    (witness, older) => Promise.resolve(witness.closes(older)),
  );
  // Whoever was spelt out by an older run, when the group was smaller.
  const isLarge = ({ access, unreadIn }: Found): boolean =>
    unreadIn !== undefined &&
    byGroups.get(unreadIn)?.large.has(access.source.group?.toLowerCase() ?? "") === true;
  const found = gathered.filter((one) => !isLarge(one));
  const runs: AskedRun[] = [];
  const gaps: string[] = [];
  const warnings: string[] = [];
  for (const own of byJob(witnesses)) {
    // What a job does not take, no run of it could tell of.
    if (isGrantorType(type) && own[0]?.job.grantors?.includes(type) !== true) continue;
    const { newest, reader } = await readersOf(own, mailboxId, type);
    runs.push(askedRun(newest, await outcomeIn(newest, mailboxId)));
    const imported = reader && importedFrom(reader.run);
    if (imported !== undefined)
      gaps.push(
        `run ${reader?.run.id} is the file ${plain(imported.file)} (${imported.as}): what such a file does not tell is unknown`,
      );
    if (reader !== newest) gaps.push(await unreadNote(newest, reader, mailboxId));
    else if (!completenessOf(newest.run).complete)
      warnings.push(
        `this mailbox was read in run ${newest.run.id}, others were not: ${completenessOf(newest.run).words}`,
      );
    for (const bulk of await newest.unreadBulks())
      gaps.push(`what ${bulk} would have told is unknown in run ${newest.run.id}: it could not be read`);
    if (reader !== undefined && reader !== newest) runs.push(askedRun(reader, "ok"));
  }
  const held = found.filter(({ access, noise }) => noise === undefined && access.source.group === undefined);
  const isIn = (one: Found, kind: "unread" | "large"): boolean =>
    byGroups.get(one.seenIn)?.[kind].has(one.access.holder.id.toLowerCase()) === true;
  const unread = held.filter((one) => one.access.allow && isIn(one, "unread"));
  const some = unread.some(
    (one) => byGroups.get(one.seenIn)?.unread.get(one.access.holder.id.toLowerCase()) === "some",
  );
  const large = held.filter((one) => isIn(one, "large"));
  if (unread.length > 0)
    warnings.push(
      `${unread.length} of these accesses are held by groups whose members were not ${some ? "all " : ""}read: others may come in through them`,
    );
  for (const name of new Set(large.map(({ access }) => plain(access.holder.displayName))))
    warnings.push(
      `the group ${name} brings in more than ${MOST_PEOPLE} people, who are not spelt out: ask what one of them can access`,
    );
  if (large.some(({ access }) => !access.allow))
    warnings.push("one of these groups is denied something: that may overrule what others are shown to hold");
  const draft = new AnswerDraft({
    question: "who-can-access",
    asked: text,
    tenant: lookUp.tenant,
    known,
    runs,
    notes: [...gaps, ...warnings],
    complete: gaps.length === 0,
    includeNoise: lookUp.includeNoise === true,
  });
  const accesses = draft.add(found);
  async function* shown(): AsyncGenerator<readonly FoundAccess[]> {
    yield accesses;
  }
  return telling(shown(), (isOver) => draft.frame(isOver), lookUp.pageSize);
}

/** As a scope names it; empty when no run has it. */
async function typeIn(witnesses: readonly Witness[], mailboxId: string): Promise<string> {
  for (const witness of witnesses) {
    const owner = await witness.ownerOf(mailboxId);
    if (owner !== undefined) return owner.mailboxType;
  }
  return "";
}

function noGrantor(text: string, { id, type, displayName }: Principal, tenant: string): NameError {
  const subject = `Cannot tell who can access "${plain(text)}": ${plain(displayName)}`;
  return type === "group"
    ? new NameError(
        `${subject} is a group, and no kept run was about groups`,
        `Run one: exosweep run permission-audit --tenant ${tenant} --type user,shared,room,equipment,${GRANTOR_TYPES.filter(isList).join(",")}; or ask what it can access: exosweep what-can-access ${id}`,
      )
    : new NameError(
        `${subject} (${type}) has no mailbox`,
        `Ask what it can access: exosweep what-can-access ${id}`,
      );
}

/** The newest run that should have read a mailbox, and the newest that did. */
async function readersOf(
  witnesses: readonly Witness[],
  mailboxId: string,
  type: string,
): Promise<{ readonly newest: Witness; readonly reader: Witness | undefined }> {
  let newest: Witness | undefined;
  for (const witness of witnesses) {
    const target = await witness.target(mailboxId);
    if (target === undefined && !witness.covers(type)) continue;
    newest ??= witness;
    if (target?.outcome === "ok" || target?.outcome === "ok_no_change") return { newest, reader: witness };
  }
  const [last] = witnesses;
  if (last === undefined) throw new RangeError("There is no run to ask");
  return { newest: newest ?? last, reader: undefined };
}

async function outcomeIn(witness: Witness, mailboxId: string): Promise<string> {
  const target = await witness.target(mailboxId);
  return target === undefined ? "not in it" : (target.outcome ?? "pending");
}

async function unreadNote(newest: Witness, reader: Witness | undefined, mailboxId: string): Promise<string> {
  const outcome = await outcomeIn(newest, mailboxId);
  const reason = (await newest.target(mailboxId))?.reason;
  const why = reason === undefined ? outcome : `${outcome}: ${plain(reason)}`;
  return reader === undefined
    ? `the mailbox was not read in run ${newest.run.id} (${why}), nor in any kept run before: who can access it is unknown`
    : `the mailbox was not read in run ${newest.run.id} (${why}), so this is unknown there; the last that read it is ${runAt(reader)}`;
}
