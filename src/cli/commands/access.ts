/** `exosweep who-can-access` and `exosweep what-can-access`: the look-up from either side. */
import type { Command } from "commander";
import type { App } from "../../app.ts";
import {
  type Answer,
  type AsOf,
  beside,
  type LiveLook,
  type LookUp,
  NameError,
  whatCanAccess,
  whoCanAccess,
} from "../../reports/index.ts";
import { readLive, RunDirectory } from "../../runs/index.ts";
import { findJob } from "../job-parameters.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { listPrinter, printList, printRecord } from "../output.ts";
import { plainLines } from "../plain-text.ts";
import { reportedRuns } from "../reported-runs.ts";
import type { Session } from "../session.ts";
import { UsageError } from "../usage.ts";
import { accessRows, answerLines, answerView, closingLine, columnsOf } from "../views/access.ts";
import { count } from "../words.ts";

interface AccessOptions {
  readonly tenant?: string;
  readonly asOf?: string;
  readonly live?: boolean;
  readonly includeNoise?: boolean;
}

type Question = (lookUp: LookUp, text: string) => Promise<Answer>;

export function defineWhoCanAccess(command: Command, host: Host): void {
  command.argument(
    "<mailbox>",
    "its address, an old one or its alias, user principal name, object id, ExchangeGuid, SID or name",
  );
  define(command, host, whoCanAccess);
}

export function defineWhatCanAccess(command: Command, host: Host): void {
  command.argument(
    "<user>",
    "an address, an old one or an alias, user principal name, object id, ExchangeGuid, SID or name",
  );
  define(command, host, whatCanAccess);
}

function define(command: Command, host: Host, question: Question): void {
  command
    .option("--tenant <name>", "name of the tenant in the settings; needed where there are several")
    .option(
      "--as-of <run|date>",
      "as a run saw it, or as it was at the end of a day (2026-11-22, UTC) or at a time",
    )
    .option(
      "--live",
      "also read the mailboxes concerned again, and the groups that hold something there, and say what has changed since",
    )
    .option("--include-noise", "also what noise rules hide")
    .action(
      host.action(async (session, command) => {
        const options = command.opts<AccessOptions>();
        const app = await session.app();
        const tenant = await tenantOf(app, options.tenant);
        const asOf = options.asOf === undefined ? undefined : await readAsOf(app, options.asOf, tenant);
        const lookUp: LookUp = {
          journal: app.journal,
          catalogue: app.catalogue,
          tenant,
          findIn: (run) => new RunDirectory(run, app.journal, undefined),
          includeNoise: options.includeNoise === true,
          signal: session.signals.soft,
          onIndexing: (run) => session.terminal.note(`run ${run} has no index yet: making it, once`),
          ...(asOf === undefined ? {} : { asOf }),
        };
        const answer = await ask(session, question, lookUp, argument(command, 0));
        const live = options.live === true ? await look(session, app, answer, lookUp) : undefined;
        await print(session, answer, live);
      }),
    );
}

/** Who might have been meant is told as a result: a program picks one of them. */
async function ask(session: Session, question: Question, lookUp: LookUp, text: string): Promise<Answer> {
  try {
    return await question(lookUp, text);
  } catch (error) {
    if (error instanceof NameError && error.candidates.length > 0)
      await printList(
        session,
        error.candidates.map(({ displayName, primarySmtp, type, id, sid, softDeleted }) => ({
          displayName,
          primarySmtp,
          type,
          id,
          sid,
          softDeleted,
        })),
        ["displayName", "primarySmtp", "type", "id", "sid"],
      );
    throw error;
  }
}

async function look(session: Session, app: App, answer: Answer, lookUp: LookUp): Promise<LiveLook> {
  const { subject, question } = answer;
  const concerned =
    question === "who-can-access"
      ? [subject.mailboxId]
      : [...new Set(answer.accesses.map(({ mailbox }) => mailbox.id))];
  // Groups that hold something there, and of what somebody can access, those they come by.
  const groups =
    question === "who-can-access"
      ? undefined
      : new Set(answer.accesses.flatMap(({ source }) => source.group?.toLowerCase() ?? []));
  session.terminal.note(`reading ${count(concerned.length)} mailboxes, and groups that hold something there`);
  const exchange = await app.exchange(answer.tenant);
  const reads = [];
  for (const [name, runs] of Map.groupBy(answer.runs, ({ job }) => job)) {
    const job = findJob(app.catalogue, name);
    const [newest] = runs;
    if (newest === undefined) continue;
    const found = await Promise.all(
      concerned.map(async (id) => {
        const targets = await Promise.all(runs.map(({ run }) => app.reports.targetById(run, id)));
        return targets.find((target) => target !== undefined);
      }),
    );
    const targets = found.filter((target) => target !== undefined);
    const run = await app.reports.run(newest.run);
    if (run === undefined) continue;
    const read = await readLive({
      exchange,
      job,
      run,
      targets,
      signal: session.signals.soft,
      ...(groups && { groups }),
    });
    reads.push({ job, ...read });
  }
  return beside(answer, reads, lookUp.includeNoise === true);
}

async function print(session: Session, answer: Answer, live: LiveLook | undefined): Promise<void> {
  const nowMs = Date.now();
  const { terminal, format = "table" } = session;
  if (format === "json") return printRecord(session, answerView(answer, live, nowMs), () => "");
  const rows = accessRows(answer, live, nowMs);
  for (const line of answerLines(answer, nowMs).map(plainLines))
    if (format === "table") await terminal.text(line);
    else terminal.note(line);
  const printer = listPrinter(session, format === "table" ? columnsOf(rows) : undefined);
  await printer.add(rows);
  await printer.end();
  terminal.note(closingLine(answer, live));
}

/** One of the settings, or one that there are runs of: files are imported for tenants that no settings know. */
async function tenantOf(app: App, named: string | undefined): Promise<string> {
  const configured = app.tenants.map(({ name }) => name);
  const isMeant = (name: string): boolean => name.toLowerCase() === named?.toLowerCase();
  const known = configured.find(isMeant);
  if (known !== undefined) return known;
  const names =
    configured.length > 0 && named === undefined
      ? configured
      : [...new Set((await app.runs.list()).map(({ tenant }) => tenant))];
  if (named !== undefined) return names.find(isMeant) ?? named;
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw new UsageError(
    `Cannot tell which tenant is meant: ${names.length === 0 ? "none is configured" : `${configured.length === 0 ? "there are runs of" : "configured are"} ${names.join(", ")}`}`,
    "name one with --tenant",
  );
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}[T ]/;

async function readAsOf(app: App, text: string, tenant: string): Promise<AsOf> {
  if (DAY.test(text) || TIME.test(text)) {
    const atMs = Date.parse(DAY.test(text) ? `${text}T23:59:59.999Z` : text);
    if (Number.isNaN(atMs))
      throw new UsageError(
        `Cannot read --as-of "${text}": there is no such time`,
        "write for example 2026-11-22",
      );
    return { atMs };
  }
  const { whole: run, each } = await reportedRuns(app, text);
  if (run.tenant.toLowerCase() !== tenant.toLowerCase())
    throw new UsageError(
      `Cannot ask run ${run.id} about tenant "${tenant}": it was on "${run.tenant}"`,
      `add --tenant ${run.tenant}`,
    );
  if (each.every(({ job }) => job.access === undefined))
    throw new UsageError(
      `Cannot ask run ${run.id} who has access: "${each[0]?.job.name ?? run.job}" does not tell`,
      "name a run of a job that does, such as permission-audit",
    );
  return { run };
}
