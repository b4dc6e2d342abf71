/** `exosweep diff`: what changed from one run of a job to another. */
import { extname } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import type { App } from "../../app.ts";
import type { Job } from "../../job/index.ts";
import { isComplete } from "../../journal/index.ts";
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
  renderMembers,
} from "../../reports/index.ts";
import type { Comparable, Delimiter, Delta, TableFormat } from "../../reports/index.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { findJob } from "../job-parameters.ts";
import { listPrinter, printRecord } from "../output.ts";
import {
  partFile,
  partsOf,
  refuseTogether,
  type Reported,
  reportedRuns,
  type ReportedRuns,
  RUN_OR_PART,
} from "../reported-runs.ts";
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
    .argument("[before]", RUN_OR_PART)
    .argument("[after]", "a later run of the same job on the same tenant, or a part of one")
    .option(
      "--last",
      "in place of two runs: the last two that came to their end, with failures or without, about the same mailboxes if there are such",
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
        const { pairs, alone } = await chosen(app, command.args, options);
        const signal = session.signals.soft;
        for (const part of alone)
          session.terminal.note(`${part} ran only in one of them: left out`, "yellow");
        if (options.out === undefined && (session.format ?? "table") !== "table")
          refuseTogether(pairs.map(({ after, job }) => ({ run: after, job })));
        const printer =
          pairs.length > 1 && options.out !== undefined && session.format !== undefined
            ? listPrinter(session, undefined)
            : undefined;
        let isSame = alone.length === 0;
        for (const runs of pairs) {
          for (const text of rules === undefined ? [] : expiredSuppressions(rules, runs.job.name))
            session.terminal.note(text, "yellow");
          const delta = await compareRuns({
            journal: app.reports,
            runs,
            includeNoise: options.includeNoise === true,
            rules,
            signal,
          });
          const { raw, delimiter } = options;
          const out =
            options.out === undefined
              ? undefined
              : partFile(options.out, { run: runs.after, job: runs.job }, pairs);
          if (out !== undefined && format !== undefined)
            await exportDelta({ runs, delta, format, out, raw, delimiter, signal });
          if (printer !== undefined) await printer.add([deltaHeader(runs, delta)]);
          else
            await print(session, runs, delta, { ...options, ...(out === undefined ? {} : { out }) }, limit);
          const { changes, members } = delta.counts;
          isSame &&=
            [...Object.values(changes), members.groups].every((number) => number === 0) &&
            delta.gaps.length === 0;
        }
        await printer?.end();
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

/** What is compared with what, and parts that only one side has. */
interface Chosen {
  readonly pairs: readonly Comparable[];
  readonly alone: readonly string[];
}

async function chosen(app: App, words: readonly string[], options: DiffOptions): Promise<Chosen> {
  const [before, after] = words;
  if (options.last === true) {
    if (before === undefined) return lastTwo(app, options);
    throw new UsageError("Cannot use --last and name runs together", "choose one of them");
  }
  if (options.job !== undefined || options.tenant !== undefined)
    throw new UsageError("Cannot use --job and --tenant without --last", "add --last, or name two runs only");
  if (before === undefined || after === undefined)
    throw new UsageError("Cannot compare: two runs must be named", "try: exosweep diff --last");
  return paired(await reportedRuns(app, before), await reportedRuns(app, after));
}

/** A run of one job is compared with that part of a run of several. */
function paired(before: ReportedRuns, after: ReportedRuns): Chosen {
  const jobs = [...new Set([...before.each, ...after.each].map(({ job }) => job.name))];
  const of = ({ each }: ReportedRuns, name: string): Reported | undefined =>
    each.find(({ job }) => job.name === name);
  const both = jobs.flatMap((name) => {
    const [one, other] = [of(before, name), of(after, name)];
    return one === undefined || other === undefined ? [] : [compared(one, other)];
  });
  const named = before.each.length > 1 && after.each.length > 1;
  if (both.length === 0 && named)
    throw new UsageError(
      `Cannot compare: no part of run ${before.whole.id} ran in run ${after.whole.id} too`,
      "name two runs of one job",
    );
  if (both.length === 0) return { pairs: [compared(standing(before), standing(after))], alone: [] };
  const alone = jobs.filter((name) => both.every(({ job }) => job.name !== name));
  return { pairs: both, alone: named ? alone : [] };
}

/** A run of several jobs stands for itself beside one that has none of them: the refusal names it. */
function standing({ whole, each: [first, ...others] }: ReportedRuns): Reported {
  if (first === undefined) throw new RangeError(`Run ${whole.id} has no parts`);
  return others.length === 0 ? first : { run: whole, job: first.job };
}

/** The last complete run, and the one before it, of each job in it: about the same mailboxes, where there is such a one. */
async function lastTwo(app: App, { job, tenant }: DiffOptions): Promise<Chosen> {
  const named = job === undefined ? undefined : findJob(app.catalogue, job);
  const isMeant = ({ name, comparison, parts }: Job): boolean =>
    named === undefined ? (comparison ?? parts) !== undefined : name === named.name;
  const complete: ReportedRuns[] = [];
  for (const run of await app.runs.list(tenant === undefined ? {} : { tenant })) {
    const whole = app.catalogue.find(({ name }) => name === run.job);
    // Files are compared by name: when they were imported says nothing about which is newer.
    if (whole === undefined || !isComplete(run.state) || importedFrom(run) !== undefined) continue;
    const each = await partsOf(app, run);
    const meant = isMeant(whole) ? each : each.filter((part) => isMeant(part.job));
    if (meant.length > 0) complete.push({ whole: run, each: meant });
  }
  const [last, ...others] = complete;
  const earlier = others.flatMap(({ each }) => each);
  const pairs: Comparable[] = [];
  const alone: string[] = [];
  for (const after of last?.each ?? []) {
    const scope = JSON.stringify(after.run.scope);
    const same = earlier.filter(
      ({ run }) => run.job === after.run.job && run.tenantId === after.run.tenantId,
    );
    const before = same.find(({ run }) => JSON.stringify(run.scope) === scope) ?? same[0];
    if (before === undefined) alone.push(after.job.name);
    else pairs.push(compared(before, after));
  }
  if (pairs.length > 0) return { pairs, alone };
  const of = [job === undefined ? "" : ` of ${job}`, tenant === undefined ? "" : ` on ${tenant}`].join("");
  throw new UsageError(
    `Cannot compare the last two complete runs${of}: there ${last === undefined ? "is none" : `is one only, ${last.whole.id}`}`,
    "exosweep runs lists all; name two of them",
  );
}

/** @throws {UsageError} when the runs have nothing to do with each other */
function compared(before: Reported, after: Reported): Comparable {
  const runs = comparable(before.run, after.run, after.job);
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
  const { changes: rows, members } = delta.counts;
  let left = [...Object.values(rows), members.added, members.removed, members.unknown].reduce(
    (sum, number) => sum + number,
    0,
  );
  let room = limit;
  for await (const target of delta.changes()) {
    if (room === 0) break;
    const changes = target.changes.slice(0, room);
    for (const line of renderChanges(runs.job, { ...target, changes })) await terminal.text(line);
    [room, left] = [room - changes.length, left - changes.length];
  }
  if (room > 0)
    for await (const all of delta.members()) {
      if (room === 0) break;
      const changes = all.slice(0, room);
      for (const line of renderMembers(changes)) await terminal.text(line);
      [room, left] = [room - changes.length, left - changes.length];
    }
  if (left > 0) await terminal.text(`and ${count(left)} more: --out FILE, or --limit`);
}
