/**
 * The journal as reports read it: `RUN:PART` names a part of a run, which shows as a run of that job alone, with its own rows, its own bulk
 * reads by their own names, and lines without gaps. Any other run is what it is. `docs/decisions/0016`.
 */
import type { Job, Part } from "../../job/index.ts";
import type {
  Journal,
  RowsUnder,
  RunRecord,
  StoredRow,
  TargetPair,
  TargetStatus,
} from "../../journal/index.ts";
import {
  bulkTargets,
  keptParts,
  keptSummary,
  ownBulk,
  partRecord,
  partsThatRan,
  splitId,
  targetCounts,
  wholeId,
} from "./part.ts";

/** What reports ask of a journal. */
export type ReportJournal = Pick<
  Journal,
  "rows" | "rowsAbout" | "target" | "targetById" | "pairs" | "lookUp" | "rowsUnder"
> & { targets(run: string): AsyncIterable<readonly TargetStatus[]> };

type Source = ReportJournal & Pick<Journal, "run">;

/** Where the lines of a part are in the whole. */
interface Place {
  readonly part: Part;
  /** Lines before the bulk reads: the same in both. */
  readonly mailboxes: number;
  /** Its bulk reads, in the order of its own lines. */
  readonly bulk: readonly { readonly name: string; readonly id: string; readonly line: number }[];
}

export class PartedJournal implements ReportJournal {
  readonly #journal: Source;
  readonly #catalogue: readonly Job[];
  /** Of runs with a sealed manifest: that does not change any more. */
  readonly #places = new Map<string, Place>();

  constructor(journal: Source, catalogue: readonly Job[]) {
    this.#journal = journal;
    this.#catalogue = catalogue;
  }

  /**
   * Its parts as runs, in the order of the job; itself, where it has none.
   * @throws {ReportError} when the run's parameters are not what the job takes today
   */
  async runsOf(run: RunRecord): Promise<readonly RunRecord[]> {
    const job = this.#jobOf(run);
    if (job?.parts === undefined) return [run];
    const parts = partsThatRan(run, job);
    const kept = keptParts(run);
    if (kept !== undefined)
      return parts.flatMap((part) => {
        const own = kept.find((one) => one.job === part.job.name);
        return own === undefined ? [] : [partRecord(run, part, own, own.summary)];
      });
    const [bulk, rows] = [await bulkTargets(this.#journal, run), await this.#countRows(run, parts)];
    const summaries = keptSummary(run)?.parts ?? [];
    return parts.map((part) => {
      const counts = { ...targetCounts(run, part, bulk), ...rows(part) };
      return partRecord(run, part, counts, summaries.find(({ job }) => job === part.job.name)?.summary);
    });
  }

  /** `RUN` or `RUN:PART`. */
  async run(id: string): Promise<RunRecord | undefined> {
    const run = await this.#journal.run(wholeId(id));
    if (run === undefined || run.id === id) return run;
    return (await this.runsOf(run)).find((part) => part.id === id);
  }

  async *rows(id: string): AsyncGenerator<readonly StoredRow[]> {
    const place = await this.#place(id);
    for await (const chunk of this.#journal.rows(wholeId(id))) {
      const own = place === undefined ? chunk : ownRows(place, chunk);
      if (own.length > 0) yield own;
    }
  }

  async rowsAbout(id: string, lines: readonly number[]): Promise<readonly StoredRow[]> {
    const place = await this.#place(id);
    if (place === undefined) return this.#journal.rowsAbout(id, lines);
    const whole = lines.flatMap((line) => wholeLine(place, line) ?? []);
    return ownRows(place, await this.#journal.rowsAbout(wholeId(id), whole));
  }

  async target(id: string, line: number): Promise<TargetStatus | undefined> {
    const place = await this.#place(id);
    const whole = place === undefined ? line : wholeLine(place, line);
    const target = whole === undefined ? undefined : await this.#journal.target(wholeId(id), whole);
    return place === undefined || target === undefined ? target : ownTarget(place, target);
  }

  async targetById(id: string, target: string): Promise<TargetStatus | undefined> {
    const place = await this.#place(id);
    const known = place?.bulk.find(({ name }) => name === target)?.id ?? target;
    const found = await this.#journal.targetById(wholeId(id), known);
    const own = place === undefined || found === undefined ? found : ownTarget(place, found);
    // What a bulk read is called in the whole means nothing in its part.
    return own?.id.toLowerCase() === target.toLowerCase() ? own : undefined;
  }

  async *targets(id: string): AsyncGenerator<readonly TargetStatus[]> {
    const place = await this.#place(id);
    if (place === undefined) return yield* this.#journal.targets(id);
    for await (const chunk of this.#journal.targets(wholeId(id))) {
      const mailboxes = chunk.filter(({ kind }) => kind !== "bulk");
      if (mailboxes.length > 0) yield mailboxes;
    }
    const bulk = await Promise.all(place.bulk.map((_, n) => this.target(id, place.mailboxes + n + 1)));
    yield bulk.filter((target) => target !== undefined);
  }

  /** Bulk reads are paired by the names they have in a run of their own. */
  async *pairs(id: string, other: string): AsyncGenerator<readonly TargetPair[]> {
    const places = [await this.#place(id), await this.#place(other)];
    const pairs = this.#journal.pairs(wholeId(id), wholeId(other));
    if (places.every((place) => place === undefined)) return yield* pairs;
    for await (const chunk of pairs) {
      const mailboxes = chunk.filter(({ kind }) => kind !== "bulk");
      if (mailboxes.length > 0) yield mailboxes;
    }
    const [own, theirs] = [await this.#bulk(id), await this.#bulk(other)];
    yield own.map(({ line, kind, id: name, outcome }) => {
      const same = theirs.find((one) => one.id === name);
      return { line, kind, outcome, other: same && { line: same.line, outcome: same.outcome } };
    });
  }

  lookUp(id: string, keys: readonly string[]): ReturnType<Journal["lookUp"]> {
    return this.#journal.lookUp(wholeId(id), keys);
  }

  rowsUnder(id: string, keys: readonly string[]): RowsUnder {
    const rows = this.#journal.rowsUnder(wholeId(id), keys);
    return {
      [Symbol.asyncIterator]: () => this.#ownChunks(id, rows),
      about: async (lines) => {
        const place = await this.#place(id);
        if (place === undefined) return rows.about(lines);
        return ownRows(place, await rows.about(lines.flatMap((line) => wholeLine(place, line) ?? [])));
      },
    };
  }

  async *#ownChunks(
    id: string,
    rows: AsyncIterable<readonly StoredRow[]>,
  ): AsyncGenerator<readonly StoredRow[]> {
    const place = await this.#place(id);
    for await (const chunk of rows) yield place === undefined ? chunk : ownRows(place, chunk);
  }

  /** Bulk reads of a run or a part of one, by their own names and lines. */
  async #bulk(id: string): Promise<readonly TargetStatus[]> {
    const run = await this.#journal.run(wholeId(id));
    const bulk = run === undefined ? [] : await bulkTargets(this.#journal, run);
    const place = await this.#place(id);
    if (place === undefined) return bulk;
    return place.bulk.flatMap(({ id: known }) => {
      const target = bulk.find((one) => one.id === known);
      return (target && ownTarget(place, target)) ?? [];
    });
  }

  /** Undefined for what is no part of a run. */
  async #place(id: string): Promise<Place | undefined> {
    const { run: whole, part: name } = splitId(id);
    if (name === undefined) return undefined;
    const known = this.#places.get(id);
    if (known !== undefined) return known;
    const run = await this.#journal.run(whole);
    const part = run && this.#jobOf(run)?.parts?.find(({ job }) => job.name === name);
    if (run === undefined || part === undefined) throw new RangeError(`There is no part ${id}`);
    const bulk = await bulkTargets(this.#journal, run);
    const place: Place = {
      part,
      mailboxes: (run.manifest?.count ?? 0) - bulk.length,
      bulk: ownBulk(run, part, bulk).map(({ name, target }) => ({ name, id: target.id, line: target.line })),
    };
    if (run.manifest !== undefined) this.#places.set(id, place);
    return place;
  }

  /** Rows as they are kept, of each part: nobody has counted them before the run was sealed. */
  async #countRows(
    run: RunRecord,
    parts: readonly Part[],
  ): Promise<(part: Part) => { readonly rows: number; readonly noise: Readonly<Record<string, number>> }> {
    const none = (): { rows: number; noise: Record<string, number> } => ({ rows: 0, noise: {} });
    const counts = new Map(parts.map((part) => [part, none()]));
    for await (const chunk of this.#journal.rows(run.id))
      for (const { row, noise } of chunk)
        for (const [part, count] of counts) {
          if (part.ownRow(row) === undefined) continue;
          count.rows += 1;
          if (noise !== undefined) count.noise[noise] = (count.noise[noise] ?? 0) + 1;
        }
    return (part) => counts.get(part) ?? none();
  }

  #jobOf(run: RunRecord): Job | undefined {
    return this.#catalogue.find(({ name }) => name === run.job);
  }
}

function wholeLine({ mailboxes, bulk }: Place, line: number): number | undefined {
  return line <= mailboxes ? line : bulk[line - mailboxes - 1]?.line;
}

function ownLine({ mailboxes, bulk }: Place, line: number): number | undefined {
  if (line <= mailboxes) return line;
  const at = bulk.findIndex((read) => read.line === line);
  return at < 0 ? undefined : mailboxes + at + 1;
}

function ownRows(place: Place, rows: readonly StoredRow[]): readonly StoredRow[] {
  const own: StoredRow[] = [];
  for (const stored of rows) {
    const row = place.part.ownRow(stored.row);
    if (row === undefined) continue;
    const [about, line] = [ownLine(place, stored.about), ownLine(place, stored.line)];
    if (about === undefined || line === undefined) continue;
    // A listing that several parts share may have its line before a bulk read that comes first in the part's own run.
    let at = own.length;
    while (at > 0 && own[at - 1]?.about === about && (own[at - 1]?.line ?? 0) > line) at -= 1;
    own.splice(at, 0, { ...stored, about, line, row });
  }
  return own;
}

/** Undefined for a bulk read of another part. */
function ownTarget(place: Place, target: TargetStatus): TargetStatus | undefined {
  const line = ownLine(place, target.line);
  if (line === undefined || target.kind !== "bulk") return line === undefined ? undefined : target;
  const name = place.bulk.find((read) => read.line === target.line)?.name ?? target.id;
  return { ...target, line, id: name };
}
