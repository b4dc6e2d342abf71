/**
 * What the import of a file takes: seconds, and peak memory, of a process of its own. Prints JSON.
 *
 *     node bench/imports.ts [--lines 1000000] [--per-mailbox 4]
 */
import { execFileSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { permissionAudit } from "../jobs/permission-audit.ts";
import { importFile } from "../src/imports/index.ts";
import { openThreadedJournal } from "../src/journal/index.ts";

const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "1000000" },
    "per-mailbox": { type: "string", default: "4" },
    /** Only the import, of the file in this folder. */
    from: { type: "string" },
  },
});
const lines = Number(values.lines);

if (values.from === undefined) await measureElsewhere();
else await measure(values.from);

/** In a process of its own: nothing of the making is left in its memory. */
async function measureElsewhere(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "exosweep-bench-"));
  try {
    await write(join(directory, "erp.csv"));
    const words = [...process.execArgv, import.meta.filename, ...process.argv.slice(2), "--from", directory];
    execFileSync(process.execPath, words, { stdio: "inherit" });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measure(directory: string): Promise<void> {
  const path = join(directory, "erp.csv");
  const journal = await openThreadedJournal({ path: join(directory, "journal.db") });
  const startedMs = performance.now();
  const since = (): number => Math.round((performance.now() - startedMs) / 100) / 10;
  const { run } = await importFile({
    journal,
    job: permissionAudit,
    path,
    as: undefined,
    encoding: undefined,
    tenant: "bench",
    tenantId: "bench",
    skipBadLines: false,
    signal: new AbortController().signal,
    nowMs: Date.now(),
    onPass: (words) => console.error(`${words}: ${since()} s, ${megabytes(process.memoryUsage.rss())} MB`),
  });
  const seconds = since();
  await journal.close();
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  console.log(
    JSON.stringify({
      lines,
      rows: run.rows,
      mailboxes: (run.manifest?.count ?? 1) - 1,
      fileMegabytes: megabytes(statSync(path).size),
      seconds,
      cpuSeconds: Math.round((userCPUTime + systemCPUTime) / 100_000) / 10,
      peakMegabytes: Math.round(maxRSS / 1_024),
    }),
  );
}

/** As Export-RecipientPermissions writes it. */
async function write(path: string): Promise<void> {
  const perMailbox = Number(values["per-mailbox"]);
  const out = createWriteStream(path);
  const cells = (texts: readonly string[]): string => `"${texts.join('";"')}"\r\n`;
  out.write(
    `\u{feff}${cells(["Grantor Primary SMTP", "Grantor Display Name", "Grantor Recipient Type", "Grantor Environment", "Folder", "Permission", "Allow/Deny", "Inherited", "InheritanceType", "Trustee Original Identity", "Trustee Primary SMTP", "Trustee Display Name", "Trustee Recipient Type", "Trustee Environment"])}`,
  );
  for (let n = 0; n < lines; n += 1) {
    const mailbox = Math.floor(n / perMailbox);
    const trustee = (mailbox * 31 + (n % perMailbox) * 7) % 50_000;
    const line = cells([
      `adele.vance.${mailbox}@contoso.com`,
      `Adele Vance ${mailbox}`,
      "UserMailbox/UserMailbox",
      "Cloud",
      "",
      n % perMailbox === 0 ? "SendAs" : "FullAccess",
      "Allow",
      "False",
      "None",
      `Megan Bowen ${trustee}`,
      `megan.bowen.${trustee}@contoso.com`,
      `Megan Bowen ${trustee}`,
      "UserMailbox/UserMailbox",
      "Cloud",
    ]);
    if (!out.write(line)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
}

function megabytes(size: number): number {
  return Math.round(size / 1e6);
}
