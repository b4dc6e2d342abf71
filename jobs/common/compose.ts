/** A job of jobs: several reading jobs over one list of mailboxes; `docs/decisions/0016`. Each row says in `Job` which part it is of. */
import { z } from "zod";
import type {
  BulkContext,
  BulkRead,
  CmdletNeed,
  FoundRow,
  Judge,
  ReadingJob,
  Restarted,
  TaskContext,
} from "../../src/job.ts";
import { listOf } from "./params.ts";

/** The column that says which part a row is of. */
export const PART = "Job";

export interface NightParams {
  /** Names of the parts that run, each with its own defaults. */
  readonly jobs: readonly string[];
}

/** @param parts with names that are not the same; their columns of one name have one type */
export function compose(
  name: string,
  summary: string,
  parts: readonly ReadingJob[],
): ReadingJob<NightParams> {
  const chosen = ({ jobs }: NightParams): readonly ReadingJob[] =>
    parts.filter((part) => jobs.includes(part.name));
  return {
    name,
    summary,
    writes: false,
    params: z.strictObject({
      jobs: listOf(z.enum(parts.map((part) => part.name)))
        .default(parts.map((part) => part.name))
        .describe("Which of its jobs run"),
    }),
    columns: [PART, ...new Set(parts.flatMap(({ columns }) => columns))],
    columnTypes: Object.assign({}, ...parts.map(({ columnTypes }) => columnTypes)),
    cmdlets: needsOf(parts),
    naiveCallsPerTarget: parts.reduce((sum, { naiveCallsPerTarget }) => sum + naiveCallsPerTarget, 0),
    bulk: parts.flatMap((part) => part.bulk.map((read) => readOf(part, read))),
    async perform(context: TaskContext<NightParams>) {
      const found = await Promise.all(
        chosen(context.params).map(async (part) =>
          tagged(part, await part.perform({ ...context, params: ownParams(part) })),
        ),
      );
      return found.flat();
    },
    judge: (params) => judgeOf(chosen(params)),
  };
}

/** Each part is judged by itself. Rows of a part that does not run any more are left out. */
function judgeOf(parts: readonly ReadingJob[]): Judge {
  const judges = parts.map((part) => ({ part, judge: part.judge(ownParams(part)) }));
  const ofPart = (part: ReadingJob, rows: readonly FoundRow[]): readonly FoundRow[] =>
    rows.filter(({ row }) => row[PART] === part.name);
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

function readOf(part: ReadingJob, read: BulkRead<unknown>): BulkRead<NightParams> {
  return {
    ...read,
    name: `${part.name}-${read.name}`,
    wanted: ({ jobs }) => jobs.includes(part.name) && (read.wanted?.(ownParams(part)) ?? true),
    async *perform(context: BulkContext<NightParams>): AsyncGenerator<readonly FoundRow[] | Restarted> {
      for await (const found of read.perform({ ...context, params: ownParams(part) }))
        yield "restarted" in found ? found : tagged(part, found);
    },
  };
}

/** Each cmdlet once: per target where one part sends it so, wanted where one part wants it. */
function needsOf(parts: readonly ReadingJob[]): readonly CmdletNeed<NightParams>[] {
  const needs = parts.flatMap((part) => part.cmdlets.map((need) => ({ part, need })));
  return [...Map.groupBy(needs, ({ need }) => need.cmdlet)].map(([cmdlet, same]) => ({
    cmdlet,
    role: same[0]?.need.role ?? "",
    per: same.some(({ need }) => need.per === "target") ? "target" : "tenant",
    wanted: ({ jobs }) =>
      same.some(({ part, need }) => jobs.includes(part.name) && (need.wanted?.(ownParams(part)) ?? true)),
  }));
}

function ownParams(part: ReadingJob): unknown {
  return part.params.parse({});
}

function tagged<Found extends FoundRow>({ name }: ReadingJob, found: readonly Found[]): readonly Found[] {
  return found.map((one) => ({ ...one, row: { [PART]: name, ...one.row } }));
}
