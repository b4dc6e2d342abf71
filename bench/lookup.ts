/**
 * What a look-up takes, and what making its index costs. Prints JSON.
 *
 * Of the principals, the first of each hundred are groups of 30, nested in one another; they hold grants like everybody, and one has 100,000 members.
 *
 *     node bench/lookup.ts [--mailboxes 1000000] [--grants 5000000] [--questions 2000] [--groups] [URL of a journal in Postgres; absent: a file]
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { permissionAudit } from "../jobs/permission-audit.ts";
import type { GroupMember } from "../src/job/index.ts";
import { openPostgresJournal, openThreadedJournal } from "../src/journal/index.ts";
import type { Journal } from "../src/journal/index.ts";
import { GroupBook, indexAccess, type LookUp, whatCanAccess, whoCanAccess } from "../src/reports/index.ts";
import { RunDirectory } from "../src/runs/index.ts";
import { accessTenant } from "../test/support/access-tenant.ts";

const RUN = "bench";
const PAGE = 1_000;
const CONCURRENCY = 400;
const BULK = ["send-as", "send-on-behalf"] as const;
const GROUP_OF = 100;
const MEMBERS = 30;
const LARGEST = 100_000;

const { values, positionals } = parseArgs({
  options: {
    mailboxes: { type: "string", default: "1000000" },
    grants: { type: "string", default: "5000000" },
    questions: { type: "string", default: "2000" },
    groups: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const mailboxes = Number(values.mailboxes);
const questions = Number(values.questions);
const principals = Math.max(10, Math.round(mailboxes / 5));
const tenant = accessTenant({ seed: 1, mailboxes, principals, grants: Number(values.grants), hubs: 20 });

const directory = mkdtempSync(join(tmpdir(), "exosweep-bench-"));
const path = join(directory, "journal.db");
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
  };
  const recordingMs = await took("recording the run", () => record(journal));
  const before = bytes();
  const indexMs = await took("making the index", async () => {
    await indexAccess({ journal, run: RUN, job: permissionAudit });
  });
  await journal.moveRun(RUN, ["running"], "complete");
  if (values.groups) figures["groups"] = await keepGroups(journal);
  const grants = (await journal.run(RUN))?.rows ?? 0;
  figures["grants"] = grants;
  figures["recordingSeconds"] = seconds(recordingMs);
  figures["indexSeconds"] = seconds(indexMs);
  figures["indexShareOfRecording"] = round(indexMs / recordingMs);
  figures["indexMicrosecondsPerGrant"] = round((indexMs * 1_000) / grants);
  if (url === undefined) {
    figures["journalMegabytes"] = megabytes(before);
    figures["indexMegabytes"] = megabytes(bytes() - before);
  }
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
  figures["whatCanAccess"] = await ask(questions, (n) =>
    whatCanAccess(lookUp, asPrincipal(20 + ((n * 7_919) % (principals - 20)))),
  );
  figures["whatCanAccessOfHubs"] = await ask(20, (n) => whatCanAccess(lookUp, asPrincipal(n)));
  figures["whoCanAccess"] = await ask(questions, (n) =>
    whoCanAccess(lookUp, tenant.mailbox((n * 7_919) % mailboxes).id),
  );
  figures["rssMegabytes"] = megabytes(process.memoryUsage.rss());
  await journal.close();
  console.log(JSON.stringify(figures, undefined, 2));
} finally {
  await journal.close();
  rmSync(directory, { recursive: true });
}

async function record(to: Journal): Promise<void> {
  await to.createRun({
    id: RUN,
    job: permissionAudit.name,
    tenant: "bench",
    tenantId: "bench",
    params: {},
    scope: { kind: "all", types: ["user", "shared", "room", "equipment"] },
    naiveCallsPerTarget: 3,
  });
  for (let from = 0; from < mailboxes; from += PAGE)
    await to.addTargets(RUN, numbers(from, mailboxes).map(tenant.mailbox));
  const last = values.groups ? ["group-members"] : [];
  await to.addTargets(
    RUN,
    [...BULK, ...last].map((id) => ({ kind: "bulk", id, objectId: "", label: id, data: null })),
  );
  for (let from = 0; from < principals; from += PAGE)
    await to.putIndex(RUN, numbers(from, principals).map(tenant.entry));
  await to.sealManifest(RUN);
  await to.moveRun(RUN, ["planned"], "running");
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < mailboxes) {
      const n = next;
      next += 1;
      await settle(to, n + 1, rowsOf(n, undefined));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  for (const [place, bulk] of BULK.entries()) {
    const line = mailboxes + 1 + place;
    for (let from = 0; from < mailboxes; from += PAGE)
      await to.stageRows(
        RUN,
        line,
        line,
        numbers(from, mailboxes).flatMap((n) => rowsOf(n, bulk)),
      );
    await settle(to, line, []);
  }
  if (values.groups) await settle(to, mailboxes + 1 + BULK.length, []);
}

/** As the audit's last read keeps them. */
async function keepGroups(to: Journal): Promise<Record<string, number>> {
  const book = new GroupBook(to, RUN);
  const numbersOfGroups = Array.from({ length: Math.ceil(principals / GROUP_OF) }, (_, n) => n * GROUP_OF);
  let edges = 0;
  const startedMs = performance.now();
  for (const n of numbersOfGroups) {
    const isLargest = n === GROUP_OF;
    const count = isLargest ? Math.min(LARGEST, principals - 1) : MEMBERS;
    const people = Array.from({ length: count }, (_, place) =>
      memberOf(isLargest ? place + 1 : (n * 31 + place * 7_919) % principals),
    );
    // The next group is in it, and so on for ten of them.
    const inner = (n / GROUP_OF) % 10 === 9 ? [] : [memberOf((n + GROUP_OF) % principals)];
    const members = [...new Map([...people, ...inner].map((one) => [one.id, one])).values()];
    edges += members.length;
    await book.keep({ id: tenant.principal(n).id, displayName: tenant.principal(n).displayName, members });
  }
  await book.keepReach(
    numbersOfGroups.map((n) => ({
      id: tenant.principal(n).id,
      people: n === GROUP_OF ? LARGEST : MEMBERS,
      guests: 0,
    })),
  );
  return { groups: numbersOfGroups.length, edges, keepingSeconds: seconds(performance.now() - startedMs) };
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

function settle(to: Journal, line: number, rows: ReturnType<typeof rowsOf>): Promise<unknown> {
  return to.settle({ run: RUN, line, attempt: line, worker: "w1", outcome: "ok", rows, atMs: Date.now() });
}

async function ask(
  count: number,
  question: (n: number) => Promise<{ readonly accesses: readonly unknown[] }>,
): Promise<Record<string, number>> {
  const times: number[] = [];
  let accesses = 0;
  for (let n = 0; n < count; n += 1) {
    const startedMs = performance.now();
    accesses += (await question(n)).accesses.length;
    times.push(performance.now() - startedMs);
  }
  times.sort((a, b) => a - b);
  const at = (part: number): number =>
    round(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0);
  return {
    questions: count,
    accessesEach: round(accesses / count),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    maxMs: at(1),
  };
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
