/**
 * The difference of two runs: read twice from the journal, mailbox by mailbox. Memory does not grow with their rows; each mailbox that changed
 * costs two numbers (`docs/decisions/0012`).
 */
import type { FoundRow, Judge } from "../../job/index.ts";
import type { RunRecord } from "../../journal/index.ts";
import { GroupPages } from "../groups/book.ts";
import { guarded, newJudge, reachesOf, type SeeingJudge } from "../judged-rows.ts";
import { type FindingChange, findingChanges, findingKey, haveAlikeFindings } from "./findings.ts";
import type { ChangedTarget, Delta, DeltaSource, KeyedFindingChange } from "./delta.ts";
import { type ChangeKind, type MailboxDelta, mailboxDelta, type Side } from "./mailbox.ts";
import { countMembers, memberChanges, type MemberCounts, tellsOfMembers } from "./members.ts";
import { areAlike, comparedColumns } from "./match.ts";
import { type Both, type Pair, Pairs, type Place } from "./pairs.ts";
import type { Rules } from "../rules/rules.ts";
import { Ruling, type SeenRow } from "../rules/ruling.ts";
import { isRead, type Reads, readsOf, wouldList } from "./reads.ts";

/** @throws {ReportError} when a run's parameters are not what the job takes today, or its judge throws */
export async function compareRuns(source: DeltaSource): Promise<Delta> {
  const { before, after } = source.runs;
  const { rules, rulesBefore = rules } = source;
  const parts = [await partOf(source, before, rulesBefore), await partOf(source, after, rules)] as const;
  const comparing = new Comparing(source, ...parts);
  await comparing.count();
  const groups = tellsOfMembers(source.runs.job, after)
    ? ([new GroupPages(source.journal, before.id), new GroupPages(source.journal, after.id)] as const)
    : undefined;
  const members = groups === undefined ? NO_MEMBERS : await countMembers(...groups);
  return comparing.delta(members, () => (groups === undefined ? nothing() : memberChanges(...groups)));
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

type SideOf<Row> = Omit<Side, "rows"> & { readonly rows: readonly Row[] };

class Comparing {
  readonly #source: DeltaSource;
  readonly #pairs: Pairs;
  readonly #before: Part;
  readonly #after: Part;
  readonly #compared: readonly string[];
  /** Lines of what changed, two numbers each: of the older run and of the newer one, 0 where it has none. */
  readonly #changed: number[] = [];
  readonly #changes: Record<ChangeKind, number>;
  readonly #mailboxes = { all: 0, added: 0, gone: 0, unknown: 0, changed: 0 };
  #hidden = 0;

  constructor(source: DeltaSource, before: Part, after: Part) {
    this.#source = source;
    this.#pairs = new Pairs(source);
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
    for await (const pairs of this.#pairs.all()) {
      for (const pair of pairs) {
        const { both, rows } = pair;
        this.#observe(this.#before, rows[0]);
        this.#observe(this.#after, rows[1]);
        if (this.#isSame(both, ...rows)) this.#mailboxes.all += both.kind === "mailbox" ? 1 : 0;
        else this.#tally(both, await this.#compare(pair, "blind"));
      }
    }
  }

  /** The second pass: only what changed, with its findings. */
  async *#report(): AsyncGenerator<ChangedTarget> {
    for await (const pair of this.#pairs.at(this.#changed)) {
      const { changes } = await this.#compare(pair, "judge");
      const shown = changes.filter(({ hidden }) => !hidden);
      if (shown.length > 0) yield { target: pair.target, changes: shown };
    }
  }

  async *#findings(): AsyncGenerator<readonly KeyedFindingChange[]> {
    const { comparison, before, after } = this.#source.runs;
    for await (const pairs of this.#pairs.all()) {
      for (const { both, rows } of pairs) {
        const seen = [this.#seen(this.#before, rows[0]), this.#seen(this.#after, rows[1])] as const;
        if (this.#isSame(both, ...seen) && haveAlikeFindings(...seen)) continue;
        const changes = findingChanges(comparison, ...(await this.#sides(both, seen)));
        if (changes.length === 0) continue;
        const target =
          (await this.#pairs.target(after, both.after?.line ?? 0)) ??
          (await this.#pairs.target(before, both.before?.line ?? 0));
        const key = ({ finding, row }: FindingChange): string =>
          findingKey(comparison, target?.id ?? "", finding.rule, row);
        yield changes.map((change) => ({ ...change, key: key(change) }));
      }
    }
  }

  #seen({ run, judge }: Part, rows: readonly FoundRow[]): readonly SeenRow[] {
    return rows.length === 0 ? [] : guarded({ run, job: this.#source.runs.job }, () => judge.report(rows));
  }

  #observe({ run, judge }: Part, rows: readonly FoundRow[]): void {
    if (rows.length > 0) guarded({ run, job: this.#source.runs.job }, () => judge.observe(rows));
  }

  /** Read well by both runs, with the same to be seen: nothing to say about it. */
  #isSame({ before, after }: Both, ...rows: readonly [readonly FoundRow[], readonly FoundRow[]]): boolean {
    return isRead(before?.outcome) && isRead(after?.outcome) && areAlike(this.#compared, ...rows);
  }

  async #compare({ both, rows }: Pair, judge: "judge" | "blind"): Promise<MailboxDelta> {
    const judged = [
      this.#judged(this.#before, rows[0], judge),
      this.#judged(this.#after, rows[1], judge),
    ] as const;
    const delta = mailboxDelta(this.#source.runs.comparison, ...(await this.#sides(both, judged)));
    // A bulk read that one of the runs lacks, or has not brought home, is one of the gaps.
    if (both.kind === "mailbox") return delta;
    return { kind: undefined, changes: delta.changes.filter(({ row }) => row !== undefined) };
  }

  #judged({ run, ...part }: Part, rows: readonly FoundRow[], judge: "judge" | "blind"): readonly FoundRow[] {
    const { runs, includeNoise } = this.#source;
    if (rows.length === 0) return rows;
    const seen = guarded({ run, job: runs.job }, () => part[judge].report(rows));
    return includeNoise === true ? seen.map(({ about, row }) => ({ about, row })) : seen;
  }

  async #sides<Row>(
    both: Both,
    [before, after]: readonly [before: readonly Row[], after: readonly Row[]],
  ): Promise<[before: SideOf<Row>, after: SideOf<Row>]> {
    return [
      { ...(await this.#side(this.#before, both.before, both, this.#after.run)), rows: before },
      { ...(await this.#side(this.#after, both.after, both, this.#before.run)), rows: after },
    ];
  }

  async #side(
    { run, reads }: Part,
    place: Place | undefined,
    { kind, before, after }: Both,
    other: RunRecord,
  ): Promise<Omit<Side, "rows">> {
    if (place !== undefined)
      return { reads, outcome: place.outcome, standing: place.outcome === "gone" ? "not-there" : "there" };
    const known = await this.#pairs.target(other, (before ?? after)?.line ?? 0);
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
