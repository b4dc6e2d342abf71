/**
 * How long the difference of two runs takes, and how much memory. Prints JSON.
 *
 *     node bench/delta.ts [--rows 1000000] [--per-mailbox 4] [--changed 1] [--order reversed|shuffled] [--postgres] [--journal FILE]
 *
 * Both runs have so many rows, so many about each mailbox; `--changed` percent of the mailboxes differ. The second run lists its mailboxes
 * in another order than the first. A journal that is named, a file or a URL of Postgres, is kept, and used again when it has them.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { permissionAudit } from "../jobs/permission-audit.ts";
import type { Journal, NewRow, NewTarget } from "../src/journal/index.ts";
import type { Job } from "../src/job/index.ts";
import { comparable, compareRuns } from "../src/reports/index.ts";
import { openJournal, placeFor } from "./journals.ts";

const PAGE = 1_000;
const CONCURRENCY = 400;

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    "per-mailbox": { type: "string", default: "4" },
    changed: { type: "string", default: "1" },
    order: { type: "string", default: "reversed" },
    postgres: { type: "boolean", default: false },
    journal: { type: "string" },
  },
});
const perMailbox = Number(values["per-mailbox"]);
const mailboxes = Math.round(Number(values.rows) / perMailbox);
const changedEvery = Math.round(100 / Number(values.changed));

const job: Job = permissionAudit;
if (values.journal === undefined) await measureOnce();
else console.log(JSON.stringify(await withJournal(values.journal, measure)));

async function withJournal<T>(where: string, work: (journal: Journal) => Promise<T>): Promise<T> {
  const journal = await openJournal(where);
  try {
    if ((await journal.run("after")) === undefined) await make(journal);
    return await work(journal);
  } finally {
    await journal.close();
  }
}

/** In a process of its own: nothing of the making is left in its memory. */
async function measureOnce(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "exosweep-bench-"));
  try {
    await using place = await placeFor(directory, values.postgres);
    await withJournal(place.where, async () => {});
    const words = [...process.argv.slice(2), "--journal", place.where];
    execFileSync(process.execPath, [...process.execArgv, import.meta.filename, ...words], {
      stdio: "inherit",
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function make(journal: Journal): Promise<void> {
  await fill(journal, "before");
  await fill(journal, "after");
}

async function measure(journal: Journal): Promise<Record<string, unknown>> {
  const [before, after] = [await journal.run("before"), await journal.run("after")];
  if (before === undefined || after === undefined) throw new Error("Cannot measure: the journal lacks a run");
  const runs = comparable(before, after, job);
  if ("fact" in runs) throw new Error(`Cannot measure: ${runs.fact}`);
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const delta = await compareRuns({ journal, runs });
  const countedMs = performance.now();
  let changes = 0;
  for await (const target of delta.changes()) changes += target.changes.length;
  const { user, system } = process.cpuUsage(cpu);
  return {
    rows: [before.rows, after.rows],
    listed: changes,
    seconds: round((performance.now() - startedMs) / 1_000),
    secondsUntilCounted: round((countedMs - startedMs) / 1_000),
    cpuSeconds: round((user + system) / 1_000_000),
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1_024),
    ...delta.counts,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Which mailbox a line is about. */
function mailboxAt(run: "before" | "after", line: number): number {
  if (run === "before") return line;
  // A prime, so that every mailbox has its turn.
  return values.order === "shuffled" ? 1 + ((line * 104_729) % mailboxes) : mailboxes + 1 - line;
}

async function fill(journal: Journal, run: "before" | "after"): Promise<void> {
  await journal.createRun({
    id: run,
    job: "permission-audit",
    tenant: "bench",
    tenantId: "bench",
    params: {},
    scope: { kind: "all", types: ["user"] },
    naiveCallsPerTarget: 3,
  });
  for (let from = 1; from <= mailboxes; from += PAGE) {
    const page = Array.from({ length: Math.min(PAGE, mailboxes - from + 1) }, (_, place) => from + place);
    await journal.addTargets(
      run,
      page.map((line) => mailbox(mailboxAt(run, line))),
    );
  }
  await journal.addTargets(run, [
    { kind: "bulk", id: "send-as", objectId: "", label: "send-as", data: null },
  ]);
  await journal.sealManifest(run);
  await journal.moveRun(run, ["planned"], "running");
  let last = 0;
  const settle = async (): Promise<void> => {
    while (last < mailboxes) {
      last += 1;
      const line = last;
      const n = mailboxAt(run, line);
      await journal.settle({
        run,
        line,
        attempt: line,
        worker: "bench",
        outcome: "ok",
        rows: Array.from({ length: perMailbox - 1 }, (_, place) => found(run, line, n, place)),
        atMs: Date.now(),
      });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, settle));
  for (let from = 1; from <= mailboxes; from += PAGE) {
    const page = Array.from({ length: Math.min(PAGE, mailboxes - from + 1) }, (_, place) => from + place);
    await journal.stageRows(
      run,
      mailboxes + 1,
      1,
      page.map((line) => found(run, line, mailboxAt(run, line), perMailbox)),
    );
  }
  await journal.settle({
    run,
    line: mailboxes + 1,
    attempt: 1,
    worker: "bench",
    outcome: "ok",
    rows: [],
    atMs: Date.now(),
  });
  await journal.moveRun(run, ["running"], "complete");
}

function mailbox(n: number): NewTarget {
  const [id, address] = [guid(n), `adele.vance.${n}@contoso.onmicrosoft.com`];
  return {
    kind: "mailbox",
    id,
    objectId: guid(n + 5_000_000),
    label: address,
    data: {
      id,
      type: "user",
      primarySmtp: address,
      displayName: `Adele Vance ${n}`,
      name: `Adele Vance ${n}`,
    },
  };
}

/** The first row of a mailbox is its own entry, hidden as noise; the last comes from the bulk read. */
function found(run: "before" | "after", line: number, n: number, place: number): NewRow {
  const self = place === 0 && perMailbox > 1;
  const sendAs = place === perMailbox;
  const changed = run === "after" && n % changedEvery === 0 && place === 1;
  const trustee = (n * 31 + place * 7 + (changed ? 1 : 0)) % 50_000;
  return {
    about: line,
    noise: self ? "NR1" : undefined,
    row: {
      MailboxId: guid(n),
      MailboxPrimarySmtp: `adele.vance.${n}@contoso.onmicrosoft.com`,
      MailboxDisplayName: `Adele Vance ${n}`,
      MailboxType: "user",
      Right: sendAs ? "SendAs" : "FullAccess",
      AccessRightsRaw: sendAs ? "SendAs" : "FullAccess",
      Allow: true,
      Inherited: false,
      TrusteeRaw: self ? "NT AUTHORITY\\SELF" : `megan.bowen.${trustee}@contoso.onmicrosoft.com`,
      TrusteeSid: self ? "S-1-5-10" : `S-1-5-21-3623811015-3361044348-30300820-${trustee}`,
      TrusteeId: self ? null : guid(trustee + 7_000_000),
      TrusteePrimarySmtp: self ? null : `megan.bowen.${trustee}@contoso.onmicrosoft.com`,
      TrusteeDisplayName: self ? null : `Megan Bowen ${trustee}`,
      TrusteeType: self ? null : "user",
      TrusteeClass: self ? "self" : "user",
      ViaGroup: null,
      GroupPath: null,
      TenantId: "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e",
      RunId: run,
      ReadAtUtc: "2026-08-22T10:11:12.345Z",
      Source: sendAs ? "Get-RecipientPermission" : "Get-MailboxPermission",
    },
  };
}

/** Spread over all values, like real ones. */
function guid(n: number): string {
  const hex = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f]
    .map((factor) => (Math.imul(n, factor) >>> 0).toString(16).padStart(8, "0"))
    .join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
