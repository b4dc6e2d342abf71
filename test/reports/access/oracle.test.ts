/**
 * Look-ups against an oracle that knows nothing of indexes: it goes through everything a generated tenant holds. Ten thousand questions, over
 * three runs of which the middle one could not read everything, and one of which a redrive has mended.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import { type Journal, openSqliteJournal } from "../../../src/journal/index.ts";
import {
  type FoundAccess,
  indexAccess,
  type LookUp,
  tellWhatCanAccess,
  tellWhoCanAccess,
} from "../../../src/reports/index.ts";
import { RunDirectory } from "../../../src/runs/index.ts";
import { accessTenant, type PretendGrant } from "../../support/access-tenant.ts";
import { QUESTIONS } from "./questions.ts";

const MAILBOXES = 120;
const PRINCIPALS = 60;
const RUNS = ["r1", "r2", "r3"] as const;
type Run = (typeof RUNS)[number];
const BULK = ["send-as", "send-on-behalf"] as const;

const tenant = accessTenant({
  seed: Number(process.env["EXOSWEEP_SEED"] ?? 20_261_122),
  mailboxes: MAILBOXES,
  principals: PRINCIPALS,
  grants: 3 * MAILBOXES,
  hubs: 3,
});

/** A grant is there in the runs that follow from it: most in all, some come, some go. */
function isThere(run: Run, mailbox: number, n: number): boolean {
  const dice = (mailbox * 31 + n * 17) % 20;
  if (dice === 0) return run !== "r1";
  if (dice === 1) return run !== "r3";
  if (dice === 2) return run !== "r2";
  if (dice === 3) return run === "r3";
  return true;
}

function grantsIn(run: Run, mailbox: number): readonly PretendGrant[] {
  return tenant.grants(mailbox).filter((_, n) => isThere(run, mailbox, n));
}

/** Mailboxes the last run could not read, but for those a redrive then has. */
function failsFirst(run: Run, mailbox: number): boolean {
  return run === "r3" && mailbox % 9 === 0;
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
    BULK.map((id) => ({ kind: "bulk" as const, id, objectId: "", label: id, data: null })),
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
  await indexAccess({ journal, run, job: permissionAudit });
  if (!all.some((n) => failsFirst(run, n))) {
    await journal.moveRun(run, ["running"], "complete");
    return;
  }
  await journal.redrive(run, { outcome: ["failed"] });
  for (const n of all) if (failsFirst(run, n)) await settle(run, n, staysUnread(run, n), 1);
  await indexAccess({ journal, run, job: permissionAudit });
  await journal.moveRun(run, ["running"], "complete_with_failures");
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
    .map((grant) => ({ about: n + 1, noise: grant.noise, row: tenant.row(n, grant) }));
}

/** What is asked for, as the oracle has it: one line for each access, with the runs it is told from. */
interface Told {
  readonly seenIn: Run;
  readonly since: Run;
  readonly atLeast: boolean;
  readonly unknown: boolean;
}

/** @param has whether a run shows it @param reads whether a run could have */
function tell(
  runs: readonly Run[],
  has: (run: Run) => boolean,
  reads: (run: Run) => boolean,
): Told | undefined {
  const newest = runs.toReversed();
  const seenIn = newest.find(has);
  if (seenIn === undefined) return undefined;
  const newer = newest.slice(0, newest.indexOf(seenIn));
  if (newer.some(reads)) return undefined;
  let since = seenIn;
  let atLeast = true;
  for (const run of newest.slice(newest.indexOf(seenIn) + 1)) {
    if (has(run)) since = run;
    else if (reads(run)) {
      atLeast = false;
      break;
    }
  }
  return { seenIn, since, atLeast, unknown: newer.length > 0 };
}

type Asked = { readonly mailbox: number } | { readonly principal: number };

/** `mailbox | who | right | allow | kind` and what the runs tell of it. */
function oracle(asked: Asked, runs: readonly Run[]): readonly string[] {
  const facts = new Map<
    string,
    { readonly mailbox: number; readonly bulk: boolean; readonly runs: Set<Run> }
  >();
  for (let n = 0; n < MAILBOXES; n += 1) {
    if ("mailbox" in asked && asked.mailbox !== n) continue;
    for (const run of runs) {
      for (const grant of grantsIn(run, n)) {
        if (grant.bulk === undefined && staysUnread(run, n)) continue;
        if ("principal" in asked && !(grant.principal.n === asked.principal && grant.knows !== "name"))
          continue;
        const { principal, right, allow } = grant;
        const who =
          "principal" in asked
            ? ""
            : grant.knows === "name"
              ? principal.address
              : principal.sid.toLowerCase();
        const kind = right === "SendOnBehalf" ? "on-behalf" : "direct";
        const key = [tenant.mailbox(n).id, who, right, allow, kind].join(" | ");
        const fact = facts.get(key) ?? { mailbox: n, bulk: grant.bulk !== undefined, runs: new Set<Run>() };
        facts.set(key, fact);
        fact.runs.add(run);
      }
    }
  }
  return [...facts].flatMap(([key, { mailbox, bulk, runs: there }]) => {
    const told = tell(
      runs,
      (run) => there.has(run),
      (run) => bulk || !staysUnread(run, mailbox),
    );
    return told === undefined ? [] : [`${key} | ${JSON.stringify(told)}`];
  });
}

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
  const lines = accesses.map(({ mailbox, holder, right, allow, source, run: seenIn, since, status }) => {
    const who = "principal" in asked ? "" : (holder.sid || holder.id || holder.text).toLowerCase();
    const told: Told = {
      seenIn: seenIn as Run,
      since: since.run as Run,
      atLeast: since.atLeast,
      unknown: status === "unknown",
    };
    return `${[mailbox.id, who, right, allow, source.kind].join(" | ")} | ${JSON.stringify(told)}`;
  });
  return { lines, pages: pages.length };
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
  for (let question = 0; question < QUESTIONS; question += 1) {
    const asOf = roll(4) === 0 ? RUNS[roll(3)] : undefined;
    const runs = asOf === undefined ? RUNS : RUNS.slice(0, RUNS.indexOf(asOf) + 1);
    const mailbox = roll(MAILBOXES);
    const principal = roll(PRINCIPALS);
    const asked: Asked = roll(2) === 0 ? { mailbox } : { principal };
    const { sid, id, address } = tenant.principal(principal);
    const { id: guid, label } = tenant.mailbox(mailbox);
    const names =
      "mailbox" in asked ? [guid, label, label.toUpperCase()] : [sid, id, address, `old.${address}`];
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
    unknown += answer.filter((line) => line.includes('"unknown":true')).length;
  }
  expect(accesses, "accesses in all answers").toBeGreaterThan(3 * QUESTIONS);
  expect(several, "answers of three pages and more").toBeGreaterThan(QUESTIONS / 5);
  expect(unknown, "accesses that a newer run could not look at").toBeGreaterThan(100);
}, 300_000);
