/** Who can access a mailbox, what somebody can access: answered from the runs a journal keeps, with what they leave open said at the top. */
import type { Access, Job, Principal } from "../../job.ts";
import { isComplete, type Journal, type RunRecord } from "../../journal/index.ts";
import { completenessOf } from "../completeness.ts";
import { plain } from "../plain.ts";
import { type Found, gather } from "./gather.ts";
import { identityOf, keysOfHolder } from "./make-index.ts";
import { type FindIn, type Known, NameError, whoIs } from "./names.ts";
import { type AccessJob, type SeenMailbox, type Sighting, Witness, type WitnessJournal } from "./witness.ts";

export type AsOf = { readonly run: RunRecord } | { readonly atMs: number };

/** A group somebody is in, directly or through others. */
export interface GroupOf {
  readonly id: string;
  readonly sid: string;
  /** Names of the groups, from this one to the one the member is in. */
  readonly path: readonly string[];
}

export interface LookUp {
  readonly journal: WitnessJournal & Pick<Journal, "runs">;
  readonly catalogue: readonly Job[];
  readonly tenant: string;
  readonly findIn: FindIn;
  /** As things were then; absent: as the newest runs have it. */
  readonly asOf?: AsOf;
  readonly includeNoise?: boolean;
  /** Groups of a principal, where members were read in that run; `undefined`: they were not. */
  readonly groupsOf?: (run: RunRecord, principal: Principal) => Promise<readonly GroupOf[] | undefined>;
  readonly signal?: AbortSignal;
  /** Told of a run that has no index yet: the answer takes longer. */
  readonly onIndexing?: (run: string) => void;
}

export interface Moment {
  readonly run: string;
  /** When the run ended, or began when it has not; ISO 8601, UTC. */
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
  /** What it says of the mailbox that was asked for; null when somebody was asked for. */
  readonly mailbox: string | null;
}

export interface Answer {
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
  readonly accesses: readonly FoundAccess[];
  /** Left out, because noise rules hide them. */
  readonly hidden: number;
}

const SEARCH_ADVICE = "Look at what was run with: exosweep runs list";

/** @throws {NameError} when nobody, or several, have this name; {ReportError} when a run cannot be read by this version */
export async function whoCanAccess(lookUp: LookUp, text: string): Promise<Answer> {
  const witnesses = await witnessesOf(lookUp);
  const known = await whoIs(witnesses, lookUp.findIn, text, ({ mailboxId }) => mailboxId !== "");
  if (known === undefined) throw unknown(text, lookUp, witnesses);
  const { principal } = known;
  if (principal.mailboxId === "")
    throw new NameError(
      `Cannot tell who can access "${plain(text)}": ${plain(principal.displayName)} (${principal.type}) has no mailbox`,
      `Ask what it can access: exosweep what-can-access ${principal.id}`,
    );
  const found = await gatherAll(
    witnesses,
    (witness) => witness.about(principal.mailboxId),
    ({ access }) => identityOf(access.holder),
  );
  const runs: AskedRun[] = [];
  const gaps: string[] = [];
  const warnings: string[] = [];
  for (const own of byJob(witnesses)) {
    const { newest, reader } = await readersOf(own, principal.mailboxId);
    runs.push(asked(newest, await outcomeIn(newest, principal.mailboxId)));
    if (reader !== newest) gaps.push(await unreadNote(newest, reader, principal.mailboxId));
    else if (!completenessOf(newest.run).complete)
      warnings.push(
        `this mailbox was read in run ${newest.run.id}, others were not: ${completenessOf(newest.run).words}`,
      );
    for (const bulk of await newest.unreadBulks())
      gaps.push(`what ${bulk} would have told is unknown in run ${newest.run.id}: it could not be read`);
    if (reader !== undefined && reader !== newest) runs.push(asked(reader, "ok"));
  }
  const groups = found.filter(
    ({ access, noise }) => noise === undefined && access.allow && access.holder.type === "group",
  ).length;
  return answer(
    lookUp,
    "who-can-access",
    text,
    known,
    found,
    runs,
    [
      ...gaps,
      ...warnings,
      ...(groups === 0
        ? []
        : [
            `${groups} of these accesses are held by groups whose members were not read: others may come in through them`,
          ]),
    ],
    gaps.length === 0,
  );
}

/** @throws as `whoCanAccess` */
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
  if (known === undefined && found.length === 0) throw unknown(text, lookUp, witnesses);
  const newest = byJob(witnesses).flatMap((own) => {
    const whole = own.find(({ isWhole }) => isWhole) ?? own[0];
    return whole === undefined ? [] : [whole];
  });
  const incomplete = newest.filter(({ run }) => !completenessOf(run).complete);
  const partial = newest.filter(({ isWhole }) => !isWhole);
  return answer(
    lookUp,
    "what-can-access",
    text,
    known ?? { principal, in: undefined, missingIn: undefined, formerlyIn: undefined, deletedNamesakes: 0 },
    found,
    [...new Set([...newest, ...found.map(({ seenIn }) => seenIn)])].map((witness) => asked(witness, null)),
    [
      ...(known === undefined
        ? [
            `nobody of the tenant is called so: these accesses are left from an account that is gone, or one the service alone knows`,
          ]
        : []),
      ...incomplete.map(
        ({ run }) =>
          `run ${run.id} is not complete, so accesses may be missing: ${completenessOf(run).words}`,
      ),
      ...partial.map(
        ({ run }) =>
          `no kept run of ${run.job} was about the whole tenant: accesses to mailboxes that none was about are missing`,
      ),
      ...(lookUp.groupsOf !== undefined || newest.every(({ followsGroups }) => followsGroups)
        ? []
        : ["what comes through groups is not in it: their members were not read"]),
    ],
    incomplete.length + partial.length === 0,
  );
}

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

/** Runs that tell of access, newest first. */
async function witnessesOf({
  journal,
  catalogue,
  tenant,
  asOf,
  signal,
  onIndexing,
}: LookUp): Promise<readonly Witness[]> {
  const untilMs =
    asOf === undefined ? Number.POSITIVE_INFINITY : "run" in asOf ? timeOf(asOf.run) : asOf.atMs;
  const named = asOf !== undefined && "run" in asOf ? asOf.run : undefined;
  const runs = (await journal.runs({ tenant })).filter(
    (run) => run.id === named?.id || (isComplete(run.state) && timeOf(run) <= untilMs),
  );
  const witnesses = runs.flatMap((run) => {
    const job = catalogue.find(({ name }) => name === run.job);
    // One that another version made, and this one cannot read.
    if (job?.access === undefined || !Witness.canBe(run, job)) return [];
    const accessJob: AccessJob = { ...job, access: job.access };
    return [new Witness(journal, run, accessJob, { signal, onIndexing })];
  });
  if (witnesses.length === 0)
    throw new NameError(
      `Cannot look anything up for tenant "${tenant}": ${asOf === undefined ? "no finished run tells of access" : "no run of that time tells of access"}`,
      asOf === undefined ? `Run one first: exosweep run permission-audit --tenant ${tenant}` : SEARCH_ADVICE,
    );
  return witnesses.toSorted((one, other) => timeOf(other.run) - timeOf(one.run));
}

function byJob(witnesses: readonly Witness[]): readonly (readonly Witness[])[] {
  return [...Map.groupBy(witnesses, ({ run }) => run.job).values()];
}

async function gatherAll(
  witnesses: readonly Witness[],
  load: (witness: Witness) => Promise<readonly Sighting[]>,
  holderKey: (sighting: Sighting) => string,
): Promise<readonly Found[]> {
  const keyOf = (sighting: Sighting): string => {
    const { right, allow, source } = sighting.access;
    return JSON.stringify([
      sighting.mailbox.id,
      right.toLowerCase(),
      allow,
      source.kind,
      source.path,
      holderKey(sighting),
    ]);
  };
  const all: Found[] = [];
  for (const own of byJob(witnesses)) all.push(...(await gather(own, load, keyOf)));
  return all;
}

/** The newest run that should have read a mailbox, and the newest that did. */
async function readersOf(
  witnesses: readonly Witness[],
  mailboxId: string,
): Promise<{ readonly newest: Witness; readonly reader: Witness | undefined }> {
  let newest: Witness | undefined;
  for (const witness of witnesses) {
    const target = await witness.target(mailboxId);
    if (target === undefined && !witness.isWhole) continue;
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
    : `the mailbox was not read in run ${newest.run.id} (${why}), so this is unknown there; the last run that read it is ${reader.run.id} of ${momentOf(reader).at}`;
}

function answer(
  lookUp: LookUp,
  question: Answer["question"],
  text: string,
  known: Omit<Known, "in"> & { readonly in: Witness | undefined },
  found: readonly Found[],
  runs: readonly AskedRun[],
  notes: readonly string[],
  complete: boolean,
): Answer {
  const { id, sid, mailboxId, type, displayName, userPrincipalName, primarySmtp } = known.principal;
  const shown = found.filter(({ noise }) => noise === undefined || lookUp.includeNoise === true);
  const unknowns = shown.filter(({ unreadIn }) => unreadIn !== undefined).length;
  return {
    question,
    asked: text,
    tenant: lookUp.tenant,
    subject: { id, sid, mailboxId, type, displayName, userPrincipalName, primarySmtp },
    complete: complete && unknowns === 0,
    notes: [
      ...(known.missingIn === undefined || known.in === undefined
        ? []
        : [
            `"${plain(text)}" is not in the tenant any more: run ${known.missingIn.run.id} of ${momentOf(known.missingIn).at} does not know it; last seen in run ${known.in.run.id} of ${momentOf(known.in).at}`,
          ]),
      ...(known.formerlyIn === undefined || known.in === undefined
        ? []
        : [
            `"${plain(text)}" was called so in run ${known.formerlyIn.run.id} of ${momentOf(known.formerlyIn).at}, and is ${plain(displayName)} now`,
          ]),
      ...(known.deletedNamesakes === 0
        ? []
        : ["a deleted account has the same name: ask for it by its id or SID"]),
      ...notes,
      ...(unknowns === 0
        ? []
        : [
            `${unknowns} of these accesses could not be looked at again by a newer run: they are what was last known`,
          ]),
    ],
    runs,
    accesses: shown.map(foundAccess).sort(compare),
    hidden: found.length - shown.length,
  };
}

function foundAccess({ access, mailbox, noise, seenIn, unreadIn, since, atLeast }: Found): FoundAccess {
  return {
    ...access,
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
function compare(one: FoundAccess, other: FoundAccess): number {
  const key = (access: FoundAccess): readonly string[] => [
    access.mailbox.address.toLowerCase(),
    access.mailbox.id,
    access.holder.displayName.toLowerCase(),
    access.holder.sid || access.holder.id,
    access.right,
    String(access.allow),
    access.source.path.join("\n"),
  ];
  const [left, right] = [key(one), key(other)];
  const place = left.findIndex((part, at) => part !== right[at]);
  return place < 0 ? 0 : (left[place] ?? "") < (right[place] ?? "") ? -1 : 1;
}

function asked(witness: Witness, mailbox: string | null): AskedRun {
  const { run, isWhole } = witness;
  const { at } = momentOf(witness);
  return {
    run: run.id,
    job: run.job,
    state: run.state,
    at,
    complete: completenessOf(run).complete,
    wholeTenant: isWhole,
    mailbox,
  };
}

function momentOf({ run }: Witness): Moment {
  return { run: run.id, at: new Date(timeOf(run)).toISOString() };
}

function timeOf(run: RunRecord): number {
  return run.endedAtMs ?? run.startedAtMs ?? run.createdAtMs;
}

function unknown(text: string, { tenant }: LookUp, witnesses: readonly Witness[]): NameError {
  return new NameError(
    `Cannot find "${plain(text)}" in tenant "${tenant}": none of ${witnesses.length} kept runs knows the name`,
    "Name it by address, user principal name, object id, ExchangeGuid or SID",
  );
}
