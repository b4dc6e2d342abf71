/**
 * Finds out before thousands of tasks are queued whether the app may run what a job needs. Before anything is listed, by the service's own list
 * of cmdlets, where it has one; then, with the manifest, by trying each on one mailbox. The list may be wrong or silent: the service's answer to
 * a trial decides, never the list alone.
 */
import { z } from "zod";
import { ExoError, type Exchange, leastRole, plainCmdlet } from "../exo/index.ts";
import { isGrantorType, type CmdletNeed, type Job, type Parameters } from "../job/index.ts";
import type { Journal } from "../journal/index.ts";
import { LISTINGS, LISTING_ROLE } from "./listings.ts";
import { naming } from "./read-mailbox.ts";
import { subjectOf } from "./targets.ts";
import { crashPoint } from "../test-points.ts";

export interface PreflightParts {
  readonly exo: Exchange;
  readonly journal: Journal;
  readonly job: Job;
  readonly params: unknown;
  readonly run: string;
  readonly signal: AbortSignal;
  /** Tells people what they should know of, and need not do anything about. */
  readonly warn: (text: string) => void;
}

/** Names of cmdlets the app may run, in lower case. */
type Offered = ReadonlySet<string>;

/** A cmdlet the app was refused. */
interface Refusal {
  readonly need: Need;
  readonly error: ExoError;
}

/** Note of a run: trials that were begun and did not end. */
const TRIALS = "preflight trials";
const MOST_DEATHS = 3;

type Need = Pick<CmdletNeed, "cmdlet" | "role" | "per">;

/**
 * Before the manifest: cmdlets that are missing from the list of those the app may run are tried at once.
 * @returns that list; undefined when it is not to be had
 * @throws {ExoError} with remedy `pause-run` when the service refuses one of them; its message names all of them, and their roles
 */
export async function checkOffered(parts: PreflightParts): Promise<Offered | undefined> {
  const offered = await offeredTo(parts);
  if (offered === undefined) return undefined;
  const missing = [...ofEngine(), ...needed(parts.job, parts.params)].filter(
    ({ cmdlet }) => !offered.has(plainCmdlet(cmdlet).toLowerCase()),
  );
  if (missing.length === 0) return offered;
  const mailbox = missing.some(({ per }) => per === "target") ? await anyMailbox(parts) : undefined;
  const refusals = await tryAll(parts, missing, mailbox);
  if (refusals.length > 0) throw refused(refusals);
  const names = missing.map(({ cmdlet }) => cmdlet).join(", ");
  parts.warn(
    `Exchange's list of cmdlets the app may run does not name ${names}, but no trial was refused: the run goes on`,
  );
  return offered;
}

/**
 * Before a plan is shown to anybody: its writes are checked against the list. Nobody tries a write, so here the list is all there is to go by.
 * @throws {ExoError} with remedy `pause-run` when the list does not name them all
 */
export async function checkWrites({ journal, run }: PreflightParts, offered: Offered): Promise<void> {
  const planned = new Map<string, string>();
  for await (const chunk of journal.targets(run)) {
    for (const target of chunk) {
      const subject = subjectOf(target);
      if (subject.kind === "change") planned.set(subject.change.cmdlet.toLowerCase(), subject.change.cmdlet);
    }
  }
  const missing = [...planned.values()].filter((cmdlet) => !offered.has(cmdlet.toLowerCase()));
  if (missing.length === 0) return;
  const needs = missing.map((cmdlet) => ({ cmdlet, role: leastRole(cmdlet), per: "target" as const }));
  throw new ExoError(
    `${wordsFor(needs)} (if it is misspelt, cancel the run and apply the corrected plan; if Exchange's list of cmdlets is wrong, set api.discovery to false)`,
    { cmdlet: missing[0] ?? "", kind: "forbidden", remedy: "pause-run" },
  );
}

/**
 * With the manifest: each cmdlet is tried on one mailbox of it. A worker that died over such a trial may have died of the answer, so the next
 * takes another mailbox, and after some deaths nothing is tried: tasks know what to do about a mailbox that kills, and name a missing role too.
 * @throws {ExoError} as `checkOffered`
 */
export async function preflight(parts: PreflightParts): Promise<void> {
  const { journal, run, warn } = parts;
  const deaths = z
    .number()
    .catch(0)
    .parse(await journal.note(run, TRIALS));
  if (deaths >= MOST_DEATHS)
    return warn(`No cmdlet of run ${run} is tried before it: ${deaths} workers died while they tried`);
  await journal.putNote(run, TRIALS, deaths + 1);
  crashPoint("preflight.begun");
  try {
    const mailbox = await nthMailbox(journal, run, deaths);
    const refusals = await tryAll(parts, needed(parts.job, parts.params), mailbox);
    if (refusals.length > 0) throw refused(refusals);
  } finally {
    await journal.putNote(run, TRIALS, 0);
  }
}

/** Cmdlets a run with these parameters cannot do without. */
function needed(job: Job, params: unknown): readonly CmdletNeed[] {
  return job.cmdlets.filter((need) => need.optional !== true && (need.wanted?.(params) ?? true));
}

function ofEngine(): readonly Need[] {
  return LISTINGS.map((cmdlet) => ({ cmdlet, role: LISTING_ROLE, per: "tenant" }));
}

/** @returns undefined when the list is not to be had: then nothing is known, and the trials decide */
async function offeredTo({ exo, signal, warn }: PreflightParts): Promise<Offered | undefined> {
  try {
    const offered = await exo.cmdlets(signal);
    return offered.length === 0 ? undefined : new Set(offered.map((name) => name.toLowerCase()));
  } catch (error) {
    if (!(error instanceof ExoError) || error.remedy === "stopped") throw error;
    warn(`${error.message}; each cmdlet is tried on one mailbox instead`);
    return undefined;
  }
}

async function tryAll(
  parts: PreflightParts,
  needs: readonly Need[],
  mailbox: string | undefined,
): Promise<readonly Refusal[]> {
  const once = new Map(needs.map((need) => [need.cmdlet.toLowerCase(), need])).values();
  const tried = await Promise.all([...once].map((need) => tryOne(parts, need, mailbox)));
  return tried.filter((refusal) => refusal !== undefined);
}

async function tryOne(
  { exo, run, signal }: PreflightParts,
  need: Need,
  mailbox: string | undefined,
): Promise<Refusal | undefined> {
  if (need.per === "target" && mailbox === undefined) return undefined;
  const parameters: Parameters =
    need.per === "target" ? naming(need.cmdlet, mailbox ?? "") : { ResultSize: 1 };
  const anchor =
    mailbox === undefined || need.per === "tenant"
      ? ({ kind: "tenant" } as const)
      : ({ kind: "mailbox", guid: mailbox } as const);
  try {
    // The first page answers the question; leaving the loop ends the listing.
    for await (const page of exo.pages(need.cmdlet, parameters, { run, signal, anchor }))
      if (!("restarted" in page)) break;
  } catch (error) {
    if (!(error instanceof ExoError)) throw error;
    if (error.kind === "forbidden" || error.remedy === "denied") return { need, error };
    if (error.remedy === "pause-run" || error.remedy === "stopped") throw error;
    // Any other trouble is that one mailbox's; its own task will tell.
  }
  return undefined;
}

function refused(refusals: readonly Refusal[]): ExoError {
  const [first] = refusals;
  const { status, requestId } = first?.error ?? { status: undefined, requestId: undefined };
  return new ExoError(wordsFor(refusals.map(({ need }) => need)), {
    cmdlet: first?.need.cmdlet ?? "",
    kind: "forbidden",
    remedy: "pause-run",
    status,
    requestId,
  });
}

function wordsFor(needs: readonly Need[]): string {
  const [first, ...others] = needs;
  if (first !== undefined && others.length === 0)
    return `Cannot run ${first.cmdlet}: the app has no role for it; ${first.role} is the least role group that has one`;
  const names = needs.map(({ cmdlet }) => cmdlet);
  const roles = [...new Set(needs.map(({ role }) => role))].map((role) => {
    const its = needs.filter((need) => need.role === role).map(({ cmdlet }) => cmdlet);
    return `${role} is the least role group for ${its.join(", ")}`;
  });
  return `Cannot run ${names.join(", ")}: the app has no role for them; ${roles.join("; ")}`;
}

/** Some mailbox of the tenant, while the run has none yet; undefined when none can be had. */
async function anyMailbox({ exo, journal, run, signal }: PreflightParts): Promise<string | undefined> {
  const planned = await nthMailbox(journal, run, 0);
  if (planned !== undefined) return planned;
  try {
    const options = { select: ["ExchangeGuid"], run, signal };
    const { rows } = await exo.invoke("Get-Mailbox", { ResultSize: 1 }, options);
    const guid = rows[0]?.["ExchangeGuid"];
    return typeof guid === "string" && /^[0-9a-f-]{36}$/i.test(guid) ? guid : undefined;
  } catch (error) {
    if (!(error instanceof ExoError) || error.remedy === "stopped") throw error;
    // Whoever lists the mailboxes says what is wrong.
    return undefined;
  }
}

/** @param n the one after so many, or the last */
async function nthMailbox(journal: Journal, run: string, n: number): Promise<string | undefined> {
  let found: string | undefined;
  let seen = 0;
  for await (const chunk of journal.targets(run)) {
    for (const target of chunk) {
      const subject = subjectOf(target);
      // Cmdlets about mailboxes do not know other grantors: a trial on one would prove nothing.
      if (subject.kind !== "mailbox" || isGrantorType(subject.mailbox.type)) continue;
      found = subject.mailbox.id;
      if (seen === n) return found;
      seen += 1;
    }
  }
  return found;
}
