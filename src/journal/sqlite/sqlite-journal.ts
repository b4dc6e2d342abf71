/** The journal in one SQLite file, shared by the processes of one machine. */
import { setImmediate as breathe } from "node:timers/promises";
import { isPassed, nextStretch, readMark } from "../access-mark.ts";
import { writeBundle } from "../bundle/writer.ts";
import { ChangedMeanwhile } from "../evidence.ts";
import { growingSteps, inSteps } from "../in-steps.ts";
import { JournalError } from "../contract/errors.ts";
import type { AccessLead, NewRow, StoredRow, UnindexedRows } from "../contract/rows.ts";
import type { BundleCounts, Verification } from "../contract/proofs.ts";
import type { CallCounts, NewRun, RunRecord, RunState } from "../contract/runs.ts";
import type { Decision, Settlement, SettleResult } from "../contract/settlements.ts";
import type { IndexEntry, RunEvent } from "../contract/entries.ts";
import type { Intent, IntentEnd, NewIntent, OpenIntentResult } from "../contract/intents.ts";
import type { Journal } from "../journal.ts";
import type { Json } from "../contract/json.ts";
import type { NewTarget, TargetFilter, TargetPair, TargetStatus } from "../contract/targets.ts";
import { LineSet } from "../line-set.ts";
import { verify } from "../verifier.ts";
import { crashPoint } from "../../test-points.ts";
import * as accesses from "./accesses.ts";
import { type Connection, USUAL_CACHE } from "./connection.ts";
import { decide } from "./decide.ts";
import { evidenceOf } from "./evidence.ts";
import * as intents from "./intents.ts";
import type { Merge, MergeOf } from "./key-segments.ts";
import * as manifest from "./manifest.ts";
import * as notes from "./notes.ts";
import * as deliveries from "./deliveries.ts";
import * as schedules from "./schedules.ts";
import type { Delivery, DeliveryEnd, DeliveryFilter, DeliveryTry, NewDelivery } from "../deliveries.ts";
import type { NewSchedule, ScheduleRecord, Tick, TickClaim, TickState } from "../schedules.ts";
import * as principals from "./principals.ts";
import type { Reader } from "./reader.ts";
import * as rows from "./rows.ts";
import { headOf, listRuns, openRuns, readRun } from "./run-record.ts";
import * as runs from "./runs.ts";
import { reopen, settledLines } from "./redrive.ts";
import { cancelSome, settle } from "./settle.ts";
import type { Shapes } from "./shapes.ts";
import * as stage from "./stage.ts";
import { READ_STEP, WRITE_STEP, readSteps } from "./steps.ts";
import * as targets from "./targets.ts";
import type { Writer } from "./writer.ts";

/** What a journal is made of; `open.ts` puts it together. */
export interface Parts {
  readonly writer: Writer;
  readonly reader: Reader;
  readonly shapes: Shapes;
  readonly now: () => number;
  readonly close: () => Promise<void>;
}

/**
 * A manifest and its index count from the moment the manifest is sealed, which syncs them; until then a crash begins them anew. An access
 * index is made of what is on the disk: a crash loses its end at most, which is made again.
 */
const LAZY = true;

/** Two runs side by side are read in two places at once, and in an index whose ids lie anywhere: 64 MiB, and a fifth less time. */
const LARGE_CACHE = "PRAGMA cache_size = -65536";

/** Times a count is begun again because the run was changed meanwhile. */
const RECOUNTS = 5;

export class SqliteJournal implements Journal {
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #shapes: Shapes;
  readonly #now: () => number;
  readonly #close: () => Promise<void>;
  /** Keys of runs by id; a few texts for each run this process had to do with. */
  readonly #keys = new Map<string, number>();

  constructor({ writer, reader, shapes, now, close }: Parts) {
    this.#writer = writer;
    this.#reader = reader;
    this.#shapes = shapes;
    this.#now = now;
    this.#close = close;
  }

  createRun(run: NewRun): Promise<RunRecord> {
    return this.#write((db) => runs.createRun(db, run, this.#nowMs()));
  }

  run(id: string): Promise<RunRecord | undefined> {
    return this.#read((db) => readRun(db, id));
  }

  runs(
    filter: { readonly open?: boolean; readonly tenant?: string; readonly limit?: number } = {},
  ): Promise<readonly RunRecord[]> {
    return this.#read((db) => listRuns(db, filter));
  }

  openRuns(): ReturnType<Journal["openRuns"]> {
    return this.#read(openRuns);
  }

  moveRun(id: string, from: readonly RunState[], to: RunState, reason?: string): Promise<boolean> {
    return this.#write((db) => runs.moveRun(db, { id, from, to, reason }, this.#nowMs()));
  }

  claimRun(id: string, owner: string, leaseMs: number): Promise<boolean> {
    return this.#write((db) => runs.claimRun(db, { id, owner, leaseMs }, this.#nowMs()));
  }

  releaseRun(id: string, owner: string): Promise<void> {
    return this.#write((db) => runs.releaseRun(db, id, owner));
  }

  async setSummary(id: string, summary: Json): Promise<void> {
    await this.#write((db) => runs.setSummary(db, id, summary));
    crashPoint("summary.written");
  }

  setLimits(id: string, limits: Json, was: Json | undefined): Promise<boolean> {
    return this.#write((db) => runs.setLimits(db, id, limits, was));
  }

  addCalls(id: string, delta: CallCounts): Promise<void> {
    return this.#write((db) => runs.addCalls(db, id, delta));
  }

  addEvent(id: string, event: RunEvent): Promise<void> {
    return this.#write((db) => runs.addEvent(db, id, event));
  }

  events(id: string, limit: number): Promise<readonly RunEvent[]> {
    return this.#read((db) => runs.listEvents(db, id, limit));
  }

  async addTargets(run: string, targets: readonly NewTarget[]): Promise<number> {
    let added = 0;
    for (const some of inSteps(targets, WRITE_STEP)) {
      added += await this.#writer.write(
        some.length,
        (db) => manifest.addTargets(db, this.#shapes, run, some),
        LAZY,
      );
      crashPoint("manifest.part-added");
    }
    return added;
  }

  async clearTargets(run: string): Promise<void> {
    while (!(await this.#writer.write(WRITE_STEP, (db) => manifest.clearSomeTargets(db, run))));
    while (!(await this.#writer.write(WRITE_STEP, (db) => principals.clearSomeEntries(db, run))));
    while (await this.#writer.write(WRITE_STEP, (db) => principals.sweepEntries(db, run)));
  }

  async sealManifest(run: string): Promise<{ readonly count: number; readonly sha256: string }> {
    // From here on the index is asked, and seldom added to.
    await this.#mergeIndex(run, "all");
    for (;;) {
      const [key, changes] = await this.#read((db) => {
        const { key } = headOf(db, run);
        return [key, manifest.manifestChanges(db, key)] as const;
      });
      const { sha256 } = await this.#reader.readThrough((db) => manifest.hashManifest(db, key));
      if (await this.#write((db) => manifest.sealManifest(db, run, changes, sha256))) break;
    }
    crashPoint("manifest.sealed");
    const record = await this.run(run);
    if (record?.manifest === undefined)
      throw new Error(`Cannot read back the sealed manifest of run "${run}"`);
    return record.manifest;
  }

  target(run: string, line: number): Promise<TargetStatus | undefined> {
    return this.#reader.glance((db) => targets.readTarget(db, this.#shapes, this.#keyOf(db, run), line));
  }

  targetById(run: string, id: string): Promise<TargetStatus | undefined> {
    return this.#reader.glance((db) => targets.readTargetById(db, this.#shapes, this.#keyOf(db, run), id));
  }

  pending(run: string, after: number, limit: number): Promise<readonly number[]> {
    return this.#read((db) => targets.pendingLines(db, run, after, limit));
  }

  countPending(run: string): Promise<number> {
    return this.#read((db) => targets.countPending(db, run));
  }

  async *targets(run: string, filter: TargetFilter = {}): AsyncIterable<readonly TargetStatus[]> {
    const head = await this.#read((db) => headOf(db, run));
    for (const after of readSteps(head.targets, filter.lines)) {
      const some = await this.#read((db) => targets.someTargets(db, this.#shapes, head.key, after, filter));
      if (some.length > 0) yield some;
      await breathe();
    }
  }

  history(run: string, line: number): Promise<readonly TargetStatus[]> {
    return this.#read((db) => targets.earlierOf(db, this.#shapes, run, line));
  }

  async stageRows(run: string, line: number, attempt: number, found: readonly NewRow[]): Promise<void> {
    for (const some of inSteps(found, WRITE_STEP)) {
      await this.#writer.write(some.length, (db) =>
        stage.stageRows(db, this.#shapes, { run, line, attempt }, some),
      );
      crashPoint("rows.staged");
    }
  }

  async dropStaged(run: string, line: number, attempt: number): Promise<void> {
    while (!(await this.#writer.write(WRITE_STEP, (db) => stage.dropSomeStaged(db, run, line, attempt))));
  }

  async settle(settlement: Settlement): Promise<SettleResult> {
    const { result, leftover } = await this.#writer.write(1 + settlement.rows.length, (db) =>
      settle(db, this.#shapes, settlement),
    );
    crashPoint("settle.committed");
    for (const attempt of leftover) await this.dropStaged(settlement.run, settlement.line, attempt);
    return result;
  }

  async cancelPending(run: string, reason: string, atMs: number, sparedSinceMs?: number): Promise<number> {
    let cancelled = 0;
    for (let after = 0; ;) {
      const asked = { reason, atMs, sparedSinceMs, after };
      const some = await this.#writer.write(WRITE_STEP, (db) => cancelSome(db, this.#shapes, run, asked));
      crashPoint("cancel.part-settled");
      cancelled += some.cancelled;
      if (some.cancelled < WRITE_STEP) break;
      after = some.last;
    }
    for (const { line, attempt } of await this.#read((db) => stage.abandonedStages(db, run))) {
      await this.dropStaged(run, line, attempt);
    }
    return cancelled;
  }

  async redrive(run: string, filter: TargetFilter): Promise<number> {
    const head = await this.#read((db) => headOf(db, run));
    let opened = 0;
    for (const after of readSteps(head.targets, filter.lines)) {
      const lines = await this.#read((db) => settledLines(db, head.key, after, filter));
      for (const some of inSteps(lines, WRITE_STEP)) {
        const first = opened === 0;
        opened += await this.#writer.write(some.length, (db) =>
          reopen(db, run, { filter, lines: some, first }),
        );
        crashPoint("redrive.part-opened");
      }
    }
    return opened;
  }

  async *rows(run: string): AsyncIterable<readonly StoredRow[]> {
    const head = await this.#read((db) => headOf(db, run));
    let lines = rows.FIRST_LINES;
    for (let after = 0; after < head.targets;) {
      const to = Math.min(head.targets, after + lines);
      const span = { after, to };
      const some = await this.#read((db) => rows.rowsIn(db, this.#shapes, head.key, span));
      if (some.length > 0) yield some;
      await breathe();
      lines = rows.nextLines(lines, some.length);
      after = to;
    }
  }

  rowsAbout(run: string, lines: readonly number[]): Promise<readonly StoredRow[]> {
    return this.#read((db) => rows.rowsAbout(db, this.#shapes, this.#keyOf(db, run), lines));
  }

  async *pairs(run: string, other: string): AsyncIterable<readonly TargetPair[]> {
    const [head, otherKey] = await this.#read((db) => [headOf(db, run), headOf(db, other).key] as const);
    try {
      await this.#reader.glance((db) => db.exec(LARGE_CACHE));
      for (const after of readSteps(head.targets, undefined)) {
        const some = await this.#read((db) => targets.somePairs(db, head.key, otherKey, after));
        if (some.length > 0) yield some;
        await breathe();
      }
    } finally {
      await this.#reader.glance((db) => db.exec(USUAL_CACHE));
    }
  }

  async verify(run: string, head?: string): Promise<Verification> {
    for (let count = 0; count < RECOUNTS; count += 1) {
      try {
        return await verify(await evidenceOf(this.#reader, run), head);
      } catch (error) {
        if (!(error instanceof ChangedMeanwhile)) throw error;
      }
    }
    throw new JournalError(
      `Cannot verify run "${run}": its targets changed each time they were counted`,
      "Verify it again when it is neither being planned nor redriven",
    );
  }

  async bundle(run: string, write: (text: string) => Promise<void>): Promise<BundleCounts> {
    try {
      return await writeBundle(await evidenceOf(this.#reader, run), write);
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile)) throw error;
      throw new JournalError(
        `Cannot bundle run "${run}": its targets changed while they were read`,
        "Try again when it is neither being planned nor redriven",
        { cause: error },
      );
    }
  }

  async openIntent(intent: NewIntent): Promise<OpenIntentResult> {
    const result = await this.#write((db) => intents.openIntent(db, this.#shapes, intent));
    crashPoint("intent.committed");
    return result;
  }

  addLook(run: string, line: number, n: number, look: Json): Promise<boolean> {
    return this.#write((db) => intents.addLook(db, run, line, n, look));
  }

  endIntent(run: string, line: number, n: number, end: IntentEnd): Promise<boolean> {
    return this.#write((db) => intents.endIntent(db, run, line, n, end));
  }

  intents(run: string, line: number): Promise<readonly Intent[]> {
    return this.#read((db) => intents.intentsOf(db, run, line));
  }

  openIntents(run: string, after: number, limit: number): Promise<readonly number[]> {
    return this.#read((db) => intents.linesWithOpenIntent(db, run, after, limit));
  }

  async decide(decision: Decision): Promise<boolean> {
    const decided = await this.#write((db) => decide(db, this.#shapes, decision));
    crashPoint("decision.committed");
    return decided;
  }

  async putIndex(run: string, entries: readonly IndexEntry[]): Promise<void> {
    for (const some of inSteps(entries, WRITE_STEP)) {
      await this.#writer.write(WRITE_STEP, (db) => principals.putEntries(db, this.#shapes, run, some), LAZY);
      await this.#mergeIndex(run, "piled");
    }
  }

  lookUp(run: string, key: string): Promise<readonly Json[]> {
    return this.#reader.glance((db) => principals.lookUp(db, this.#shapes, this.#keyOf(db, run), key));
  }

  async unindexed(run: string): Promise<UnindexedRows | undefined> {
    const stand = await this.#read((db) => accesses.standOf(db, run));
    return nextStretch(stand, async (from) => {
      await breathe();
      return this.#read((db) => accesses.someUnindexed(db, this.#shapes, run, from));
    });
  }

  async indexAccess(
    run: string,
    stretch: Pick<UnindexedRows, "from" | "to">,
    leads: readonly AccessLead[],
  ): Promise<boolean> {
    const added = await this.#writer.write(
      1 + leads.length,
      (db) => accesses.addLeads(db, run, stretch, leads),
      LAZY,
    );
    crashPoint("access.part-indexed");
    if (!added) return false;
    const isWhole = isPassed(readMark(stretch.to));
    await this.#merge(
      (db) => accesses.beginMerge(db, run, isWhole ? "all" : "piled"),
      (db, merge) => accesses.goOnMerging(db, run, merge),
      (db) => accesses.sweepLeads(db, run),
    );
    // What the run has added to its other index since the manifest was sealed, such as groups: look-ups begin now.
    if (isWhole) await this.#mergeIndex(run, "small");
    return true;
  }

  async *rowsUnder(run: string, keys: readonly string[]): AsyncIterable<readonly StoredRow[]> {
    const trail = await this.#read((db) => accesses.trailOf(db, run, keys));
    const told = new LineSet(trail.lines);
    for (const step of growingSteps(trail.places.length, READ_STEP)) {
      const { lines, rows } = await this.#read((db) => {
        const lines = accesses.linesOf(db, trail, step, told);
        return { lines, rows: accesses.rowsAlong(db, this.#shapes, trail, lines) };
      });
      for (const line of lines) told.add(line);
      if (rows.length > 0) yield rows;
      await breathe();
    }
  }

  putNote(about: string, name: string, value: Json): Promise<void> {
    return this.#write((db) => notes.putNote(db, about, name, value));
  }

  note(about: string, name: string): Promise<Json | undefined> {
    return this.#read((db) => notes.readNote(db, about, name));
  }

  addSchedule(schedule: NewSchedule): Promise<boolean> {
    return this.#write((db) => schedules.addSchedule(db, schedule));
  }

  dropSchedule(name: string): Promise<boolean> {
    return this.#write((db) => schedules.dropSchedule(db, name));
  }

  schedules(): Promise<readonly ScheduleRecord[]> {
    return this.#read(schedules.listSchedules);
  }

  pauseSchedule(name: string, paused: boolean, atMs: number): Promise<boolean> {
    return this.#write((db) => schedules.pauseSchedule(db, name, paused, atMs));
  }

  claimTick(claim: TickClaim): Promise<Tick | undefined> {
    return this.#write((db) => schedules.claimTick(db, claim, this.#nowMs()));
  }

  moveTick(
    tick: Pick<TickClaim, "schedule" | "dueMs" | "owner">,
    to: TickState,
    reason?: string,
  ): Promise<boolean> {
    return this.#write((db) => schedules.moveTick(db, tick, to, reason));
  }

  openTicks(): Promise<readonly Tick[]> {
    return this.#read(schedules.openTicks);
  }

  ticks(schedule: string, limit: number): Promise<readonly Tick[]> {
    return this.#read((db) => schedules.listTicks(db, schedule, limit));
  }

  addDeliveries(added: readonly NewDelivery[]): Promise<number> {
    return this.#write((db) => deliveries.addDeliveries(db, added));
  }

  claimDelivery(sink: string, owner: string, leaseMs: number): Promise<Delivery | undefined> {
    return this.#write((db) => deliveries.claimDelivery(db, sink, owner, leaseMs, this.#nowMs()));
  }

  endTry(id: string, owner: string, made: DeliveryTry, end: DeliveryEnd): Promise<boolean> {
    return this.#write((db) => deliveries.endTry(db, id, owner, made, end));
  }

  retryDelivery(id: string, atMs: number): Promise<boolean> {
    return this.#write((db) => deliveries.retryDelivery(db, id, atMs));
  }

  deliveries(filter: DeliveryFilter, limit: number): Promise<readonly Delivery[]> {
    return this.#read((db) => deliveries.listDeliveries(db, filter, limit));
  }

  #mergeIndex(run: string, which: MergeOf): Promise<void> {
    return this.#merge(
      (db) => principals.beginMerge(db, run, which),
      (db, merge) => principals.goOnMerging(db, run, merge),
      (db) => principals.sweepEntries(db, run),
    );
  }

  /** Merges what has piled up of an index, in steps. */
  async #merge(
    begin: (db: Connection) => Merge | undefined,
    goOn: (db: Connection, merge: Merge) => Merge | undefined,
    sweep: (db: Connection) => boolean,
  ): Promise<void> {
    let merge = await this.#writer.write(1, begin, LAZY);
    if (merge === undefined) return;
    while (merge !== undefined) {
      const last: Merge = merge;
      merge = await this.#writer.write(WRITE_STEP, (db) => goOn(db, last), LAZY);
    }
    while (await this.#writer.write(WRITE_STEP, sweep, LAZY));
  }

  /** Of a run that is there: no run is ever taken away. */
  #keyOf(db: Connection, run: string): number {
    const known = this.#keys.get(run) ?? headOf(db, run).key;
    this.#keys.set(run, known);
    return known;
  }

  close(): Promise<void> {
    return this.#close();
  }

  #write<T>(work: (db: Connection) => T): Promise<T> {
    return this.#writer.write(1, work);
  }

  #read<T>(work: (db: Connection) => T): Promise<T> {
    return this.#reader.read(work);
  }

  /** Whole milliseconds: the file keeps integers. */
  #nowMs(): number {
    return Math.trunc(this.#now());
  }
}
