/** `exosweep diff`: what changed from one run of a job to another. */
import { extname } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import type { App } from "../../app.ts";
import { isComplete } from "../../journal/index.ts";
import type { RunRecord } from "../../journal/index.ts";
import {
  comparable,
  compareRuns,
  DELIMITERS,
  TABLE_FORMATS,
  expiredSuppressions,
  exportDelta,
  importedFrom,
  deltaHeader,
  renderChanges,
  renderDeltaHead,
} from "../../reports/index.ts";
import type { Comparable, Delimiter, Delta, TableFormat } from "../../reports/index.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { findJob } from "../job-parameters.ts";
import { printRecord } from "../output.ts";
import { readRules, withRules } from "../rules-file.ts";
import { wholeNumber } from "../scope-words.ts";
import type { Session } from "../session.ts";
import { stdoutOf } from "../stdout.ts";
import { UsageError } from "../usage.ts";
import { count } from "../words.ts";

/** Changes shown to people when they do not say how many. */
const SHOWN = "50";

interface DiffOptions {
  readonly last?: boolean;
  readonly job?: string;
  readonly tenant?: string;
  readonly out?: string;
  readonly format?: TableFormat;
  readonly includeNoise?: boolean;
  readonly raw?: boolean;
  readonly delimiter?: Delimiter;
  readonly limit: string;
  readonly exitCode?: boolean;
  readonly rules?: string;
}

export function defineDiff(command: Command, host: Host): void {
  withRules(command)
    .argument("[before]", "a run: its id, or the beginning of it")
    .argument("[after]", "a later run of the same job on the same tenant")
    .option(
      "--last",
      "in place of two runs: the last two complete runs, about the same mailboxes if there are such",
    )
    .option("--job <name>", "with --last: of this job; that of the last complete run when absent")
    .option("--tenant <name>", "with --last: on this tenant; that of the last complete run when absent")
    .option("--include-noise", "also changes of rows that are hidden by noise rules")
    .option("--limit <count>", "show at most so many changes", SHOWN)
    .option("--out <file>", "write all changes to a file")
    .addOption(new Option("--format <format>", "of the file; by its name when absent").choices(TABLE_FORMATS))
    .option("--raw", "CSV: leave cells that look like formulas as they are")
    .addOption(new Option("--delimiter <character>", "CSV: between cells").choices(DELIMITERS))
    .option("--exit-code", "end with 20 when anything has changed or is unknown")
    .action(
      host.action(async (session, command) => {
        const options = command.opts<DiffOptions>();
        const format = fileFormat(options);
        const limit = wholeNumber("--limit", options.limit, 0);
        const rules = await readRules(session, options.rules);
        const app = await session.app();
        const runs = compared(app, await chosen(app, command.args, options));
        const signal = session.signals.soft;
        for (const text of rules === undefined ? [] : expiredSuppressions(rules, runs.job.name))
          session.terminal.note(text, "yellow");
        const delta = await compareRuns({
          journal: app.journal,
          runs,
          includeNoise: options.includeNoise === true,
          rules,
          signal,
        });
        if (options.out !== undefined && format !== undefined) {
          const { out, raw, delimiter } = options;
          await exportDelta({ runs, delta, format, out, raw, delimiter, signal });
        }
        await print(session, runs, delta, options, limit);
        const { changes } = delta.counts;
        const isSame = Object.values(changes).every((rows) => rows === 0) && delta.gaps.length === 0;
        return options.exitCode === true && !isSame ? EXIT.findings : EXIT.ok;
      }),
    );
}

/** The format of the file; undefined without one. @throws {UsageError} when nothing says which */
function fileFormat({ out, format }: DiffOptions): TableFormat | undefined {
  if (out === undefined) {
    if (format === undefined) return undefined;
    throw new UsageError(
      "Cannot use --format without --out",
      "add --out FILE, or print with -o csv, json or ndjson",
    );
  }
  const ending = extname(out).slice(1).toLowerCase();
  const known = format ?? TABLE_FORMATS.find((name) => name === ending);
  if (known !== undefined) return known;
  throw new UsageError(
    `Cannot tell what to write to "${out}"`,
    `add --format, or a name that ends in ${TABLE_FORMATS.map((name) => `.${name}`).join(", ")}`,
  );
}

async function chosen(
  app: App,
  words: readonly string[],
  options: DiffOptions,
): Promise<readonly [before: RunRecord, after: RunRecord]> {
  const [before, after] = words;
  if (options.last === true) {
    if (before === undefined) return lastTwo(app, options);
    throw new UsageError("Cannot use --last and name runs together", "choose one of them");
  }
  if (options.job !== undefined || options.tenant !== undefined)
    throw new UsageError("Cannot use --job and --tenant without --last", "add --last, or name two runs only");
  if (before === undefined || after === undefined)
    throw new UsageError("Cannot compare: two runs must be named", "try: exosweep diff --last");
  return [await app.runs.get(before), await app.runs.get(after)];
}

/** The last complete run, and the one before it: about the same mailboxes, where there is such a one. */
async function lastTwo(
  app: App,
  { job, tenant }: DiffOptions,
): Promise<readonly [before: RunRecord, after: RunRecord]> {
  const jobs =
    job === undefined ? app.catalogue.filter(({ comparison }) => comparison) : [findJob(app.catalogue, job)];
  const complete = (await app.runs.list(tenant === undefined ? {} : { tenant })).filter(
    // Files are compared by name: when they were imported says nothing about which is newer.
    (run) =>
      isComplete(run.state) && importedFrom(run) === undefined && jobs.some(({ name }) => name === run.job),
  );
  const [after, ...others] = complete;
  const earlier = others.filter((run) => run.job === after?.job && run.tenantId === after.tenantId);
  const scope = JSON.stringify(after?.scope);
  const before = earlier.find((run) => JSON.stringify(run.scope) === scope) ?? earlier[0];
  if (after !== undefined && before !== undefined) return [before, after];
  const of = [job === undefined ? "" : ` of ${job}`, tenant === undefined ? "" : ` on ${tenant}`].join("");
  throw new UsageError(
    `Cannot compare the last two complete runs${of}: there ${after === undefined ? "is none" : `is one only, ${after.id}`}`,
    "exosweep runs lists all; name two of them",
  );
}

/** @throws {UsageError} when the runs have nothing to do with each other */
function compared(app: App, [before, after]: readonly [RunRecord, RunRecord]): Comparable {
  const runs = comparable(before, after, findJob(app.catalogue, after.job));
  if ("fact" in runs) throw new UsageError(`Cannot compare: ${runs.fact}`, runs.advice);
  return runs;
}

async function print(
  session: Session,
  runs: Comparable,
  delta: Delta,
  { out, raw, delimiter }: DiffOptions,
  limit: number,
): Promise<void> {
  const { terminal, format = "table", signals } = session;
  if (format === "table") {
    await terminal.text(renderDeltaHead(runs, delta));
    if (out === undefined) await printChanges(session, runs, delta, limit);
    else await terminal.text(out);
    return;
  }
  const header = deltaHeader(runs, delta);
  if (out !== undefined) return printRecord(session, header, () => "");
  // Only a JSON document says it at its top.
  if (!header.complete && format !== "json") terminal.note(renderDeltaHead(runs, delta), "yellow");
  await exportDelta({ runs, delta, format, out: stdoutOf(session), raw, delimiter, signal: signals.soft });
}

/** The first changes, mailbox by mailbox, and how many there are besides. */
async function printChanges(
  { terminal }: Session,
  runs: Comparable,
  delta: Delta,
  limit: number,
): Promise<void> {
  let left = Object.values(delta.counts.changes).reduce((sum, rows) => sum + rows, 0);
  let room = limit;
  for await (const target of delta.changes()) {
    if (room === 0) break;
    const changes = target.changes.slice(0, room);
    for (const line of renderChanges(runs.job, { ...target, changes })) await terminal.text(line);
    [room, left] = [room - changes.length, left - changes.length];
  }
  if (left > 0) await terminal.text(`and ${count(left)} more: --out FILE, or --limit`);
}
