/** The journal in a schema of a Postgres database, shared by the processes of any number of machines. */
import { nextStretch } from "../access-mark.ts";
import { writeBundle } from "../bundle/writer.ts";
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
import { crashPoint } from "../../test-points.ts";
import { LineSet } from "../line-set.ts";
import { verify } from "../verifier.ts";
import * as accesses from "./accesses.ts";
import type { Database, Session } from "./database.ts";
import { evidenceOf } from "./evidence.ts";
import { decide } from "./decide.ts";
import { isDuplicate } from "./faults.ts";
import { Groups } from "./groups.ts";
import * as intents from "./intents.ts";
import * as manifest from "./manifest.ts";
import * as notes from "./notes.ts";
import * as deliveries from "./deliveries.ts";
import * as schedules from "./schedules.ts";
import type { Delivery, DeliveryEnd, DeliveryFilter, DeliveryTry, NewDelivery } from "../deliveries.ts";
import type { NewSchedule, ScheduleRecord, Tick, TickClaim, TickState } from "../schedules.ts";
import * as principals from "./principals.ts";
import { reopenSome } from "./redrive.ts";
import * as rows from "./rows.ts";
import { headOf, listRuns, openRuns, readRun } from "./run-record.ts";
import * as runs from "./runs.ts";
import { cancelSome, settleGroup } from "./settle.ts";
import type { Settled } from "./settle.ts";
import * as stage from "./stage.ts";
import { READ_STEP, WRITE_STEP } from "./steps.ts";
import * as targets from "./targets.ts";

export class PostgresJournal implements Journal {
  readonly #db: Database;
  readonly #name: string;
  readonly #now: () => number;
  readonly #settling: Groups<Settlement, Settled>;
  readonly #announcing: Groups<NewIntent, OpenIntentResult>;
  /** Keys of runs by id; a few texts for each run this process had to do with. No run is ever taken away. */
  readonly #keys = new Map<string, number>();
  readonly #doing = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(db: Database, name: string, now: () => number) {
    this.#db = db;
    this.#name = name;
    this.#now = now;
    this.#settling = new Groups(db, { recordsOf: ({ rows }) => rows.length, work: settleGroup });
    this.#announcing = new Groups(db, { recordsOf: () => 0, work: intents.openGroup });
  }

  createRun(run: NewRun): Promise<RunRecord> {
    return this.#do(async () => {
      for (;;) {
        const created = await this.#db.write((db) => runs.createRun(db, run, this.#nowMs()));
        if (created !== undefined) return created;
        await this.#db.read((db) => runs.refuseCreating(db, run));
      }
    });
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
    return this.#do(async () => {
      for (;;) {
        try {
          return await this.#db.write((db) => runs.moveRun(db, { id, from, to, reason }, this.#nowMs()));
        } catch (error) {
          if (!isDuplicate(error)) throw error;
          await this.#db.read((db) => runs.refuseOpening(db, id));
        }
      }
    });
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

  addTargets(run: string, added: readonly NewTarget[]): Promise<number> {
    return this.#do(async () => {
      let count = 0;
      for (const some of inSteps(added, WRITE_STEP)) {
        count += await this.#db.write((db) => manifest.addTargets(db, run, some));
        crashPoint("manifest.part-added");
      }
      return count;
    });
  }

  clearTargets(run: string): Promise<void> {
    return this.#do(async () => {
      while (!(await this.#db.write((db) => manifest.clearSomeTargets(db, run))));
      while (!(await this.#db.write((db) => principals.clearSomeEntries(db, run))));
    });
  }

  sealManifest(run: string): Promise<{ readonly count: number; readonly sha256: string }> {
    return this.#do(async () => {
      for (;;) {
        const counted = await this.#db.snapshot((db) => manifest.countManifest(db, run));
        const sealed = await this.#db.write((db) => manifest.sealManifest(db, run, counted));
        if (sealed === undefined) continue;
        crashPoint("manifest.sealed");
        return sealed;
      }
    });
  }

  target(run: string, line: number): Promise<TargetStatus | undefined> {
    return this.#read(async (db) => targets.readTarget(db, await this.#keyOf(db, run), line));
  }

  targetById(run: string, id: string): Promise<TargetStatus | undefined> {
    return this.#read(async (db) => targets.readTargetById(db, await this.#keyOf(db, run), id));
  }

  pending(run: string, after: number, limit: number): Promise<readonly number[]> {
    return this.#read((db) => targets.pendingLines(db, run, after, limit));
  }

  countPending(run: string): Promise<number> {
    return this.#read((db) => targets.countPending(db, run));
  }

  async *targets(run: string, filter: TargetFilter = {}): AsyncIterable<readonly TargetStatus[]> {
    const key = await this.#read((db) => this.#keyOf(db, run));
    for (let after = 0; ;) {
      const some = await this.#read((db) => targets.someTargets(db, key, after, filter));
      if (some.length > 0) yield some;
      if (some.length < READ_STEP) return;
      after = some.at(-1)?.line ?? after;
    }
  }

  history(run: string, line: number): Promise<readonly TargetStatus[]> {
    return this.#read((db) => targets.earlierOf(db, run, line));
  }

  stageRows(run: string, line: number, attempt: number, found: readonly NewRow[]): Promise<void> {
    return this.#do(async () => {
      for (const some of inSteps(found, WRITE_STEP)) {
        await this.#db.write((db) => stage.stageRows(db, { run, line, attempt }, some));
        crashPoint("rows.staged");
      }
    });
  }

  dropStaged(run: string, line: number, attempt: number): Promise<void> {
    return this.#do(() => this.#drop(run, line, attempt));
  }

  settle(settlement: Settlement): Promise<SettleResult> {
    return this.#do(async () => {
      const { result, leftover } = await this.#settling.ask(settlement);
      crashPoint("settle.committed");
      for (const attempt of leftover) await this.#drop(settlement.run, settlement.line, attempt);
      return result;
    });
  }

  cancelPending(run: string, reason: string, atMs: number, sparedSinceMs?: number): Promise<number> {
    return this.#do(async () => {
      let cancelled = 0;
      for (let after = 0; ;) {
        const asked = { reason, atMs, sparedSinceMs, after };
        const some = await this.#db.write((db) => cancelSome(db, run, asked));
        crashPoint("cancel.part-settled");
        cancelled += some.cancelled;
        if (some.cancelled < WRITE_STEP) break;
        after = some.last;
      }
      for (const { line, attempt } of await this.#db.read((db) => stage.abandonedStages(db, run))) {
        await this.#drop(run, line, attempt);
      }
      return cancelled;
    });
  }

  redrive(run: string, filter: TargetFilter): Promise<number> {
    return this.#do(async () => {
      let count = 0;
      for (let after = 0; ;) {
        const from = { filter, after, first: count === 0 };
        const { opened, last } = await this.#db.write((db) => reopenSome(db, run, from));
        crashPoint("redrive.part-opened");
        count += opened;
        if (opened < WRITE_STEP) return count;
        after = last;
      }
    });
  }

  async *rows(run: string): AsyncIterable<readonly StoredRow[]> {
    const head = await this.#read((db) => headOf(db, run));
    let lines = rows.FIRST_LINES;
    for (let after = 0; after < head.targets;) {
      const span = { after, to: Math.min(head.targets, after + lines) };
      const some = await this.#read((db) => rows.rowsIn(db, head.key, span));
      if (some.length > 0) yield some;
      lines = rows.nextLines(lines, some.length);
      after = span.to;
    }
  }

  rowsAbout(run: string, lines: readonly number[]): Promise<readonly StoredRow[]> {
    return this.#read(async (db) => rows.rowsAbout(db, await this.#keyOf(db, run), lines));
  }

  async *pairs(run: string, other: string): AsyncIterable<readonly TargetPair[]> {
    const [key, otherKey] = await this.#read(async (db) => [
      await this.#keyOf(db, run),
      await this.#keyOf(db, other),
    ]);
    for (let after = 0; ;) {
      const some = await this.#read((db) => targets.somePairs(db, key, otherKey, after));
      if (some.length > 0) yield some;
      if (some.length < READ_STEP) return;
      after = some.at(-1)?.line ?? after;
    }
  }

  verify(run: string, head?: string): Promise<Verification> {
    return this.#do(() => this.#db.snapshot(async (db) => verify(await evidenceOf(db, run), head)));
  }

  openIntent(intent: NewIntent): Promise<OpenIntentResult> {
    return this.#do(async () => {
      const result = await this.#announcing.ask(intent);
      crashPoint("intent.committed");
      return result;
    });
  }

  addLook(run: string, line: number, n: number, look: Json): Promise<boolean> {
    return this.#write((db) => intents.addLook(db, run, line, n, look));
  }

  endIntent(run: string, line: number, n: number, end: IntentEnd): Promise<boolean> {
    return this.#write((db) => intents.endIntent(db, run, { line, n, end }));
  }

  intents(run: string, line: number): Promise<readonly Intent[]> {
    return this.#read((db) => intents.intentsOf(db, run, line));
  }

  openIntents(run: string, after: number, limit: number): Promise<readonly number[]> {
    return this.#read((db) => intents.linesWithOpenIntent(db, run, after, limit));
  }

  decide(decision: Decision): Promise<boolean> {
    return this.#do(async () => {
      const decided = await this.#db.write((db) => decide(db, decision));
      crashPoint("decision.committed");
      return decided;
    });
  }

  bundle(run: string, write: (text: string) => Promise<void>): Promise<BundleCounts> {
    return this.#do(() => this.#db.snapshotOnce(async (db) => writeBundle(await evidenceOf(db, run), write)));
  }

  putIndex(run: string, entries: readonly IndexEntry[]): Promise<void> {
    return this.#do(async () => {
      for (const some of inSteps(entries, WRITE_STEP)) {
        await this.#db.write((db) => principals.putEntries(db, run, some));
      }
    });
  }

  lookUp(run: string, key: string): Promise<readonly Json[]> {
    return this.#read(async (db) => principals.lookUp(db, await this.#keyOf(db, run), key));
  }

  unindexed(run: string): Promise<UnindexedRows | undefined> {
    return this.#do(async () => {
      const stand = await this.#db.read((db) => accesses.standOf(db, run));
      return nextStretch(stand, (from) => this.#db.read((db) => accesses.someUnindexed(db, run, from)));
    });
  }

  async indexAccess(
    run: string,
    stretch: Pick<UnindexedRows, "from" | "to">,
    leads: readonly AccessLead[],
  ): Promise<boolean> {
    const added = await this.#write((db) => accesses.addLeads(db, run, stretch, leads));
    crashPoint("access.part-indexed");
    return added;
  }

  async *rowsUnder(run: string, keys: readonly string[]): AsyncIterable<readonly StoredRow[]> {
    const { key, targets } = await this.#read((db) => headOf(db, run));
    const told = new LineSet(targets);
    let after: accesses.Place = [0, 0];
    for (const { from, to } of growingSteps(Number.POSITIVE_INFINITY, READ_STEP)) {
      const last = after;
      const places = await this.#read((db) => accesses.placesUnder(db, key, keys, last, to - from));
      const lines = await this.#read((db) => accesses.linesOf(db, key, places));
      const fresh = lines.filter((line) => !told.has(line));
      for (const line of fresh) told.add(line);
      const rows =
        fresh.length === 0 ? [] : await this.#read((db) => accesses.rowsAlong(db, key, keys, fresh));
      if (rows.length > 0) yield rows;
      if (places.length < to - from) return;
      after = places.at(-1) ?? after;
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

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    await Promise.allSettled(this.#doing);
    await this.#db.close();
  }

  async #drop(run: string, line: number, attempt: number): Promise<void> {
    while (!(await this.#db.write((db) => stage.dropSomeStaged(db, run, line, attempt))));
  }

  async #keyOf(db: Session, run: string): Promise<number> {
    const known = this.#keys.get(run) ?? (await headOf(db, run)).key;
    this.#keys.set(run, known);
    return known;
  }

  #write<T>(work: (db: Session) => Promise<T>): Promise<T> {
    return this.#do(() => this.#db.write(work));
  }

  #read<T>(work: (db: Session) => Promise<T>): Promise<T> {
    return this.#do(() => this.#db.read(work));
  }

  /** What was asked for before it is closed is finished, what comes later refused. */
  async #do<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) {
      throw new JournalError(`Cannot use the journal ${this.#name}: it is closed`, "Open it again");
    }
    const doing = work();
    this.#doing.add(doing);
    try {
      return await doing;
    } finally {
      this.#doing.delete(doing);
    }
  }

  /** Whole milliseconds: the tables keep integers. */
  #nowMs(): number {
    return Math.trunc(this.#now());
  }
}
