/**
 * The difference of two runs: read twice from the journal, mailbox by mailbox. Memory does not grow with their rows; each mailbox that changed
 * costs two numbers (`docs/decisions/0012`).
 */
import type { FoundRow, Judge } from "../../job/index.ts";
import type {
  Journal,
  Outcome,
  RunRecord,
  StoredRow,
  TargetPair,
  TargetStatus,
} from "../../journal/index.ts";
import { GroupPages } from "../groups/book.ts";
import { guarded, newJudge, reachesOf, type SeeingJudge } from "../judged-rows.ts";
import { type FindingChange, findingChanges, findingKey, haveAlikeFindings } from "./findings.ts";
import { type ChangeKind, type MailboxDelta, mailboxDelta, type RowChange, type Side } from "./mailbox.ts";
import { countMembers, memberChanges, type MemberChange, type MemberCounts } from "./members.ts";
import { areAlike, comparedColumns } from "./match.ts";
import { isPart } from "../parts/part.ts";
import type { Rules } from "../rules/rules.ts";
import { Ruling, type SeenRow } from "../rules/ruling.ts";
import { isRead, type Reads, readsOf, wouldList } from "./reads.ts";
import type { Comparable } from "./comparable.ts";

export interface DeltaSource {
  readonly journal: Pick<Journal, "lookUp" | "pairs" | "rowsAbout" | "target" | "targetById">;
  /** As `comparable` has found them. */
  readonly runs: Comparable;
  /** Changes of hidden rows, too. */
  readonly includeNoise?: boolean;
  /** What the user has decided about rules and findings: of the rows of both runs. */
  readonly rules?: Rules | undefined;
  /** For the older run, in their place: as they were when somebody was last told of it. */
  readonly rulesBefore?: Rules | undefined;
  readonly signal?: AbortSignal;
}

export interface DeltaCounts {
  /** Rows in `changes`, by kind. */
  readonly changes: { readonly [Kind in ChangeKind]: number };
  readonly mailboxes: {
    /** In either run. */
    readonly all: number;
    readonly added: number;
    readonly gone: number;
    /** Not read by one of the runs, or not asked about. */
    readonly unknown: number;
    /** There in both, with rows that were added or removed or have changed. */
    readonly changed: number;
  };
  /** Changes of rows that noise rules hide: not in `changes`. */
  readonly hidden: number;
  /** Who came into groups that hold rights, or left them: not in `changes`, which are about rights. */
  readonly members: MemberCounts;
}

/** What changed about one mailbox, or about the tenant as one of its bulk reads tells of it. */
export interface ChangedTarget {
  /** Of the newer run, where it has the mailbox. */
  readonly target: TargetStatus;
  /** At least one; none hidden, unless asked for. */
  readonly changes: readonly RowChange[];
}

export interface Delta {
  readonly counts: DeltaCounts;
  /** What the runs have not read at all, in words. */
  readonly gaps: readonly string[];
  /** The user's rules the findings are judged by; undefined: the job's own. */
  readonly rules: Rules | undefined;
  /** In the order of the newer run's manifest, then those that are gone in the order of the older one's. Reads the journal again. */
  changes(): AsyncGenerator<ChangedTarget>;
  /** Who came into groups that hold rights, or left them; a group at a time. Reads the journal again. */
  members(): AsyncGenerator<readonly MemberChange[]>;
  /** Findings that came or went, target by target, in the order of the newer run's manifest. Reads and judges all rows again. */
  findings(): AsyncGenerator<readonly KeyedFindingChange[]>;
}

/** `key`: what the finding is about and what it says, equal for the same in any run, without names. */
export interface KeyedFindingChange extends FindingChange {
  readonly key: string;
}

/** Rows held at once, about, of both runs together: so few that the garbage collector forgets them before it has moved them. */
const ROWS_HELD = 200;
const MOST_LINES = 500;
const FIRST_LINES = 50;

/** @throws {ReportError} when a run's parameters are not what the job takes today, or its judge throws */
export async function compareRuns(source: DeltaSource): Promise<Delta> {
  const { before, after } = source.runs;
  const { rules, rulesBefore = rules } = source;
  const parts = [await partOf(source, before, rulesBefore), await partOf(source, after, rules)] as const;
  const comparing = new Comparing(source, ...parts);
  await comparing.count();
  const groups = tellsOfMembers(source.runs)
    ? ([new GroupPages(source.journal, before.id), new GroupPages(source.journal, after.id)] as const)
    : undefined;
  const members = groups === undefined ? NO_MEMBERS : await countMembers(...groups);
  return comparing.delta(members, () => (groups === undefined ? nothing() : memberChanges(...groups)));
}

/** The parts of a run share what it has read of groups: one of them tells of it, whose rows can hold members. */
function tellsOfMembers({ job, after }: Comparable): boolean {
  return job.bulk.some(({ last }) => last) && (job.memberRow !== undefined || !isPart(after));
}

const NO_MEMBERS: MemberCounts = { groups: 0, added: 0, removed: 0, unknown: 0 };

async function* nothing(): AsyncGenerator<never> {}

/** One of the runs, with what is needed to judge its rows. */
interface Part {
  readonly run: RunRecord;
  readonly reads: Reads;
  /** Sees all rows in the first pass, and judges in the second. */
  readonly judge: SeeingJudge;
  /** Merges rows in the first pass. Its findings are worth nothing, and nobody looks at them. */
  readonly blind: Judge;
}

async function partOf(
  { journal, runs: { job } }: DeltaSource,
  run: RunRecord,
  rules: Rules | undefined,
): Promise<Part> {
  const reads = await readsOf(journal, run, job);
  const reaches = await reachesOf({ journal, run, job });
  return {
    run,
    reads,
    judge: newJudge({ run, job }, new Ruling(job, rules), reaches),
    blind: newJudge({ run, job }, undefined, reaches),
  };
}

interface Place {
  readonly line: number;
  readonly outcome: Outcome | undefined;
}

/** A target of either run, or of both. */
interface Both {
  readonly kind: TargetPair["kind"];
  readonly before: Place | undefined;
  readonly after: Place | undefined;
}

type Rows = ReadonlyMap<number, readonly FoundRow[]>;

class Comparing {
  readonly #source: DeltaSource;
  readonly #before: Part;
  readonly #after: Part;
  readonly #compared: readonly string[];
  /** Lines of what changed, two numbers each: of the older run and of the newer one, 0 where it has none. */
  readonly #changed: number[] = [];
  readonly #changes: Record<ChangeKind, number>;
  readonly #mailboxes = { all: 0, added: 0, gone: 0, unknown: 0, changed: 0 };
  #hidden = 0;
  #lines = FIRST_LINES;

  constructor(source: DeltaSource, before: Part, after: Part) {
    this.#source = source;
    this.#before = before;
    this.#after = after;
    this.#compared = comparedColumns(source.runs.comparison);
    this.#changes = { added: 0, removed: 0, changed: 0, "mailbox-added": 0, "mailbox-gone": 0, unknown: 0 };
  }

  delta(members: MemberCounts, memberChanges: Delta["members"]): Delta {
    return {
      counts: { changes: this.#changes, mailboxes: this.#mailboxes, hidden: this.#hidden, members },
      members: memberChanges,
      gaps: [...this.#before.reads.gaps, ...this.#after.reads.gaps],
      rules: this.#source.rules,
      changes: () => this.#report(),
      findings: () => this.#findings(),
    };
  }

  /** The first pass: counts, and remembers where the changes are. */
  async count(): Promise<void> {
    for await (const targets of this.#targets()) {
      const [before, after] = await this.#rowsOf(targets);
      for (const target of targets) {
        const rows = [rowsAt(before, target.before), rowsAt(after, target.after)] as const;
        this.#observe(this.#before, rows[0]);
        this.#observe(this.#after, rows[1]);
        if (this.#isSame(target, ...rows)) this.#mailboxes.all += target.kind === "mailbox" ? 1 : 0;
        else this.#tally(target, await this.#compare(target, ...rows, "blind"));
      }
    }
  }

  /** The second pass: only what changed, with its findings. */
  async *#report(): AsyncGenerator<ChangedTarget> {
    const { runs } = this.#source;
    for (let at = 0; at < this.#changed.length; at += 2 * FIRST_LINES) {
      const lines = this.#changed.slice(at, at + 2 * FIRST_LINES);
      const targets: { readonly both: Both; readonly target: TargetStatus }[] = [];
      for (let place = 0; place < lines.length; place += 2) {
        const before = await this.#target(runs.before, lines[place] ?? 0);
        const after = await this.#target(runs.after, lines[place + 1] ?? 0);
        const target = after ?? before;
        if (target !== undefined) targets.push({ both: { kind: target.kind, before, after }, target });
      }
      const [before, after] = await this.#rowsOf(targets.map(({ both }) => both));
      for (const { both, target } of targets) {
        const rows = [rowsAt(before, both.before), rowsAt(after, both.after)] as const;
        const { changes } = await this.#compare(both, ...rows, "judge");
        const shown = changes.filter(({ hidden }) => !hidden);
        if (shown.length > 0) yield { target, changes: shown };
      }
    }
  }

  async *#findings(): AsyncGenerator<readonly KeyedFindingChange[]> {
    const { runs } = this.#source;
    const { comparison } = runs;
    for await (const targets of this.#targets()) {
      const [before, after] = await this.#rowsOf(targets);
      for (const both of targets) {
        const seen = [
          this.#seen(this.#before, rowsAt(before, both.before)),
          this.#seen(this.#after, rowsAt(after, both.after)),
        ] as const;
        if (this.#isSame(both, ...seen) && haveAlikeFindings(...seen)) continue;
        const changes = findingChanges(
          comparison,
          { ...(await this.#side(this.#before, both.before, both, this.#after.run)), rows: seen[0] },
          { ...(await this.#side(this.#after, both.after, both, this.#before.run)), rows: seen[1] },
        );
        if (changes.length === 0) continue;
        const target =
          (await this.#target(runs.after, both.after?.line ?? 0)) ??
          (await this.#target(runs.before, both.before?.line ?? 0));
        const key = ({ finding, row }: FindingChange): string =>
          findingKey(comparison, target?.id ?? "", finding.rule, row);
        yield changes.map((change) => ({ ...change, key: key(change) }));
      }
    }
  }

  #seen({ run, judge }: Part, rows: readonly FoundRow[]): readonly SeenRow[] {
    return rows.length === 0 ? [] : guarded({ run, job: this.#source.runs.job }, () => judge.report(rows));
  }

  async #target(run: RunRecord, line: number): Promise<TargetStatus | undefined> {
    return line === 0 ? undefined : this.#source.journal.target(run.id, line);
  }

  /** All targets of both runs, some at a time: those of the newer one, then those that only the older one has. */
  async *#targets(): AsyncGenerator<readonly Both[]> {
    const { journal, runs, signal } = this.#source;
    const met = new Uint8Array((runs.before.manifest?.count ?? 0) + 1);
    for await (const pairs of journal.pairs(runs.after.id, runs.before.id)) {
      for (const { other } of pairs) if (other !== undefined) met[other.line] = 1;
      const targets = pairs.map(({ line, kind, outcome, other }) => ({
        kind,
        before: other,
        after: { line, outcome },
      }));
      for (let at = 0; at < targets.length;) {
        signal?.throwIfAborted();
        const some = targets.slice(at, at + this.#lines);
        at += some.length;
        yield some;
      }
    }
    for (let line = 1; line < met.length;) {
      signal?.throwIfAborted();
      const some: Both[] = [];
      for (; line < met.length && some.length < this.#lines; line += 1) {
        const before = met[line] === 1 ? undefined : await journal.target(runs.before.id, line);
        if (before !== undefined) some.push({ kind: before.kind, before, after: undefined });
      }
      yield some;
    }
  }

  async #rowsOf(targets: readonly Both[]): Promise<readonly [before: Rows, after: Rows]> {
    const { journal, runs } = this.#source;
    const [before, after] = await Promise.all([
      journal.rowsAbout(runs.before.id, linesOf(targets, "before")),
      journal.rowsAbout(runs.after.id, linesOf(targets, "after")),
    ]);
    const rows = Math.max(1, before.length + after.length);
    this.#lines = Math.max(1, Math.min(MOST_LINES, Math.round((targets.length * ROWS_HELD) / rows)));
    return [grouped(before), grouped(after)];
  }

  #observe({ run, judge }: Part, rows: readonly FoundRow[]): void {
    if (rows.length > 0) guarded({ run, job: this.#source.runs.job }, () => judge.observe(rows));
  }

  /** Read well by both runs, with the same to be seen: nothing to say about it. */
  #isSame({ before, after }: Both, ...rows: readonly [readonly FoundRow[], readonly FoundRow[]]): boolean {
    return isRead(before?.outcome) && isRead(after?.outcome) && areAlike(this.#compared, ...rows);
  }

  async #compare(
    target: Both,
    before: readonly FoundRow[],
    after: readonly FoundRow[],
    judge: "judge" | "blind",
  ): Promise<MailboxDelta> {
    const delta = mailboxDelta(
      this.#source.runs.comparison,
      {
        ...(await this.#side(this.#before, target.before, target, this.#after.run)),
        rows: this.#judged(this.#before, before, judge),
      },
      {
        ...(await this.#side(this.#after, target.after, target, this.#before.run)),
        rows: this.#judged(this.#after, after, judge),
      },
    );
    // A bulk read that one of the runs lacks, or has not brought home, is one of the gaps.
    if (target.kind === "mailbox") return delta;
    return { kind: undefined, changes: delta.changes.filter(({ row }) => row !== undefined) };
  }

  #judged({ run, ...part }: Part, rows: readonly FoundRow[], judge: "judge" | "blind"): readonly FoundRow[] {
    const { runs, includeNoise } = this.#source;
    if (rows.length === 0) return rows;
    const seen = guarded({ run, job: runs.job }, () => part[judge].report(rows));
    return includeNoise === true ? seen.map(({ about, row }) => ({ about, row })) : seen;
  }

  async #side(
    { run, reads }: Part,
    place: Place | undefined,
    { kind, before, after }: Both,
    other: RunRecord,
  ): Promise<Omit<Side, "rows">> {
    if (place !== undefined)
      return { reads, outcome: place.outcome, standing: place.outcome === "gone" ? "not-there" : "there" };
    const known = await this.#target(other, (before ?? after)?.line ?? 0);
    const standing = kind === "mailbox" && wouldList(run, other, known?.data) ? "not-there" : "not-asked";
    return { reads, outcome: undefined, standing };
  }

  #tally({ kind, before, after }: Both, delta: MailboxDelta): void {
    const shown = delta.changes.filter(({ hidden }) => !hidden);
    this.#hidden += delta.changes.length - shown.length;
    for (const change of shown) this.#changes[change.kind] += 1;
    if (shown.length > 0) this.#changed.push(before?.line ?? 0, after?.line ?? 0);
    if (kind !== "mailbox") return;
    const mailboxes = this.#mailboxes;
    mailboxes.all += 1;
    if (delta.kind === "mailbox-added") mailboxes.added += 1;
    else if (delta.kind === "mailbox-gone") mailboxes.gone += 1;
    else if (delta.kind === "unknown") mailboxes.unknown += 1;
    else if (shown.some((change) => change.kind !== "unknown")) mailboxes.changed += 1;
  }
}

function linesOf(targets: readonly Both[], run: "before" | "after"): readonly number[] {
  return targets.flatMap((target) => target[run]?.line ?? []);
}

function grouped(rows: readonly StoredRow[]): Rows {
  const groups = new Map<number, FoundRow[]>();
  for (const stored of rows) {
    const group = groups.get(stored.about);
    if (group === undefined) groups.set(stored.about, [stored]);
    else group.push(stored);
  }
  return groups;
}

const NONE: readonly FoundRow[] = [];

function rowsAt(rows: Rows, place: Place | undefined): readonly FoundRow[] {
  return place === undefined ? NONE : (rows.get(place.line) ?? NONE);
}
