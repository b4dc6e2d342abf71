/** What a job of jobs found: each part by its own judge, all of them in two passes over the run's rows, and their sum. */
import type { FoundRow, Part, Reaches } from "../../job/index.ts";
import { GRADES } from "../../job/index.ts";
import type { RunRecord, TargetStatus } from "../../journal/index.ts";
import { ReportError } from "../errors.ts";
import { byMailbox, guarded, newJudge, reachesOf, type SeeingJudge } from "../judged-rows.ts";
import { appliedRules } from "../rules/applied.ts";
import type { Rules } from "../rules/rules.ts";
import { Ruling } from "../rules/ruling.ts";
import type { PartSummary, Summary, SummarySource } from "../summary.ts";
import { Tally } from "../tally.ts";
import { bulkTargets, partRecord, partsThatRan, targetCounts } from "./part.ts";

/**
 * @param spare a part whose judge throws goes unjudged, and the others do not
 * @throws {ReportError} when the run's parameters are not what the job takes today, or, unless spared, a judge throws
 */
export async function summariseParts(
  source: SummarySource,
  { spare = false }: { readonly spare?: boolean } = {},
): Promise<Summary> {
  const { journal, run, job } = source;
  const bulk = await bulkTargets(journal, run);
  const parts = await Promise.all(
    partsThatRan(run, job).map(async (part) => {
      const reaches = await reachesOf({ journal, run, job: part.job });
      return new Summing(part, { run, bulk, rules: source.rules, reaches, spare });
    }),
  );
  for await (const rows of byMailbox(source)) for (const part of parts) part.observe(rows);
  for await (const rows of byMailbox(source)) for (const part of parts) part.report(rows);
  const mailboxes = (run.manifest?.count ?? 0) - bulk.length;
  return sumOf(
    parts.map((part) => part.summary(mailboxes)),
    mailboxes,
    mailboxes * run.naiveCallsPerTarget,
  );
}

interface Given {
  readonly run: RunRecord;
  readonly bulk: readonly TargetStatus[];
  readonly rules: Rules | undefined;
  readonly reaches: Reaches;
  readonly spare: boolean;
}

class Summing {
  readonly #part: Part;
  readonly #run: RunRecord;
  readonly #ruling: Ruling;
  readonly #tally: Tally;
  readonly #spare: boolean;
  readonly #counts: Pick<PartSummary, "targets" | "outcomes">;
  readonly #noise: Record<string, number> = {};
  #judge: SeeingJudge | undefined;
  #rows = 0;
  #unjudged: string | undefined;

  constructor(part: Part, { run, bulk, rules, reaches, spare }: Given) {
    this.#part = part;
    this.#spare = spare;
    this.#counts = targetCounts(run, part, bulk);
    this.#run = partRecord(run, part, { ...this.#counts, rows: 0, noise: {} }, undefined);
    this.#ruling = new Ruling(part.job, rules);
    this.#tally = new Tally((row) => part.job.headline?.(row));
    this.#sparing(() => (this.#judge = newJudge({ run: this.#run, job: part.job }, this.#ruling, reaches)));
  }

  observe(rows: readonly FoundRow[]): void {
    const own = this.#own(rows);
    for (const { noise } of own) if (noise !== undefined) this.#noise[noise] = (this.#noise[noise] ?? 0) + 1;
    this.#rows += own.length;
    if (own.length > 0) this.#judging((judge) => judge.observe(own));
  }

  report(rows: readonly FoundRow[]): void {
    const own = this.#own(rows);
    if (own.length === 0) return;
    this.#judging((judge) => {
      for (const { noise, row } of judge.report(own)) this.#tally.add(noise, row);
    });
  }

  summary(mailboxes: number): PartSummary {
    const { job } = this.#part;
    const counted = { job: job.name, ...this.#counts, rows: this.#rows, noise: this.#noise };
    const naiveCalls = mailboxes * job.naiveCallsPerTarget;
    if (this.#unjudged !== undefined) {
      const hidden = Object.values(this.#noise).reduce((sum, rows) => sum + rows, 0);
      const nothing = new Tally(() => undefined).summary(mailboxes, naiveCalls);
      const rows = { shown: this.#rows - hidden, hidden, hiddenBy: this.#noise };
      return { ...counted, summary: { ...nothing, unjudged: this.#unjudged, rows } };
    }
    const summary = this.#tally.summary(mailboxes, naiveCalls);
    const rules = appliedRules(job, this.#ruling);
    return { ...counted, summary: rules === undefined ? summary : { ...summary, rules } };
  }

  #own(rows: readonly FoundRow[]): readonly FoundRow[] {
    return rows.flatMap((found) => {
      const row = this.#part.ownRow(found.row);
      return row === undefined ? [] : [{ ...found, row }];
    });
  }

  #judging(work: (judge: SeeingJudge) => void): void {
    const judge = this.#judge;
    if (judge === undefined || this.#unjudged !== undefined) return;
    this.#sparing(() => guarded({ run: this.#run, job: this.#part.job }, () => work(judge)));
  }

  #sparing(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!this.#spare || !(error instanceof ReportError)) throw error;
      this.#unjudged = error.message;
    }
  }
}

function sumOf(parts: readonly PartSummary[], mailboxes: number, naiveCalls: number): Summary {
  const all = parts.map(({ job, summary }) => ({ job, ...summary }));
  const unjudged = all.flatMap((part) => (part.unjudged === undefined ? [] : [part.unjudged]));
  const ages = all.flatMap(({ oldestReadAt }) => oldestReadAt ?? []).toSorted();
  const total = (of: (summary: Summary) => number): number => all.reduce((sum, part) => sum + of(part), 0);
  return {
    schemaVersion: 1,
    ...(unjudged.length === 0 ? {} : { unjudged: unjudged.join("; ") }),
    mailboxes,
    rows: {
      shown: total(({ rows }) => rows.shown),
      hidden: total(({ rows }) => rows.hidden),
      hiddenBy: Object.fromEntries(
        all.flatMap(({ job, rows }) =>
          Object.entries(rows.hiddenBy).map(([rule, hidden]) => [`${job}: ${rule}`, hidden]),
        ),
      ),
    },
    findings: {
      bySeverity: Object.fromEntries(
        GRADES.map((grade) => [grade, total(({ findings }) => findings.bySeverity[grade] ?? 0)]),
      ),
      groups: all
        .flatMap(({ job, findings }) => findings.groups.map((group) => ({ ...group, job })))
        .toSorted(
          (one, other) =>
            GRADES.indexOf(one.severity) - GRADES.indexOf(other.severity) || other.rows - one.rows,
        ),
    },
    naiveCalls,
    oldestReadAt: ages[0] ?? null,
    parts,
  };
}
