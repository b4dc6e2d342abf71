/** What a night brought: findings that came and went since the last night that was told of, how many rows changed, and who came into groups or left them. Reads, and decides nothing. */
import { type Grade, GRADES, type Row } from "../job/index.ts";
import {
  comparable,
  compareRuns,
  type DeltaCounts,
  judgedRows,
  openFindings,
  ReportError,
  type Rules,
  tellsOfMembers,
} from "../reports/index.ts";
import type { RunRecord } from "../journal/index.ts";
import { type MemberNews, membersFound } from "./members.ts";
import type { View, ViewsOf } from "./views.ts";

/** Findings of one rule and one severity. */
export interface RuleNews {
  readonly job: string;
  readonly rule: string;
  readonly severity: Grade;
  /** What the rule says, without names. */
  readonly words: string;
  readonly new: number;
  readonly gone: number;
  /** Rows in words, names included; the first few. */
  readonly examples: { readonly new: readonly string[]; readonly gone: readonly string[] };
}

export interface News {
  /** Most severe first, then by job and rule. */
  readonly rules: readonly RuleNews[];
  /** Of all views that could be compared; undefined when none could. */
  readonly changes: DeltaCounts["changes"] | undefined;
  /** Of groups that hold rights; undefined when there was nothing to compare. */
  readonly members: MemberNews | undefined;
  /** The run has read its groups so well that the next night is compared with it alone. */
  readonly membersWhole: boolean;
  /** What one of the runs has not read, in words without names. */
  readonly gaps: readonly string[];
  /** What could not be judged or compared, in words without names. */
  readonly faults: readonly string[];
  /** Findings that may be there still, though this run has not read what they are about. */
  readonly carried: readonly string[];
}

export interface NewsSource {
  readonly viewsOf: ViewsOf;
  readonly after: RunRecord;
  /** Undefined: there is nothing to compare with. */
  readonly before: RunRecord | undefined;
  /** What members of groups are compared with: the last night first, and those before it for what it has not read. */
  readonly membersBefore: readonly RunRecord[];
  readonly rules: Rules | undefined;
  /** As they were for the older night. */
  readonly rulesBefore: Rules | undefined;
  /** `News.carried` of the older night. */
  readonly carried: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

const EXAMPLES = 5;

type Side = "new" | "gone";

/** @throws what may pass by itself; what a job's rules do wrong is one of the gaps */
export async function newsOf(source: NewsSource): Promise<News> {
  const { viewsOf, after, before } = source;
  const tally = new Tally();
  await tally.withFaults(after.job, async () => {
    const views = before === undefined ? [] : await viewsOf(before);
    const now = await viewsOf(after);
    for (const view of now)
      await tally.withFaults(view.job.name, async () => {
        const last = views.find(({ job }) => job.name === view.job.name);
        if (last === undefined) await addFirst(tally, view, source);
        else await addChanges(tally, last, view, source);
      });
    const telling = now.find(({ job, run }) => tellsOfMembers(job, run));
    if (telling !== undefined)
      await tally.withFaults(telling.job.name, () => addMembers(tally, telling, now, source));
  });
  return tally.news();
}

/** Of what was never told of, all findings are new. */
async function addFirst(tally: Tally, view: View, { rules, signal }: NewsSource): Promise<void> {
  for await (const rows of judgedRows({ ...view, rules, signal }))
    for (const seen of rows)
      for (const finding of openFindings(seen)) tally.add(view, "new", finding, seen.row);
}

async function addChanges(
  tally: Tally,
  before: View,
  after: View,
  { rules, rulesBefore, carried, signal }: NewsSource,
): Promise<void> {
  // It finds nothing, and says nothing of what a change is.
  if (after.job.comparison === undefined) return;
  const runs = comparable(before.run, after.run, after.job);
  if ("fact" in runs) {
    tally.faults.add(`the rows of ${after.job.name} could not be compared`);
    return;
  }
  const delta = await compareRuns({ journal: after.journal, runs, rules, rulesBefore, signal });
  tally.addChanges(delta.counts.changes);
  for (const gap of delta.gaps) tally.gaps.add(withoutRuns(gap, [before.run.id, after.run.id]));
  const own = `${after.job.name} `;
  const met = new Set<string>();
  for await (const changes of delta.findings())
    for (const { kind, finding, row, key: short } of changes) {
      const key = `${own}${short}`;
      if (carried.has(key)) met.add(key);
      if (kind === "unread") tally.carried.add(key);
      else if (kind === "gone") tally.add(after, "gone", finding, row);
      // One that was told of before the night that could not read it is not new.
      else if (kind === "new" || !carried.has(key)) tally.add(after, "new", finding, row);
    }
  const { changes, mailboxes } = delta.counts;
  if (changes.unknown === 0 && mailboxes.unknown === 0) return;
  for (const key of carried) if (key.startsWith(own) && !met.has(key)) tally.carried.add(key);
}

async function addMembers(
  tally: Tally,
  after: View,
  views: readonly View[],
  { viewsOf, membersBefore, signal }: NewsSource,
): Promise<void> {
  const before: View[] = [];
  for (const run of membersBefore) {
    const earlier = await viewsOf(run).catch(unreadable);
    before.push(...earlier.filter(({ job }) => job.name === after.job.name));
  }
  const { news, whole } = await membersFound({ after, before, views, signal });
  tally.membersWhole = whole;
  if (before.length > 0) tally.members = news;
}

/** A night of long ago may not be what the job takes today. */
function unreadable(error: unknown): readonly View[] {
  if (error instanceof ReportError) return [];
  throw error;
}

/** The same gap of the next night is the same gap. */
function withoutRuns(text: string, ids: readonly string[]): string {
  return ids.reduce(
    (words, id) => words.replaceAll(` by run ${id}`, "").replaceAll(`run ${id}`, "the run"),
    text,
  );
}

interface Told {
  readonly rule: string;
  readonly severity: Grade;
  readonly words: string;
}

class Tally {
  readonly gaps = new Set<string>();
  readonly faults = new Set<string>();
  readonly carried = new Set<string>();
  members: MemberNews | undefined;
  membersWhole = false;
  readonly #rules = new Map<
    string,
    Told & { readonly job: string; new: number; gone: number; examples: Record<Side, string[]> }
  >();
  #changes: Record<keyof DeltaCounts["changes"], number> | undefined;

  add({ job }: View, side: Side, { rule, severity, words }: Told, row: Row): void {
    const key = `${job.name} ${severity} ${rule}`;
    const known = this.#rules.get(key) ?? {
      job: job.name,
      rule,
      severity,
      words,
      new: 0,
      gone: 0,
      examples: {
        new: [],
        gone: [],
      },
    };
    this.#rules.set(key, known);
    known[side] += 1;
    const examples = known.examples[side];
    if (examples.length < EXAMPLES) examples.push(job.headline?.(row) ?? words);
  }

  /** What a job's rules do wrong is told, and holds up nothing else. */
  async withFaults(job: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ReportError)) throw error;
      this.faults.add(`the rows of ${job} could not be judged`);
    }
  }

  addChanges(changes: DeltaCounts["changes"]): void {
    const sum = this.#changes ?? { ...changes };
    if (this.#changes !== undefined)
      for (const kind of Object.keys(changes) as (keyof typeof changes)[]) sum[kind] += changes[kind];
    this.#changes = sum;
  }

  news(): News {
    const place = ({ severity }: Told): number => GRADES.indexOf(severity);
    return {
      rules: [...this.#rules.values()].toSorted(
        (one, other) =>
          place(one) - place(other) || compare(one.job, other.job) || compare(one.rule, other.rule),
      ),
      changes: this.#changes,
      members: this.members,
      membersWhole: this.membersWhole,
      gaps: [...this.gaps],
      faults: [...this.faults],
      carried: [...this.carried],
    };
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
