/**
 * Look-ups against an oracle that knows nothing of indexes: it goes through everything a generated tenant holds. Ten thousand questions, over
 * four runs, of which the last could not read everything and was mended by a redrive. Groups are nested, in rings too, hold rights and are
 * denied them; one run knows nothing of who is in them, one could not read it, one not all of it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import { type Journal, openSqliteJournal } from "../../../src/journal/index.ts";
import {
  type FoundAccess,
  GroupBook,
  indexAccess,
  type LookUp,
  tellWhatCanAccess,
  tellWhoCanAccess,
} from "../../../src/reports/index.ts";
import { RunDirectory } from "../../../src/runs/index.ts";
import { accessTenant, type PretendGrant } from "../../support/access-tenant.ts";
import { type GroupReading, groupTruth } from "../../support/group-truth.ts";
import { QUESTIONS } from "./questions.ts";

const MAILBOXES = 60;
const PRINCIPALS = 60;
/** The first principals are groups. */
const GROUPS = 12;
/** Guests whom only groups know. */
const STRANGERS = 6;
const RUNS = ["r1", "r2", "r3", "r4"] as const;
type Run = (typeof RUNS)[number];
const READ: Readonly<Record<Run, GroupReading>> = { r1: "all", r2: "none", r3: "failed", r4: "with-gaps" };
const BULK = ["send-as", "send-on-behalf"] as const;

const tenant = accessTenant({
  seed: Number(process.env["EXOSWEEP_SEED"] ?? 20_261_122),
  mailboxes: MAILBOXES,
  principals: PRINCIPALS,
  grants: 2 * MAILBOXES,
  hubs: 1,
});

function person(n: number) {
  const { id, displayName, address } = tenant.principal(n);
  return { id, displayName, address };
}

const truths = new Map(
  RUNS.map((run, n) => [
    run,
    groupTruth({ groups: GROUPS, principals: PRINCIPALS, strangers: STRANGERS, person }, n, READ[run]),
  ]),
);
function groupsIn(run: Run) {
  const truth = truths.get(run);
  if (truth === undefined) throw new RangeError(`There is no run ${run}`);
  return truth;
}

/** A row says that its holder is a group. */
function isGroup({ principal, knows }: PretendGrant): boolean {
  return principal.n < GROUPS && knows === "all";
}

/** A grant is there in the runs that follow from it: most in all, some come, some go. */
function isThere(run: Run, mailbox: number, n: number): boolean {
  const dice = (mailbox * 31 + n * 17) % 20;
  if (dice === 0) return run !== "r1";
  if (dice === 1) return run !== "r4";
  if (dice === 2) return run !== "r2";
  if (dice === 3) return run === "r4";
  return true;
}

/** Some are denied what others hold. */
function grantsIn(run: Run, mailbox: number): readonly PretendGrant[] {
  return tenant
    .grants(mailbox)
    .map((grant, n) => ({ ...grant, allow: grant.allow && (mailbox * 7 + n * 5) % 6 !== 0 }))
    .filter((_, n) => isThere(run, mailbox, n));
}

/** Mailboxes the last run could not read, but for those a redrive then has. */
function failsFirst(run: Run, mailbox: number): boolean {
  return run === "r4" && mailbox % 9 === 0;
}
function staysUnread(run: Run, mailbox: number): boolean {
  return failsFirst(run, mailbox) && mailbox % 18 === 0;
}

const directory = mkdtempSync(join(tmpdir(), "exosweep-oracle-"));
let clockMs = Date.UTC(2026, 0, 1);
let journal: Journal;
let lookUp: LookUp;

beforeAll(async () => {
  journal = await openSqliteJournal({ path: join(directory, "journal.db"), now: () => clockMs });
  for (const run of RUNS) {
    clockMs += 86_400_000;
    await record(run);
  }
  lookUp = {
    journal,
    catalogue: [permissionAudit],
    tenant: "contoso",
    findIn: (run) => new RunDirectory(run, journal, undefined),
    includeNoise: true,
  };
});

afterAll(async () => {
  await journal.close();
  rmSync(directory, { recursive: true });
});

async function record(run: Run): Promise<void> {
  await journal.createRun({
    id: run,
    job: permissionAudit.name,
    tenant: "contoso",
    tenantId: "11111111-1111-4111-8111-111111111111",
    params: {},
    scope: { kind: "all", types: ["user", "shared", "room", "equipment"] },
    naiveCallsPerTarget: 3,
  });
  const all = Array.from({ length: MAILBOXES }, (_, n) => n);
  await journal.addTargets(run, all.map(tenant.mailbox));
  await journal.addTargets(
    run,
    [...BULK, ...(READ[run] === "none" ? [] : ["group-members"])].map((id) => ({
      kind: "bulk" as const,
      id,
      objectId: "",
      label: id,
      data: null,
    })),
  );
  await journal.putIndex(
    run,
    Array.from({ length: PRINCIPALS }, (_, n) => tenant.entry(n)),
  );
  await journal.sealManifest(run);
  await journal.moveRun(run, ["planned"], "running");
  await Promise.all(all.map((n) => settle(run, n, failsFirst(run, n))));
  for (const [place, bulk] of BULK.entries()) {
    const line = MAILBOXES + 1 + place;
    const rows = all.flatMap((n) => rowsOf(run, n, bulk));
    await journal.stageRows(run, line, line, rows);
    await journal.settle({ run, line, attempt: line, worker: "w", outcome: "ok", rows: [], atMs: clockMs });
  }
  if (READ[run] !== "none") await keepGroups(run);
  await indexAccess({ journal, run, job: permissionAudit });
  if (!all.some((n) => failsFirst(run, n))) {
    await journal.moveRun(run, ["running"], READ[run] === "failed" ? "complete_with_failures" : "complete");
    return;
  }
  await journal.redrive(run, { outcome: ["failed"] });
  for (const n of all) if (failsFirst(run, n)) await settle(run, n, staysUnread(run, n), 1);
  await indexAccess({ journal, run, job: permissionAudit });
  await journal.moveRun(run, ["running"], "complete_with_failures");
}

/** As the audit's last read does: of each group that holds something how many come in, unless it could not. */
async function keepGroups(run: Run): Promise<void> {
  const truth = groupsIn(run);
  const book = new GroupBook(journal, run);
  for (const group of truth.read) await book.keep(group);
  const failed = truth.reading === "failed";
  const holding = new Set(
    Array.from({ length: MAILBOXES }, (_, n) => grantsRead(run, n).filter(isGroup))
      .flat()
      .map(({ principal }) => principal.n),
  );
  const reaches = [...holding].map((group) => ({
    id: person(group).id,
    people: truth.peopleIn(group).length,
    guests: 0,
    ...(truth.hasGap(group) ? { gap: "not all" } : {}),
  }));
  if (!failed) await book.keepReach(reaches);
  const line = MAILBOXES + 1 + BULK.length;
  const outcome = failed ? "failed" : "ok";
  await journal.settle({ run, line, attempt: line, worker: "w", outcome, rows: [], atMs: clockMs });
}

/** What is on record of a mailbox in the end. */
function grantsRead(run: Run, mailbox: number): readonly PretendGrant[] {
  return grantsIn(run, mailbox).filter(({ bulk }) => bulk !== undefined || !staysUnread(run, mailbox));
}

async function settle(run: Run, n: number, fails: boolean, again = 0): Promise<void> {
  const rows = fails ? [] : rowsOf(run, n, undefined);
  const outcome = fails ? "failed" : "ok";
  const attempt = n + 1 + again * 1_000_000;
  await journal.settle({ run, line: n + 1, attempt, worker: "w", outcome, rows, atMs: clockMs });
}

function rowsOf(run: Run, n: number, by: (typeof BULK)[number] | undefined) {
  return grantsIn(run, n)
    .filter(({ bulk }) => bulk === by)
    .map((grant) => {
      const row = tenant.row(n, grant);
      return {
        about: n + 1,
        noise: grant.noise,
        row: isGroup(grant) ? { ...row, TrusteeClass: "group" } : row,
      };
    });
}

/** What a run that does not show an access says of it: it looked; it meant to and could not; it was not about this. */
type Word = "read" | "unread" | "silent";

/** What is asked for, as the oracle has it: one line for each access, with the runs it is told from. */
interface Told {
  readonly seenIn: Run;
  readonly since: Run;
  readonly atLeast: boolean;
  readonly unknown: boolean;
  /** Groups on the way. */
  readonly groups: number;
  readonly overruled: boolean | "not asked";
}

/** @param has whether a run shows it @param says what a run says that does not */
function tell(
  runs: readonly Run[],
  has: (run: Run) => boolean,
  says: (run: Run) => Word,
): Omit<Told, "groups" | "overruled"> | undefined {
  const newest = runs.toReversed();
  const seenIn = newest.find(has);
  if (seenIn === undefined) return undefined;
  const newer = newest.slice(0, newest.indexOf(seenIn)).map(says);
  if (newer.includes("read")) return undefined;
  let since = seenIn;
  let atLeast = true;
  for (const run of newest.slice(newest.indexOf(seenIn) + 1)) {
    if (has(run)) since = run;
    else if (says(run) === "read") {
      atLeast = false;
      break;
    }
  }
  return { seenIn, since, atLeast, unknown: newer.includes("unread") };
}

type Asked = { readonly mailbox: number } | { readonly principal: number };

/** An access as the oracle finds it. */
interface Fact {
  readonly mailbox: number;
  readonly grant: PretendGrant;
  /** By its number; of whom a row knows only the name, that. Nobody where somebody was asked for. */
  readonly who: number | string | undefined;
  /** The group it comes by. */
  readonly group: number | undefined;
  /** Runs that have it, and whether they have it as inherited only. */
  readonly inherited: Map<Run, boolean>;
}

function oracle(asked: Asked, runs: readonly Run[]): readonly string[] {
  const facts = new Map<string, Fact>();
  const add = (run: Run, fact: Omit<Fact, "inherited">): void => {
    const { mailbox, grant, who, group } = fact;
    const key = JSON.stringify([mailbox, who, grant.right, grant.allow, group]);
    const known = facts.get(key) ?? { ...fact, inherited: new Map<Run, boolean>() };
    facts.set(key, known);
    known.inherited.set(run, grant.inherited && known.inherited.get(run) !== false);
  };
  const mailboxes = "mailbox" in asked ? [asked.mailbox] : Array.from({ length: MAILBOXES }, (_, n) => n);
  for (const run of runs) {
    const { waysTo, peopleIn } = groupsIn(run);
    for (const mailbox of mailboxes) {
      for (const grant of grantsRead(run, mailbox)) {
        const { n, address } = grant.principal;
        const group = isGroup(grant) ? n : undefined;
        if ("mailbox" in asked) {
          const who = grant.knows === "name" ? address : n;
          add(run, { mailbox, grant, who, group: undefined });
          for (const one of group === undefined ? [] : peopleIn(group))
            add(run, { mailbox, grant, who: one, group });
        } else if (n === asked.principal) {
          if (grant.knows !== "name") add(run, { mailbox, grant, who: undefined, group: undefined });
        } else if (group !== undefined && waysTo(group, asked.principal) !== undefined) {
          add(run, { mailbox, grant, who: undefined, group });
        }
      }
    }
  }
  const told = [...facts.values()].flatMap((fact) => {
    const found = tell(
      runs,
      (run) => fact.inherited.has(run),
      (run) => wordOf(run, fact),
    );
    return found === undefined ? [] : [{ fact, found }];
  });
  return told.map(({ fact, found }) => {
    const { mailbox, grant, who, group } = fact;
    const isInherited = fact.inherited.get(found.seenIn) === true;
    const denied = told.filter(
      (one) =>
        !one.fact.grant.allow &&
        one.fact.mailbox === mailbox &&
        one.fact.grant.right === grant.right &&
        one.fact.who === who &&
        (isInherited || one.fact.inherited.get(one.found.seenIn) !== true),
    );
    const member = "principal" in asked ? asked.principal : who;
    const ways =
      group === undefined || typeof member !== "number" ? 0 : groupsIn(found.seenIn).waysTo(group, member);
    return lineOf({
      mailbox,
      who,
      group,
      right: grant.right,
      allow: grant.allow,
      ...found,
      groups: ways ?? -1,
      overruled: isBlurred(mailbox, who) ? "not asked" : grant.allow && denied.length > 0,
    });
  });
}

/** What a run that does not show an access says of it. */
function wordOf(run: Run, { mailbox, grant, group }: Fact): Word {
  if (grant.bulk === undefined && staysUnread(run, mailbox)) return "unread";
  if (group === undefined) return "read";
  const isHeld = grantsRead(run, mailbox).some(
    (one) =>
      isGroup(one) && one.principal.n === group && one.right === grant.right && one.allow === grant.allow,
  );
  // What a group does not hold, nobody holds by it.
  if (!isHeld) return "read";
  const { reading, hasGap } = groupsIn(run);
  if (reading === "none") return "silent";
  return reading === "failed" || hasGap(group) ? "unread" : "read";
}

/** Some row knows somebody by SID alone, so denials of one are not told from those of another. */
function isBlurred(mailbox: number, who: Fact["who"]): boolean {
  return tenant.grants(mailbox).some(({ principal, knows }) => knows === "sid" && principal.n === who);
}

function lineOf({
  mailbox,
  who,
  group,
  right,
  allow,
  ...told
}: Pick<Fact, "mailbox" | "who" | "group"> &
  Told & { readonly right: string; readonly allow: boolean }): string {
  const { seenIn, since, atLeast, unknown, groups, overruled } = told;
  const by = group === undefined ? "by themselves" : `by group ${group}`;
  const last = unknown ? "unknown since" : "seen in";
  return JSON.stringify([mailbox, who, right, allow, by, groups, last, seenIn, since, atLeast, overruled]);
}

const numbers = new Map(
  Array.from({ length: PRINCIPALS + STRANGERS }, (_, n) => tenant.principal(n)).flatMap(
    ({ n, id, sid }): [string, number][] => [
      [id, n],
      [sid, n],
    ],
  ),
);
const mailboxNumbers = new Map(Array.from({ length: MAILBOXES }, (_, n) => [tenant.mailbox(n).id, n]));

async function answered(
  asked: Asked,
  name: string,
  { asOf, pageSize }: { readonly asOf: Run | undefined; readonly pageSize: number },
): Promise<{ readonly lines: readonly string[]; readonly pages: number }> {
  const run = asOf === undefined ? undefined : await journal.run(asOf);
  const given = { ...lookUp, pageSize, ...(run === undefined ? {} : { asOf: { run } }) };
  const telling = await ("mailbox" in asked ? tellWhoCanAccess : tellWhatCanAccess)(given, name);
  const pages: (readonly FoundAccess[])[] = [];
  for await (const page of telling.pages) pages.push(page);
  // All full but the last, and what is said of all of them is what they are.
  expect(pages.slice(0, -1).every(({ length }) => length === pageSize)).toBe(true);
  const accesses = pages.flat();
  expect([telling.isOver(), telling.frame().total]).toEqual([true, accesses.length]);
  const lines = accesses.map(
    ({ mailbox, holder, right, allow, source, run: seenIn, since, status, overruled }) => {
      const named = numbers.get(holder.id) ?? numbers.get(holder.sid) ?? holder.text;
      const who = "principal" in asked ? undefined : named;
      const group = source.group === undefined ? undefined : numbers.get(source.group);
      const n = mailboxNumbers.get(mailbox.id) ?? -1;
      const kind = right === "SendOnBehalf" ? "on-behalf" : "direct";
      expect(source.kind).toBe(group === undefined ? kind : "group");
      return lineOf({
        mailbox: n,
        who,
        group,
        right,
        allow,
        groups: source.path.length,
        seenIn: seenIn as Run,
        since: since.run as Run,
        atLeast: since.atLeast,
        unknown: status === "unknown",
        overruled: isBlurred(n, who) ? "not asked" : overruled,
      });
    },
  );
  return { lines, pages: pages.length };
}

/** Names of strangers are known to runs that have read a group they are in. */
function isKnown(n: number, runs: readonly Run[]): boolean {
  const { address } = tenant.principal(n);
  return (
    n < PRINCIPALS ||
    runs.some((run) =>
      groupsIn(run).read.some(({ members }) => members.some((member) => member.address === address)),
    )
  );
}

/** Numbers that look random and follow from the seed (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

test(`${QUESTIONS} random questions from both sides are answered exactly as the oracle has it, in pages that hold each access once`, async () => {
  const roll = dice(tenant.options.seed);
  const known = new Map<string, readonly string[]>();
  let accesses = 0;
  let unknown = 0;
  let several = 0;
  let throughGroups = 0;
  let overruled = 0;
  for (let question = 0; question < QUESTIONS; question += 1) {
    const asOf = roll(2) === 0 ? RUNS[roll(4)] : undefined;
    const runs = asOf === undefined ? RUNS : RUNS.slice(0, RUNS.indexOf(asOf) + 1);
    const mailbox = roll(MAILBOXES);
    const anybody = roll(PRINCIPALS + STRANGERS);
    const principal = isKnown(anybody, runs) ? anybody : anybody % PRINCIPALS;
    const asked: Asked = roll(2) === 0 ? { mailbox } : { principal };
    const { sid, id, address } = tenant.principal(principal);
    const { id: guid, label } = tenant.mailbox(mailbox);
    const own = principal < PRINCIPALS ? [sid, id, address, `old.${address}`] : [address];
    const names = "mailbox" in asked ? [guid, label, label.toUpperCase()] : own;
    const name = names[roll(names.length)] ?? "";
    const key = JSON.stringify([asked, asOf]);
    const expected = known.get(key) ?? oracle(asked, runs).toSorted();
    known.set(key, expected);
    const pageSize = [1, 2, 3, 100][roll(4)] ?? 100;
    const { lines, pages } = await answered(asked, name, { asOf, pageSize });
    const answer = lines.toSorted();
    several += pages > 2 ? 1 : 0;
    const wrong = answer.join() === expected.join() ? undefined : { question, asked, name, asOf, answer };
    expect(wrong).toEqual(wrong && { question, asked, name, asOf, answer: expected });
    accesses += answer.length;
    unknown += answer.filter((line) => line.includes("unknown since")).length;
    throughGroups += answer.some((line) => line.includes("by group")) ? 1 : 0;
    overruled += answer.filter((line) => line.endsWith("true]")).length;
  }
  expect(accesses, "accesses in all answers").toBeGreaterThan(3 * QUESTIONS);
  expect(several, "answers of three pages and more").toBeGreaterThan(QUESTIONS / 5);
  expect(unknown, "accesses that a newer run could not look at").toBeGreaterThan(QUESTIONS / 20);
  expect(throughGroups, "answers that go through groups").toBeGreaterThan(QUESTIONS / 2);
  expect(overruled, "accesses that a denial beats").toBeGreaterThan(QUESTIONS / 20);
}, 300_000);
