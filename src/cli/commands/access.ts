/** `exosweep who-can-access` and `exosweep what-can-access`: the look-up from either side. */
import { type Command, Option } from "commander";
import type { App } from "../../app.ts";
import {
  type Answer,
  type AsOf,
  beside,
  type FoundAccess,
  type LiveLook,
  type LookUp,
  NameError,
  PAGE,
  type Telling,
  tellWhatCanAccess,
  tellWhoCanAccess,
  whole,
} from "../../reports/index.ts";
import { readLive, RunDirectory, RunError } from "../../runs/index.ts";
import { findJob } from "../job-parameters.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { type ListPrinter, listPrinter, printList, recordPrinter } from "../output.ts";
import { plainLines } from "../plain-text.ts";
import { reportedRuns } from "../reported-runs.ts";
import { wholeNumber } from "../scope-words.ts";
import type { Session } from "../session.ts";
import { UsageError } from "../usage.ts";
import {
  accessRows,
  accessViews,
  addedRows,
  answerLines,
  closingLine,
  columnsOf,
  headView,
  tailView,
} from "../views/access.ts";
import { several } from "../words.ts";

interface AccessOptions {
  readonly tenant?: string;
  readonly asOf?: string;
  readonly live?: boolean;
  readonly includeNoise?: boolean;
  readonly limit?: string;
  readonly all?: boolean;
}

type Question = (lookUp: LookUp, text: string) => Promise<Telling>;

export function defineWhoCanAccess(command: Command, host: Host): void {
  command.argument(
    "<mailbox>",
    "its address, an old one or its alias, user principal name, object id, ExchangeGuid, SID or name",
  );
  define(command, host, tellWhoCanAccess);
}

export function defineWhatCanAccess(command: Command, host: Host): void {
  command.argument(
    "<user>",
    "an address, an old one or an alias, user principal name, object id, ExchangeGuid, SID or name",
  );
  define(command, host, tellWhatCanAccess);
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
    .addOption(
      new Option(
        "--limit <count>",
        `show at most so many accesses, and say how many there are (a table: ${PAGE}; else all)`,
      ).conflicts(["all", "live"]),
    )
    .option("--all", "show all accesses")
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
        const limit = limitOf(session, options);
        const telling = await ask(session, question, lookUp, argument(command, 0));
        if (options.live === true) await printBeside(session, app, await whole(telling), lookUp);
        else await print(session, telling, limit);
      }),
    );
}

/** Who might have been meant is told as a result: a program picks one of them. */
async function ask(session: Session, question: Question, lookUp: LookUp, text: string): Promise<Telling> {
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
  session.terminal.note(
    `reading ${several(concerned.length, "mailbox", "mailboxes")}, and groups that hold something there`,
  );
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

function limitOf({ format = "table" }: Session, { limit, all }: AccessOptions): number {
  if (limit !== undefined) return wholeNumber("--limit", limit, 1);
  return format === "table" && all !== true ? PAGE : Number.POSITIVE_INFINITY;
}

/** Page by page, as they come: the first before the second is looked for. */
async function print(session: Session, telling: Telling, limit: number): Promise<void> {
  const printer = printerOf(session, telling, limit);
  let shown = 0;
  for await (const page of telling.pages) {
    session.signals.soft.throwIfAborted();
    const some = page.slice(0, Math.max(0, limit - shown));
    // Of the rest it is only counted how many they are.
    if (shown === 0 || some.length > 0) await printer.add(some);
    shown += some.length;
  }
  await printer.end(shown);
}

interface Printer {
  add(accesses: readonly FoundAccess[]): Promise<void>;
  end(shown: number): Promise<void>;
}

/** @param limit accesses that will be shown */
function printerOf(session: Session, telling: Telling, limit: number): Printer {
  return session.format === "json" ? jsonPrinter(session, telling) : linePrinter(session, telling, limit);
}

function jsonPrinter(session: Session, telling: Telling): Printer {
  const nowMs = Date.now();
  const printer = recordPrinter(session, headView(telling.frame()), "accesses");
  return {
    add: (accesses) => printer.add(accessViews(accesses, undefined, nowMs)),
    end: () => printer.end(tailView(telling.frame(), undefined, nowMs)),
  };
}

/** What must be known first goes before the first line; what is known only now, behind the last. */
function linePrinter(session: Session, telling: Telling, limit: number): Printer {
  const nowMs = Date.now();
  const { terminal } = session;
  const isTable = (session.format ?? "table") === "table";
  const told = new Set<string>();
  const tell = async (): Promise<void> => {
    for (const line of answerLines(telling.frame(), nowMs).map(plainLines)) {
      if (told.has(line)) continue;
      told.add(line);
      if (isTable) await terminal.text(line);
      else terminal.note(line);
    }
  };
  let printer: ListPrinter | undefined;
  return {
    async add(accesses) {
      const rows = accessRows(telling.frame().question, accesses, undefined, nowMs);
      if (printer === undefined) {
        await tell();
        // Of what is yet to come nobody knows which columns stay empty.
        const seen = telling.isOver() || limit <= PAGE ? columnsOf(rows) : undefined;
        printer = listPrinter(session, isTable ? seen : undefined);
      }
      await printer.add(rows);
    },
    async end(shown) {
      await printer?.end();
      await tell();
      terminal.note(closingLine(telling.frame(), shown, undefined));
    },
  };
}

/** A look at what is there now is beside all of an answer. */
async function printBeside(session: Session, app: App, answer: Answer, lookUp: LookUp): Promise<void> {
  const live = await look(session, app, answer, lookUp);
  const nowMs = Date.now();
  const { terminal, format = "table" } = session;
  if (format === "json") {
    const printer = recordPrinter(session, headView(answer), "accesses");
    await printer.add(accessViews(answer.accesses, live, nowMs));
    return printer.end(tailView(answer, live, nowMs));
  }
  const rows = [...accessRows(answer.question, answer.accesses, live, nowMs), ...addedRows(answer, live)];
  for (const line of answerLines(answer, nowMs).map(plainLines))
    if (format === "table") await terminal.text(line);
    else terminal.note(line);
  const printer = listPrinter(session, format === "table" ? columnsOf(rows) : undefined);
  await printer.add(rows);
  await printer.end();
  terminal.note(closingLine(answer, answer.accesses.length, live));
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
  const { whole: run, each } = await reportedRuns(app, text).catch((error: unknown) => {
    // A day that is written in another way is no run, either.
    throw error instanceof RunError && error.code === "unknown-run"
      ? new UsageError(
          `${error.message}, and no day or time is written so`,
          "name a run (exosweep runs list), a day such as 2026-11-22, or a time such as 2026-11-22T08:00Z",
        )
      : error;
  });
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
