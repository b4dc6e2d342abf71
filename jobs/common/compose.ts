/** A job of jobs: several reading jobs over one list of mailboxes; `docs/decisions/0016`. Each row says in `Job` which part it is of. */
import { z } from "zod";
import type {
  BulkContext,
  BulkRead,
  CmdletNeed,
  FoundRow,
  Judge,
  Mailbox,
  Reaches,
  ReadingJob,
  Restarted,
  TaskContext,
} from "../../src/job/index.ts";
import { isListingRead, ofEveryMailbox } from "./mailbox-listing.ts";
import { listOf } from "./params.ts";
import { SharedCalls } from "./shared-calls.ts";

/** The column that says which part a row is of. */
const PART = "Job";

export interface NightParams {
  /** Names of the parts that run. */
  readonly jobs: readonly string[];
  /** Parameters of a part, by its name; absent: its defaults. */
  readonly [part: string]: unknown;
}

/**
 * @param parts with names that are not the same; their columns of one name have one type
 * @param usual names of those that run when nobody says which; all when absent
 */
export function compose(
  name: string,
  summary: string,
  parts: readonly ReadingJob[],
  usual: readonly string[] = parts.map((part) => part.name),
): ReadingJob<NightParams> {
  const chosen = ({ jobs }: NightParams): readonly ReadingJob[] =>
    parts.filter((part) => jobs.includes(part.name));
  const reads = readsOf(parts);
  return {
    name,
    summary,
    writes: false,
    params: paramsOf(parts, usual),
    columns: [PART, ...new Set(parts.flatMap(({ columns }) => columns))],
    columnTypes: Object.assign({}, ...parts.map(({ columnTypes }) => columnTypes)),
    cmdlets: needsOf(parts),
    naiveCallsPerTarget: parts.reduce((sum, { naiveCallsPerTarget }) => sum + naiveCallsPerTarget, 0),
    bulk: reads.map(readOf),
    async perform(context: TaskContext<NightParams>) {
      const calls = new SharedCalls(context);
      const found = await Promise.all(
        chosen(context.params).map(async (part) =>
          tagged(
            part,
            await part.perform({ ...context, ...calls.forPart(), params: ownParams(part, context.params) }),
          ),
        ),
      );
      return found.flat();
    },
    judge: (params, reaches) => judgeOf(chosen(params), params, reaches),
    parts: parts.map((part) => ({
      job: part,
      wanted: ({ jobs }) => jobs.includes(part.name),
      bulkName: (name) =>
        reads.find(({ ofParts }) => ofParts.some((one) => one.part === part && one.read.name === name))
          ?.name ?? name,
      ownRow(row) {
        if (row[PART] !== part.name) return undefined;
        const { [PART]: _, ...own } = row;
        return own;
      },
    })),
  };
}

/** Those of a part stand under its name, and are checked as its own. Parameters of a part that does not run are a mistake. */
function paramsOf(parts: readonly ReadingJob[], usual: readonly string[]): z.ZodType<NightParams> {
  const names = parts.map((part) => part.name);
  return z
    .strictObject({
      jobs: listOf(z.enum(names))
        .refine((jobs) => jobs.length > 0, "name at least one")
        .default([...usual])
        .describe("Which of its jobs run"),
      ...Object.fromEntries(
        parts.map(({ name, params }) => [
          name,
          params.optional().describe(`Parameters of ${name}; its defaults when absent`),
        ]),
      ),
    })
    .superRefine((given: NightParams, context) => {
      for (const part of names)
        if (given[part] !== undefined && !given.jobs.includes(part))
          context.addIssue({
            code: "custom",
            path: [part],
            message: "it does not run: name it in jobs, or leave its parameters out",
          });
    });
}

/** Each part is judged by itself. Rows of a part that does not run any more are left out. */
function judgeOf(parts: readonly ReadingJob[], params: NightParams, reaches: Reaches | undefined): Judge {
  const judges = parts.map((part) => ({ part, judge: part.judge(ownParams(part, params), reaches) }));
  return {
    observe(rows) {
      for (const { part, judge } of judges) {
        const own = ofPart(part, rows);
        if (own.length > 0) judge.observe(own);
      }
    },
    report: (rows) => judges.flatMap(({ part, judge }) => tagged(part, judge.report(ofPart(part, rows)))),
  };
}

/** A bulk read of one part, or one that several parts make. */
interface NightRead {
  readonly name: string;
  readonly ofParts: readonly PartRead[];
}

interface PartRead {
  readonly part: ReadingJob;
  readonly read: BulkRead<unknown>;
}

/**
 * Names of bulk reads are unique within a run; the name a part gives one is unique in the part only. Listings that ask the tenant the same
 * question are one. So are reads that are made last: what they read they keep with the run, and two at once would each read it.
 */
function readsOf(parts: readonly ReadingJob[]): readonly NightRead[] {
  const groups: PartRead[][] = [];
  for (const part of parts)
    for (const read of part.bulk) {
      const same = groups.find((group) =>
        group.every((one) => one.part !== part && (asksTheSame(one.read, read) || areLast(one.read, read))),
      );
      if (same === undefined) groups.push([{ part, read }]);
      else same.push({ part, read });
    }
  return groups.flatMap((ofParts) => {
    const [first, ...others] = ofParts;
    if (first === undefined) return [];
    const { part, read } = first;
    return [
      { name: others.length > 0 ? `all-${read.cmdlet.toLowerCase()}` : `${part.name}-${read.name}`, ofParts },
    ];
  });
}

function areLast(one: BulkRead<unknown>, other: BulkRead<unknown>): boolean {
  return one.last === true && other.last === true && one.cmdlet === other.cmdlet;
}

/** Columns aside: one listing can bring those of both. */
function asksTheSame(one: BulkRead<unknown>, other: BulkRead<unknown>): boolean {
  if (!isListingRead(one) || !isListingRead(other)) return false;
  const [first, second] = [one.listing, other.listing];
  return (
    first.cmdlet === second.cmdlet &&
    first.key === second.key &&
    first.parametersFor === second.parametersFor &&
    JSON.stringify(first.parameters) === JSON.stringify(second.parameters)
  );
}

function readOf({ name, ofParts }: NightRead): BulkRead<NightParams> {
  const wanted = (params: NightParams): readonly PartRead[] =>
    ofParts.filter(
      ({ part, read }) => params.jobs.includes(part.name) && (read.wanted?.(ownParams(part, params)) ?? true),
    );
  const [first] = ofParts;
  if (first === undefined) throw new RangeError("A bulk read is some part's");
  return {
    name,
    cmdlet: first.read.cmdlet,
    ...(first.read.always && { always: first.read.always }),
    ...(first.read.last && { last: first.read.last }),
    wanted: (params) => wanted(params).length > 0,
    perform: (context: BulkContext<NightParams>) =>
      isListingRead(first.read) && ofParts.length > 1
        ? together(context, wanted(context.params))
        : inTurn(context, wanted(context.params)),
  };
}

/** One after another, as each would do it alone: what one has kept with the run the next need not read. */
async function* inTurn(
  context: BulkContext<NightParams>,
  ofParts: readonly PartRead[],
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  for (const [place, one] of ofParts.entries())
    for await (const found of alone(context, one)) {
      yield found;
      // With its own rows those of the parts before it are dropped.
      if ("restarted" in found) yield* inTurn(context, ofParts.slice(0, place));
    }
}

async function* alone(
  context: BulkContext<NightParams>,
  { part, read }: PartRead,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  const rows = async function* (): AsyncGenerator<readonly FoundRow[]> {
    for await (const all of context.rows()) yield ofPart(part, all);
  };
  for await (const found of read.perform({ ...context, params: ownParams(part, context.params), rows }))
    yield "restarted" in found ? found : tagged(part, found);
}

/** One listing with the columns of all, each row of it handed to every part. */
function together(
  context: BulkContext<NightParams>,
  ofParts: readonly PartRead[],
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  const readers = ofParts.flatMap(({ part, read }) =>
    isListingRead(read)
      ? [
          {
            part,
            listing: read.listing,
            rowsOf: read.rowsIn({ ...context, params: ownParams(part, context.params) }),
          },
        ]
      : [],
  );
  const [first] = readers;
  if (first === undefined) throw new RangeError("Nobody wants this listing");
  const select = [...new Set(readers.flatMap(({ listing }) => listing.select))];
  return ofEveryMailbox(context, { ...first.listing, select }, async (listed) => {
    const found = await Promise.all(
      readers.map(async ({ part, rowsOf }) => tagged(part, await rowsOf(listed))),
    );
    return found.flat();
  });
}

/** Each cmdlet once: per target where one part sends it so, wanted where one part wants it. */
function needsOf(parts: readonly ReadingJob[]): readonly CmdletNeed<NightParams>[] {
  const needs = parts.flatMap((part) => part.cmdlets.map((need) => ({ part, need })));
  return [...Map.groupBy(needs, ({ need }) => need.cmdlet)].map(([cmdlet, same]) => ({
    cmdlet,
    role: same[0]?.need.role ?? "",
    per: same.some(({ need }) => need.per === "target") ? "target" : "tenant",
    ...(same.every(({ need }) => need.optional) && { optional: true as const }),
    ...(same.every(({ need }) => need.sentFor !== undefined) && {
      sentFor: (type: Mailbox["type"]) => same.some(({ need }) => need.sentFor?.(type) === true),
    }),
    wanted: (params) =>
      same.some(
        ({ part, need }) =>
          params.jobs.includes(part.name) && (need.wanted?.(ownParams(part, params)) ?? true),
      ),
  }));
}

function ofPart(part: ReadingJob, rows: readonly FoundRow[]): readonly FoundRow[] {
  return rows.filter(({ row }) => row[PART] === part.name);
}

/** @param params as the whole has parsed them */
function ownParams(part: ReadingJob, params: NightParams): unknown {
  return params[part.name] ?? part.params.parse({});
}

function tagged<Found extends FoundRow>({ name }: ReadingJob, found: readonly Found[]): readonly Found[] {
  return found.map((one) => ({ ...one, row: { [PART]: name, ...one.row } }));
}
