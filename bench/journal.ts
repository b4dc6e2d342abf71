/**
 * What the journal costs: writes per second, bytes on disk, and how long the event loop of the process that asks stands still. Prints JSON.
 *
 *     node bench/journal.ts [--targets 100000] [--principals as many] [--postgres | --journal WHERE]
 *     node bench/journal.ts --verify 1000000 [--postgres]      only what verifying takes, from the journal and from a bundle
 *
 * The journal is a file; with --postgres it is in a server that is started for it; WHERE is the URL of a schema of its own in another.
 * Verifying is a process of its own: nothing of what was recorded is left in its memory.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { verifyBundle } from "../src/journal/index.ts";
import type { Journal, NewRow, NewTarget } from "../src/journal/index.ts";
import { isInPostgres, openJournal, placeFor } from "./journals.ts";

const RUN = "bench";
const WRITES = "bench-writes";
const ROWS_PER_TARGET = 4;
const CONCURRENCY = 400;
const PAGE = 1_000;

const { values } = parseArgs({
  options: {
    targets: { type: "string", default: "100000" },
    principals: { type: "string" },
    postgres: { type: "boolean", default: false },
    journal: { type: "string" },
    verify: { type: "string" },
    /** Only verifying, of what is there, by a bundle in this folder. */
    into: { type: "string" },
  },
});
const verifyOnly = values.verify !== undefined;
const targetCount = Number(values.verify ?? values.targets);
const principalCount = Number(verifyOnly ? 0 : (values.principals ?? targetCount));

if (values.journal !== undefined && values.into !== undefined)
  console.log(JSON.stringify(await measureProofs(values.journal, values.into)));
else await measureAll();

async function measureAll(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "exosweep-bench-"));
  try {
    await using place = await placeFor(directory, values.postgres);
    const where = values.journal ?? place.where;
    const journal = await openJournal(where);
    try {
      const figures = { targets: targetCount, principals: principalCount, ...(await measure(journal)) };
      if (!isInPostgres(where))
        Object.assign(figures, { walMegabytes: megabytes(statSync(`${where}-wal`).size) });
      await journal.close();
      Object.assign(figures, proofsElsewhere(where, directory));
      if (!isInPostgres(where)) Object.assign(figures, { bytes: bytesOf(where) });
      console.log(JSON.stringify(figures, undefined, 2));
    } finally {
      await journal.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measure(journal: Journal): Promise<Record<string, unknown>> {
  const figures: Record<string, unknown> = {};
  await createRun(journal, RUN);
  figures["addTargets"] = await timed("adding targets", targetCount, () => addTargets(journal, RUN));
  figures["seal"] = await timed("sealing", targetCount, () => journal.sealManifest(RUN));
  await journal.moveRun(RUN, ["planned"], "running");
  figures["settle"] = await timed("settling", targetCount, () => settleAll(journal));
  if (verifyOnly) return figures;
  figures["stageRows"] = await timed("staging rows", targetCount, () => stageAll(journal));
  figures["putIndex"] = await timed("putting principals", principalCount, () => putIndex(journal));
  figures["lookUp"] = await timed("looking up principals", Math.min(100_000, principalCount), () =>
    lookUpSome(journal),
  );
  figures["readRows"] = await timed("reading rows", targetCount * (ROWS_PER_TARGET + 1), async () => {
    for await (const rows of journal.rows(RUN)) void rows;
  });
  await createRun(journal, WRITES);
  await addTargets(journal, WRITES);
  await journal.sealManifest(WRITES);
  await journal.moveRun(WRITES, ["planned"], "running");
  figures["openIntent"] = await timed("opening intents", targetCount, () =>
    each((line) => openIntent(journal, line)),
  );
  figures["settleWithIntent"] = await timed("settling intents", targetCount, () =>
    each((line) => settleWithIntent(journal, line)),
  );
  return figures;
}

function proofsElsewhere(where: string, directory: string): unknown {
  const words = process.argv.slice(2).filter((word) => word !== "--postgres");
  const text = execFileSync(
    process.execPath,
    [...process.execArgv, import.meta.filename, ...words, "--journal", where, "--into", directory],
    { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" },
  );
  return JSON.parse(text);
}

async function measureProofs(where: string, directory: string): Promise<Record<string, unknown>> {
  const bundle = join(directory, "run.bundle");
  const figures: Record<string, unknown> = {};
  const journal = await openJournal(where);
  try {
    figures["verify"] = await timed("verifying", targetCount, async () => {
      figures["problems"] = (await journal.verify(RUN)).problems;
    });
    if (!verifyOnly) {
      figures["verifyWithIntents"] = await timed("verifying intents", targetCount, async () => {
        figures["problemsOfIntents"] = (await journal.verify(WRITES)).problems;
      });
    }
    figures["writeBundle"] = await timed("writing the bundle", targetCount, async () => {
      await using file = await open(bundle, "w");
      await journal.bundle(RUN, (text) => file.writeFile(text));
    });
  } finally {
    await journal.close();
  }
  figures["bundleMegabytes"] = megabytes(statSync(bundle).size);
  figures["verifyBundle"] = await timed("verifying the bundle", targetCount, async () => {
    figures["bundleProblems"] = (await verifyBundle(bundle)).problems;
  });
  return figures;
}

async function timed(
  what: string,
  items: number,
  work: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const written = writtenBytes();
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const ms = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  // What takes long is shown as it comes.
  console.error(
    `${what}: ${round(ms / 1_000)} s, ${Math.round(items / (ms / 1_000))} a second, ${megabytes(process.memoryUsage.rss())} MB`,
  );
  return {
    seconds: round(ms / 1_000),
    perSecond: Math.round(items / (ms / 1_000)),
    cpuMicrosecondsEach: round((user + system) / items),
    writtenBytesEach: Math.round((writtenBytes() - written) / items),
    loopDelayP99Ms: round(delay.percentile(99) / 1e6),
    loopDelayMaxMs: round(delay.max / 1e6),
    rssMegabytes: megabytes(process.memoryUsage.rss()),
    // Of the process so far.
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1_024),
  };
}

/** Bytes this process has written to files so far; 0 where the system does not say. */
function writtenBytes(): number {
  if (process.platform !== "linux") return 0;
  return Number(/^wchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

async function createRun(journal: Journal, id: string): Promise<void> {
  await journal.createRun({
    id,
    job: id,
    tenant: "bench",
    tenantId: "bench",
    params: {},
    scope: {},
    naiveCallsPerTarget: 3,
  });
}

async function addTargets(journal: Journal, run: string): Promise<void> {
  await journal.addTargets(run, [
    { kind: "bulk", id: "send-as", objectId: "", label: "send-as", data: null },
  ]);
  for (let from = 1; from <= targetCount; from += PAGE) {
    await journal.addTargets(
      run,
      Array.from({ length: Math.min(PAGE, targetCount - from + 1) }, (_, place) => mailbox(from + place)),
    );
  }
}

function mailbox(n: number): NewTarget {
  const id = guid(n);
  const name = `Adele Vance ${n}`;
  return {
    kind: "mailbox",
    id,
    objectId: guid(n + 5_000_000),
    label: `adele.vance.${n}@contoso.onmicrosoft.com`,
    data: {
      id,
      objectId: guid(n + 5_000_000),
      type: "user",
      primarySmtp: `adele.vance.${n}@contoso.onmicrosoft.com`,
      displayName: name,
      userPrincipalName: `adele.vance.${n}@contoso.onmicrosoft.com`,
      name,
      alias: `adele.vance.${n}`,
      identity: name,
      distinguishedName: `CN=${name},OU=contoso.onmicrosoft.com,OU=Microsoft Exchange Hosted Organizations,DC=NAMP999A001,DC=PROD,DC=OUTLOOK,DC=COM`,
      guid: guid(n + 9_000_000),
    },
  };
}

function found(about: number, n: number): NewRow {
  return {
    about,
    noise: n === 0 ? "NR1" : undefined,
    row: {
      mailboxId: guid(about),
      mailbox: `adele.vance.${about}@contoso.onmicrosoft.com`,
      mailboxName: `Adele Vance ${about}`,
      mailboxType: "user",
      right: "FullAccess",
      trustee: `megan.bowen.${n}@contoso.onmicrosoft.com`,
      trusteeName: `Megan Bowen ${n}`,
      trusteeId: guid(about + n),
      trusteeSid: `S-1-5-21-3623811015-3361044348-30300820-${about + n}`,
      trusteeType: "user",
      trusteeClass: "internal",
      inherited: false,
      deny: false,
      raw: "FullAccess",
      source: "Get-MailboxPermission",
      readAt: "2026-08-22T10:11:12.345Z",
      note: "",
    },
  };
}

async function settleAll(journal: Journal): Promise<void> {
  await each((line) =>
    journal.settle({
      run: RUN,
      line,
      attempt: line * 7_919,
      worker: "host-1234-abcdef",
      outcome: "ok",
      rows: Array.from({ length: ROWS_PER_TARGET }, (_, n) => found(line, n)),
      atMs: Date.now(),
    }),
  );
}

function openIntent(journal: Journal, line: number): Promise<unknown> {
  return journal.openIntent({
    run: WRITES,
    line,
    attempt: line * 7_919,
    worker: "host-1234-abcdef",
    effect: "absolute",
    cmdlet: "Set-Mailbox",
    digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    before: { HiddenFromAddressListsEnabled: false, MaxSendSize: "35 MB (36,700,160 bytes)" },
    atMs: Date.now(),
    clock: { boot: "5d3f3a9e-8a3f-4c41-9c3a-6f1f0f1f3a11", ms: performance.now() },
  });
}

function settleWithIntent(journal: Journal, line: number): Promise<unknown> {
  return journal.settle({
    run: WRITES,
    line,
    attempt: line * 7_919,
    worker: "host-1234-abcdef",
    outcome: "ok",
    rows: [],
    atMs: Date.now(),
    intent: { n: 1, end: "sent" },
  });
}

/** Does it for every line but the first, many at once. */
async function each(work: (line: number) => Promise<unknown>): Promise<void> {
  let last = 1;
  const worker = async (): Promise<void> => {
    while (last <= targetCount) {
      last += 1;
      await work(last);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

/** A bulk read that brings one row about each mailbox, in an order of its own. */
async function stageAll(journal: Journal): Promise<void> {
  const attempt = 4_711;
  for (let from = 0; from < targetCount; from += PAGE) {
    const rows = Array.from({ length: Math.min(PAGE, targetCount - from) }, (_, place) =>
      found(2 + (((from + place) * 7_919) % targetCount), 1),
    );
    await journal.stageRows(RUN, 1, attempt, rows);
  }
  await journal.settle({
    run: RUN,
    line: 1,
    attempt,
    worker: "w",
    outcome: "ok",
    rows: [],
    atMs: Date.now(),
  });
}

async function putIndex(journal: Journal): Promise<void> {
  for (let from = 1; from <= principalCount; from += PAGE) {
    const entries = Array.from({ length: Math.min(PAGE, principalCount - from + 1) }, (_, place) => {
      const n = from + place;
      const keys = [
        guid(n),
        guid(n + 9_000_000),
        `s-1-5-21-1-2-3-${n}`,
        `adele.vance.${n}`,
        `adele vance ${n}`,
      ];
      return {
        id: guid(n),
        keys: [...keys, `adele.vance.${n}@contoso.onmicrosoft.com`],
        value: {
          id: guid(n),
          sid: `S-1-5-21-3623811015-3361044348-30300820-${n}`,
          type: "user",
          displayName: `Adele Vance ${n}`,
          name: `Adele Vance ${n}`,
          userPrincipalName: `adele.vance.${n}@contoso.onmicrosoft.com`,
          primarySmtp: `adele.vance.${n}@contoso.onmicrosoft.com`,
          guest: false,
          disabled: false,
          softDeleted: false,
          mailboxId: guid(n),
        },
      };
    });
    await journal.putIndex(RUN, entries);
  }
}

async function lookUpSome(journal: Journal): Promise<void> {
  const times = Math.min(100_000, principalCount);
  for (let n = 1; n <= times; n += 1) {
    const [values = []] = await journal.lookUp(RUN, [`adele.vance.${1 + ((n * 7_919) % principalCount)}`]);
    if (values.length !== 1) throw new Error(`Cannot look up entry ${n}: found ${values.length}`);
  }
}

/** Bytes of the file, per target, intent, row and principal. */
function bytesOf(path: string): Record<string, number> {
  const db = new DatabaseSync(path, { readOnly: true });
  const sizes = new Map(
    db
      .prepare("SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name")
      .all()
      .map((cells) => [String(cells["name"]), Number(cells["bytes"])] as const),
  );
  db.close();
  const of = (...names: string[]): number => names.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
  return {
    file: statSync(path).size,
    // Of both runs.
    perTarget: round(of("targets", "target_ids", "pending", "other_ids", "open_intents") / (2 * targetCount)),
    perIntent: round(of("intents") / targetCount),
    perRow: round(of("found", "found_elsewhere") / (targetCount * (ROWS_PER_TARGET + 1))),
    perPrincipal: round(of("entries", "segments", "pages") / principalCount),
    perPrincipalKeysOnly: round(of("segments", "pages") / principalCount),
  };
}

/** Spread over all values, like real ones: neighbours in a listing are not neighbours in an index. */
function guid(n: number): string {
  const hex = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f]
    .map((factor) => (Math.imul(n, factor) >>> 0).toString(16).padStart(8, "0"))
    .join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
