/**
 * What a look-up takes: to its first page, and to its end; and what making its index costs. Prints JSON.
 *
 * Twenty principals are hubs, which hold a share of all grants. Of the principals, the first of each hundred are groups of 30, nested in one
 * another; they hold grants like everybody. The first of them is a hub, and has in it one with half of all principals (100,000 at most): so
 * half of them come to a hub's accesses through groups. Twenty people more are in 300 of these groups each.
 *
 *     node bench/lookup.ts [--mailboxes 1000000] [--grants 5000000] [--questions 2000] [--groups] [--group-of 100] [--runs 1] [--keep FILE]
 *       [URL of a journal in Postgres; absent: a file]
 *
 * With --runs as many runs are kept, which saw the same. With --keep the journal stays in FILE, and is asked again, not made again, where it is there.
 */
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { permissionAudit } from "../jobs/permission-audit.ts";
import type { GroupMember } from "../src/job/index.ts";
import { openPostgresJournal, openThreadedJournal } from "../src/journal/index.ts";
import type { Journal } from "../src/journal/index.ts";
import {
  GroupBook,
  indexAccess,
  type LookUp,
  tellWhatCanAccess,
  tellWhoCanAccess,
  type Telling,
} from "../src/reports/index.ts";
import { RunDirectory } from "../src/runs/index.ts";
import { accessTenant } from "../test/support/access-tenant.ts";

const PAGE = 1_000;
const CONCURRENCY = 400;
const BULK = ["send-as", "send-on-behalf"] as const;
const HUBS = 20;
const MEMBERS = 30;
const LARGEST = 100_000;
/** Groups that are nested in one another. */
const CHAIN = 10;
/** People in many groups: in all groups of so many chains. */
const JOINERS = 20;
const CHAINS_JOINED = 30;
/** Questions whose answers are read to their end. */
const WHOLE = 20;

const { values, positionals } = parseArgs({
  options: {
    mailboxes: { type: "string", default: "1000000" },
    grants: { type: "string", default: "5000000" },
    questions: { type: "string", default: "2000" },
    groups: { type: "boolean", default: false },
    "group-of": { type: "string", default: "100" },
    runs: { type: "string", default: "1" },
    keep: { type: "string" },
  },
  allowPositionals: true,
});
const mailboxes = Number(values.mailboxes);
const GROUP_OF = Number(values["group-of"]);
const RUNS = Array.from({ length: Number(values.runs) }, (_, n) => `bench-${n + 1}`);
const [RUN = ""] = RUNS;
const questions = Number(values.questions);
const principals = Math.max(10, Math.round(mailboxes / 5));
const largest = Math.min(LARGEST, Math.floor(principals / 2));
const tenant = accessTenant({ seed: 1, mailboxes, principals, grants: Number(values.grants), hubs: HUBS });

const directory = mkdtempSync(join(tmpdir(), "exosweep-bench-"));
const path = values.keep ?? join(directory, "journal.db");
const isMade = existsSync(path);
const [url] = positionals;
const journal =
  url === undefined
    ? await openThreadedJournal({ path })
    : await openPostgresJournal({ url, environment: process.env, trustedHosts: [new URL(url).hostname] });
try {
  const figures: Record<string, unknown> = {
    mailboxes,
    principals,
    journal: url === undefined ? "sqlite" : "postgres",
    ...(isMade ? await kept(journal) : await made(journal)),
  };
  const lookUp: LookUp = {
    journal,
    catalogue: [permissionAudit],
    tenant: "bench",
    findIn: (run) => new RunDirectory(run, journal, undefined),
  };
  const asPrincipal = (n: number): string => {
    const { sid, address, id } = tenant.principal(n);
    return [sid, address, id][n % 3] ?? sid;
  };
  const what = (n: number): Promise<Telling> => tellWhatCanAccess(lookUp, asPrincipal(n));
  /** Of a stretch of principals, of which none is a group. */
  const someOf = (from: number, below: number) => (n: number) => {
    const one = from + ((n * 7_919) % (below - from));
    return what(isGroup(one) ? one + 1 : one);
  };
  const ordinary = await ask(questions, someOf(HUBS + (values.groups ? largest : 0), principals - 1));
  const hubs = await ask(HUBS - 1, (n) => what(n + 1));
  figures["whatCanAccess"] = ordinary;
  figures["whatCanAccessOfHubs"] = hubs;
  if (values.groups) {
    const through = await ask(questions, someOf(GROUP_OF + 1, largest));
    figures["whatCanAccessThroughGroups"] = through;
    figures["throughGroupsToOrdinary"] = round(through.p50Ms / ordinary.p50Ms);
    figures["whatCanAccessInManyGroups"] = await ask(10 * JOINERS, (n) => what(joiner(n % JOINERS)));
  }
  figures["hubToOrdinary"] = round(hubs.p50Ms / ordinary.p50Ms);
  figures["whoCanAccess"] = await ask(questions, (n) =>
    tellWhoCanAccess(lookUp, tenant.mailbox((n * 7_919) % mailboxes).id),
  );
  figures["rssMegabytes"] = megabytes(process.memoryUsage.rss());
  await journal.close();
  console.log(JSON.stringify(figures, undefined, 2));
} finally {
  await journal.close();
  rmSync(directory, { recursive: true });
}

/** @throws {RangeError} where a kept journal is of something else */
async function kept(from: Journal): Promise<Record<string, unknown>> {
  if (JSON.stringify(await from.note("bench", "made")) !== JSON.stringify(sizes()))
    throw new RangeError(`Cannot ask ${path}: it was made of other sizes, or not to its end`);
  return { grants: (await from.run(RUN))?.rows ?? 0, journalMegabytes: megabytes(bytes()) };
}

function sizes(): { readonly [name: string]: number | boolean } {
  return {
    mailboxes,
    grants: Number(values.grants),
    groups: values.groups,
    groupOf: GROUP_OF,
    runs: RUNS.length,
  };
}

async function made(to: Journal): Promise<Record<string, unknown>> {
  const figures: Record<string, unknown>[] = [];
  for (const run of RUNS) figures.push(await madeRun(to, run));
  await to.putNote("bench", "made", sizes());
  return figures[0] ?? {};
}

/** Records a run and makes its index. */
async function madeRun(to: Journal, run: string): Promise<Record<string, unknown>> {
  const recordingMs = await took(`recording ${run}`, () => record(to, run));
  const groups = values.groups ? { groups: await keepGroups(to, run) } : {};
  const before = bytes();
  const indexMs = await took("making its index", async () => {
    await indexAccess({ journal: to, run, job: permissionAudit });
  });
  await to.moveRun(run, ["running"], "complete");
  const after = bytes();
  const grants = (await to.run(run))?.rows ?? 0;
  return {
    grants,
    ...groups,
    recordingSeconds: seconds(recordingMs),
    indexSeconds: seconds(indexMs),
    indexShareOfRecording: round(indexMs / recordingMs),
    indexMicrosecondsPerGrant: round((indexMs * 1_000) / grants),
    ...(url === undefined
      ? { journalMegabytes: megabytes(before), indexMegabytes: megabytes(after - before) }
      : {}),
  };
}

async function record(to: Journal, run: string): Promise<void> {
  await to.createRun({
    id: run,
    job: permissionAudit.name,
    tenant: "bench",
    tenantId: "bench",
    params: {},
    scope: { kind: "all", types: ["user", "shared", "room", "equipment"] },
    naiveCallsPerTarget: 3,
  });
  for (let from = 0; from < mailboxes; from += PAGE)
    await to.addTargets(run, numbers(from, mailboxes).map(tenant.mailbox));
  const last = values.groups ? ["group-members"] : [];
  await to.addTargets(
    run,
    [...BULK, ...last].map((id) => ({ kind: "bulk", id, objectId: "", label: id, data: null })),
  );
  for (let from = 0; from < principals; from += PAGE)
    await to.putIndex(run, numbers(from, principals).map(tenant.entry));
  await to.sealManifest(run);
  await to.moveRun(run, ["planned"], "running");
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < mailboxes) {
      const n = next;
      next += 1;
      await settle(to, run, n + 1, rowsOf(n, undefined));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  for (const [place, bulk] of BULK.entries()) {
    const line = mailboxes + 1 + place;
    for (let from = 0; from < mailboxes; from += PAGE)
      await to.stageRows(
        run,
        line,
        line,
        numbers(from, mailboxes).flatMap((n) => rowsOf(n, bulk)),
      );
    await settle(to, run, line, []);
  }
  if (values.groups) await settle(to, run, mailboxes + 1 + BULK.length, []);
}

/** As the audit's last read keeps them. */
async function keepGroups(to: Journal, run: string): Promise<Record<string, number>> {
  const book = new GroupBook(to, run);
  const numbersOfGroups = Array.from({ length: Math.ceil(principals / GROUP_OF) }, (_, n) => n * GROUP_OF);
  // No group is in another by chance.
  const person = (n: number): number => (isGroup(n % principals) ? 1 + (n % principals) : n % principals);
  let edges = 0;
  const startedMs = performance.now();
  for (const n of numbersOfGroups) {
    const isLargest = n === GROUP_OF;
    const people = Array.from({ length: isLargest ? largest : MEMBERS }, (_, place) =>
      memberOf(isLargest ? HUBS + place : person(n * 31 + place * 7_919)),
    );
    // The next group is in it, and so on for ten of them.
    const inner = isLast(n) ? [] : [memberOf((n + GROUP_OF) % principals)];
    const joiners = Array.from({ length: JOINERS }, (_, place) => place)
      .filter((place) => isJoined(n, place))
      .map((place) => memberOf(joiner(place)));
    const members = [...new Map([...people, ...inner, ...joiners].map((one) => [one.id, one])).values()];
    edges += members.length;
    await book.keep({ id: tenant.principal(n).id, displayName: tenant.principal(n).displayName, members });
  }
  await book.keepReach(
    numbersOfGroups.map((n) => ({
      id: tenant.principal(n).id,
      // About so many: those of its own, and of the groups in it.
      people: (n <= GROUP_OF ? largest : MEMBERS) + (CHAIN - 1 - ((n / GROUP_OF) % CHAIN)) * MEMBERS,
      guests: 0,
    })),
  );
  return { groups: numbersOfGroups.length, edges, keepingSeconds: seconds(performance.now() - startedMs) };
}

/** No other group is in it. */
function isLast(n: number): boolean {
  return (n / GROUP_OF) % CHAIN === CHAIN - 1;
}

/** Somebody in many groups: none of the hubs, of the largest group, or of the groups. */
function joiner(place: number): number {
  const n = principals - 2 - place * 3;
  return isGroup(n) ? n - 1 : n;
}

function isJoined(group: number, place: number): boolean {
  const chains = Math.ceil(principals / GROUP_OF / CHAIN);
  const chain = Math.floor(group / GROUP_OF / CHAIN);
  return (chain + place * 7) % chains < CHAINS_JOINED;
}

function memberOf(n: number): GroupMember {
  const { id, displayName, address } = tenant.principal(n);
  return { id, displayName, address, type: isGroup(n) ? "group" : "user" };
}

function isGroup(n: number): boolean {
  return values.groups && n % GROUP_OF === 0;
}

/** Pages of numbers. */
function numbers(from: number, below: number): readonly number[] {
  return Array.from({ length: Math.min(PAGE, below - from) }, (_, place) => from + place);
}

function rowsOf(n: number, by: (typeof BULK)[number] | undefined) {
  return tenant
    .grants(n)
    .filter(({ bulk }) => bulk === by)
    .map((grant) => {
      const row = tenant.row(n, grant);
      const kind = isGroup(grant.principal.n) ? { TrusteeClass: "group" } : {};
      return { about: n + 1, noise: grant.noise, row: { ...row, ...kind } };
    });
}

function settle(to: Journal, run: string, line: number, rows: ReturnType<typeof rowsOf>): Promise<unknown> {
  return to.settle({ run, line, attempt: line, worker: "w1", outcome: "ok", rows, atMs: Date.now() });
}

interface Times {
  readonly questions: number;
  /** To the first page. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  /** Of the first so many questions, read to their end. */
  readonly wholeQuestions: number;
  readonly accessesEach: number;
  readonly wholeP50Ms: number;
  readonly wholeMaxMs: number;
}

async function ask(count: number, question: (n: number) => Promise<Telling>): Promise<Times> {
  const first: number[] = [];
  const whole: number[] = [];
  let accesses = 0;
  for (let n = 0; n < count; n += 1) {
    const startedMs = performance.now();
    const telling = await question(n);
    for await (const page of telling.pages) {
      if (first.length === n) first.push(performance.now() - startedMs);
      if (n >= WHOLE) break;
      accesses += page.length;
    }
    if (n < WHOLE) whole.push(performance.now() - startedMs);
  }
  return {
    questions: count,
    p50Ms: quantile(first, 0.5),
    p95Ms: quantile(first, 0.95),
    maxMs: quantile(first, 1),
    wholeQuestions: whole.length,
    accessesEach: round(accesses / whole.length),
    wholeP50Ms: quantile(whole, 0.5),
    wholeMaxMs: quantile(whole, 1),
  };
}

function quantile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
}

async function took(what: string, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  const ms = performance.now() - startedMs;
  console.error(`${what}: ${seconds(ms)} s`);
  return ms;
}

function bytes(): number {
  return [path, `${path}-wal`].reduce(
    (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

function seconds(ms: number): number {
  return round(ms / 1_000);
}

function megabytes(size: number): number {
  return Math.round(size / 1e6);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
