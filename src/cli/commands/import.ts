/** `exosweep import`: a file of another tool, as a run. */
import { Option } from "commander";
import type { Command } from "commander";
import { ENCODINGS, importFile, RIGHTS } from "../../imports/index.ts";
import type { Encoding, ImportReport, Rights } from "../../imports/index.ts";
import { isComplete } from "../../journal/index.ts";
import type { App } from "../../app.ts";
import { HEADERS, type Headers } from "../../reports/index.ts";
import { fileFault } from "../error-code.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { findJob } from "../job-parameters.ts";
import { printRecord } from "../output.ts";
import { plain } from "../plain-text.ts";
import type { Session } from "../session.ts";
import { suggestion, UsageError } from "../usage.ts";
import { count } from "../words.ts";

/** Whose rows a file tells. */
const JOB = "permission-audit";

interface ImportOptions {
  readonly tenant: string;
  readonly as?: Headers;
  readonly rights?: string;
  readonly takenAt?: string;
  readonly namesFrom?: string;
  readonly encoding?: Encoding;
  readonly skipBadLines?: boolean;
}

export function defineImport(command: Command, host: Host): void {
  command
    .argument("<file>", "CSV, as the tool wrote it")
    .requiredOption(
      "--tenant <name>",
      "whose it is: a tenant of the settings, or any name that your files are to share",
    )
    .addOption(new Option("--as <tool>", "whose file it is; its header says it when absent").choices(HEADERS))
    .option(
      "--rights <list>",
      `what it is about, of ${RIGHTS.join(",")}; when absent, what it has lines of: others are unknown`,
    )
    .option(
      "--taken-at <time>",
      "when what it says was true (2026-11-22 or 2026-11-22T03:00Z); its name or last change when absent",
    )
    .option(
      "--names-from <run>",
      "whose names tell who is who; the newest complete run of the whole tenant when absent",
    )
    .addOption(
      new Option("--encoding <name>", "when it is not UTF-8, nor UTF-16 with a byte order mark").choices(
        ENCODINGS,
      ),
    )
    .option("--skip-bad-lines", "leave out lines that cannot be read; the run is not complete then")
    .action(
      host.action(async (session, command) => {
        const { tenant, takenAt, namesFrom, rights, ...options } = command.opts<ImportOptions>();
        const app = await session.app();
        const nowMs = Date.now();
        const report = await importFile({
          ...tenantMeant(session, app, tenant),
          path: argument(command, 0),
          as: options.as,
          encoding: options.encoding,
          skipBadLines: options.skipBadLines === true,
          rights: rights === undefined ? undefined : rightsIn(rights),
          takenAtMs: takenAt === undefined ? undefined : timeIn(takenAt, nowMs),
          namesFrom: namesFrom === undefined ? undefined : await namesIn(app, namesFrom),
          journal: app.journal,
          job: findJob(app.catalogue, JOB),
          signal: session.signals.soft,
          nowMs,
          onPass: (words) => session.terminal.note(words),
        }).catch((error: unknown) => {
          // The file's own trouble; the journal's is not one of opening it.
          const own = error instanceof Error && "path" in error && error.path === argument(command, 0);
          throw own ? unreadable(argument(command, 0), error) : error;
        });
        await printRecord(session, view(report), () => lines(report).join("\n"));
        session.terminal.note(`next: exosweep who-can-access MAILBOX --tenant ${report.run.tenant}`);
        session.terminal.note(
          `      exosweep export ${report.run.id} --format html --out ${report.run.id}.html`,
        );
        return report.badLines > 0 ? EXIT.itemFailures : EXIT.ok;
      }),
    );
}

function unreadable(path: string, error: Error): UsageError {
  return new UsageError(
    `Cannot read "${path}": ${fileFault(error)}`,
    "name a file that is there and that you may read",
    { cause: error },
  );
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

/** A tenant of the settings, or a label. */
function tenantMeant(
  { terminal }: Session,
  { tenants }: App,
  named: string,
): { readonly tenant: string; readonly tenantId: string } {
  const known = tenants.find(({ name }) => name.toLowerCase() === named.toLowerCase());
  if (known !== undefined) return { tenant: known.name, tenantId: known.tenantId };
  if (!NAME.test(named))
    throw new UsageError(
      `Cannot use --tenant "${named}": expected letters, digits, dot, dash and underscore, at most 63`,
      "choose a short name; the same for all files of one organisation",
    );
  const names = tenants.map(({ name }) => name);
  if (names.length > 0)
    terminal.note(
      `the settings have no tenant "${named}": it is a name for files only; ${suggestion(named, names)}configured are ${names.join(", ")}`,
      "yellow",
    );
  return { tenant: named.toLowerCase(), tenantId: `file:${named.toLowerCase()}` };
}

function rightsIn(text: string): readonly Rights[] {
  const words = text
    .split(",")
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== "");
  const unknown = words.find((word) => !RIGHTS.some((right) => right === word));
  if (unknown === undefined && words.length > 0) return RIGHTS.filter((right) => words.includes(right));
  throw new UsageError(
    `Cannot read --rights "${text}": expected ${RIGHTS.join(", ")}, with commas`,
    "correct the option",
  );
}

function timeIn(text: string, nowMs: number): number {
  const atMs = /^\d{4}-\d{2}-\d{2}(?:$|[T ]\d)/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs) && atMs <= nowMs) return atMs;
  throw new UsageError(
    `Cannot read --taken-at "${text}": ${Number.isNaN(atMs) ? "there is no such time" : "it is yet to come"}`,
    "write it as 2026-11-22, or 2026-11-22T03:00Z",
  );
}

async function namesIn(app: App, id: string): ReturnType<App["runs"]["get"]> {
  const run = await app.runs.get(id);
  if (isComplete(run.state)) return run;
  throw new UsageError(
    `Cannot take names from run ${run.id}: it is ${run.state}`,
    "name a complete one; exosweep runs list shows all",
  );
}

function view(report: ImportReport) {
  const { run, takenAtMs, namesFrom, ...rest } = report;
  return {
    schemaVersion: 1,
    run: run.id,
    job: run.job,
    tenant: run.tenant,
    state: run.state,
    ...rest,
    takenAt: new Date(takenAtMs).toISOString(),
    namesFrom: namesFrom ?? null,
    mailboxes: mailboxesOf(report),
    rows: run.rows,
    counts: run.counts,
  };
}

function mailboxesOf({ run }: ImportReport): number {
  return Math.max(0, (run.manifest?.count ?? 0) - 1);
}

function lines(report: ImportReport): readonly string[] {
  const { run, again, as, file, left, rights, badLines, namesFrom } = report;
  const leftOut = Object.entries(left).map(([what, lines]) => `${plain(what)} ${count(lines)}`);
  const unread = RIGHTS.filter((right) => !rights.includes(right));
  const byAddress = run.counts["mailbox-by-address"] ?? 0;
  return [
    `run ${run.id}: ${run.job} on ${run.tenant}, from ${plain(file)} (${as})${again ? ", which was imported before" : ""}`,
    `  lines      ${count(report.lines)}${badLines > 0 ? `, ${count(badLines)} of them bad` : ""}${leftOut.length > 0 ? `; left out: ${leftOut.join(", ")}` : ""}`,
    `  mailboxes  ${count(mailboxesOf(report))}${byAddress > 0 ? `, ${count(byAddress)} of them known by address only` : ", all known by id"}`,
    `  rows       ${count(run.rows)}${holderWords(run.counts)}`,
    `  rights     ${rights.join(", ")}${unread.length > 0 ? `; unknown: ${unread.join(", ")}` : ""}`,
    `  as of      ${new Date(report.takenAtMs).toISOString()}`,
    `  names      ${namesFrom === undefined ? "of the file only: no complete run has read this tenant" : `by run ${namesFrom}`}`,
    ...unresolvedLines(report),
    "  complete   for the mailboxes in the file; all others are unknown",
  ];
}

/** Where a run could have told who is who, and did not. */
function unresolvedLines({ namesFrom, unresolved }: ImportReport): readonly string[] {
  if (namesFrom === undefined) return [];
  const words = [
    ["mailboxes", unresolved.mailboxes],
    ["holders", unresolved.holders],
  ] as const;
  return words
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `  not found  ${what}, such as ${names.map(plain).join(", ")}`);
}

function holderWords(counts: Readonly<Record<string, number>>): string {
  const parts = [
    [counts["holder-by-address"] ?? 0, "by address only"],
    [counts["holder-by-name"] ?? 0, "by name only"],
  ] as const;
  const words = parts.filter(([rows]) => rows > 0).map(([rows, how]) => `${count(rows)} ${how}`);
  return words.length === 0 ? "" : `; who holds them is known: ${words.join(", ")}`;
}
