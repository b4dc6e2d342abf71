/**
 * What an export takes: seconds, peak memory and size, format by format, each in a process of its own. Prints JSON.
 *
 *     node bench/exports.ts [--rows 1000000] [--formats csv,parquet,xlsx] [--postgres]
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { catalogue } from "../jobs/index.ts";
import type { NewRow } from "../src/journal/index.ts";
import { EXPORT_FORMATS, type ExportFormat, exportRun } from "../src/reports/index.ts";
import { openJournal, placeFor } from "./journals.ts";

const RUN = "bench";
const JOB = "permission-audit";
const ROWS_PER_MAILBOX = 4;
const CONCURRENCY = 400;
const PAGE = 1_000;
/** What is asked of a million rows on two cores; `issue 5`. */
const MOST_SECONDS: Readonly<Partial<Record<ExportFormat, number>>> = { csv: 30, parquet: 30, xlsx: 120 };
const MOST_MEGABYTES = 400;

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    formats: { type: "string", default: EXPORT_FORMATS.join(",") },
    postgres: { type: "boolean", default: false },
    /** Only this export, from this journal, into this folder. */
    one: { type: "string" },
    from: { type: "string", default: "" },
    into: { type: "string", default: "" },
  },
});
const formats = values.formats
  .split(",")
  .filter((name): name is ExportFormat => EXPORT_FORMATS.some((f) => f === name));
const one = formats.find((format) => format === values.one);
if (one === undefined) await measureAll(Number(values.rows));
else await measure(one);

async function measureAll(rows: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "exosweep-bench-"));
  try {
    process.stderr.write(`a journal of ${rows} rows\n`);
    await using place = await placeFor(directory, values.postgres);
    await fill(place.where, rows);
    const figures: Record<string, unknown> = {};
    for (const format of formats) {
      process.stderr.write(`${format}\n`);
      const { stdout } = await promisify(execFile)(process.execPath, [
        ...process.execArgv,
        import.meta.filename,
        "--one",
        format,
        "--from",
        place.where,
        "--into",
        directory,
      ]);
      figures[format] = {
        ...JSON.parse(stdout),
        mostSeconds: MOST_SECONDS[format],
        mostMegabytes: MOST_MEGABYTES,
      };
    }
    console.log(JSON.stringify({ rows, node: process.version, ...figures }, undefined, 2));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measure(format: ExportFormat): Promise<void> {
  const journal = await openJournal(values.from);
  const run = await journal.run(RUN);
  const job = catalogue.find(({ name }) => name === JOB);
  if (run === undefined || job === undefined) throw new Error("Cannot measure: the journal has no run");
  const out = join(values.into, `run.${format}`);
  const startedMs = performance.now();
  const { rows } = await exportRun({ journal, run, job, format, out });
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  await journal.close();
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const peakMegabytes = Math.round(maxRSS / 1_024);
  // Of all threads: what it takes on a machine that others use, too.
  const cpuSeconds = Math.round((userCPUTime + systemCPUTime) / 1e5) / 10;
  console.log(
    JSON.stringify({
      rows,
      seconds,
      cpuSeconds,
      peakMegabytes,
      megabytes: Math.round(statSync(out).size / 1_048_576),
    }),
  );
}

/** A run of the audit in which every mailbox is open to some others. */
async function fill(where: string, rows: number): Promise<void> {
  const journal = await openJournal(where);
  const mailboxes = Math.ceil(rows / ROWS_PER_MAILBOX);
  await journal.createRun({
    id: RUN,
    job: JOB,
    tenant: "contoso",
    tenantId: guid(1),
    params: {},
    scope: { kind: "all" },
    naiveCallsPerTarget: 3,
  });
  for (let from = 1; from <= mailboxes; from += PAGE)
    await journal.addTargets(
      RUN,
      Array.from({ length: Math.min(PAGE, mailboxes - from + 1) }, (_, place) => ({
        kind: "mailbox" as const,
        id: guid(from + place),
        objectId: guid(from + place + 5_000_000),
        label: address("adele.vance", from + place),
        data: null,
      })),
    );
  await journal.sealManifest(RUN);
  await journal.moveRun(RUN, ["planned"], "running");
  let last = 0;
  const settleSome = async (): Promise<void> => {
    while (last < mailboxes) {
      last += 1;
      const line = last;
      const left = Math.min(ROWS_PER_MAILBOX, rows - (line - 1) * ROWS_PER_MAILBOX);
      await journal.settle({
        run: RUN,
        line,
        attempt: line * 7_919,
        worker: "bench",
        outcome: "ok",
        rows: Array.from({ length: left }, (_, n) => found(line, n)),
        atMs: Date.UTC(2026, 9, 1) + line,
      });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, settleSome));
  await journal.moveRun(RUN, ["running"], "complete");
  await journal.close();
}

function found(about: number, n: number): NewRow {
  const trustee = (about * ROWS_PER_MAILBOX + n) % 60_000;
  return {
    about,
    noise: undefined,
    row: {
      MailboxId: guid(about),
      MailboxPrimarySmtp: address("adele.vance", about),
      MailboxDisplayName: `Adele Vance ${about}`,
      MailboxType: about % 7 === 0 ? "shared" : "user",
      Right: ["FullAccess", "SendAs", "SendOnBehalf", "ReadPermission"][n] ?? "FullAccess",
      AccessRightsRaw: "FullAccess",
      Allow: true,
      Inherited: false,
      TrusteeRaw: address("megan.bowen", trustee),
      TrusteeSid: `S-1-5-21-3623811015-3361044348-30300820-${trustee}`,
      TrusteeId: guid(trustee + 9_000_000),
      TrusteePrimarySmtp: address("megan.bowen", trustee),
      TrusteeDisplayName: `Megan Bowen ${trustee}`,
      TrusteeType: "user",
      TrusteeClass: "user",
      ViaGroup: null,
      GroupPath: null,
      TenantId: guid(1),
      RunId: RUN,
      ReadAtUtc: new Date(Date.UTC(2026, 9, 1) + about * 13).toISOString(),
      Source: "Get-MailboxPermission",
    },
  };
}

function address(name: string, n: number): string {
  return `${name}.${n}@contoso.onmicrosoft.com`;
}

/** Spread over all values, like real ones. */
function guid(n: number): string {
  const hex = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f]
    .map((factor) => (Math.imul(n, factor) >>> 0).toString(16).padStart(8, "0"))
    .join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
