/**
 * Does one task, as named steps: load, judge a target that has killed workers, perform, settle.
 *
 * May be called again for the same target at any time (a lock was lost, Redis was emptied): what is settled is not read again, and what
 * two attempts settle counts once. A target that was in hand when a worker died runs alone; if a worker dies twice more while reading its
 * reply, it is quarantined.
 */
import { randomInt } from "node:crypto";
import type { Settings } from "../config.ts";
import type { PlannedWrite, WriteParts } from "../changes/index.ts";
import type { Exchange } from "../exo/index.ts";
import type { BulkRead, FoundRow } from "../job/index.ts";
import { JournalError, type Journal, type NewRow, type Outcome, type Settlement } from "../journal/index.ts";
import type { DeathMarks, Delivery, Snoozes, TaskEnd } from "../queue/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import { type AttemptFacts, JobContexts } from "./contexts.ts";
import { isFailure, limitsOf, reached } from "./limits.ts";
import type { OpenRuns } from "./open-runs.ts";
import { type Verdict, verdictOf } from "./outcome-of.ts";
import { pauseReason } from "./pause.ts";
import type { RunCache } from "./run-cache.ts";
import { isWorking, sourcesOf, WORKING } from "./state.ts";
import { ReplyMark } from "./reply-mark.ts";
import { Streaks } from "./streaks.ts";
import type { TenantClosed } from "./tenant-closed.ts";
import { type Subject, subjectOf } from "./targets.ts";
import { Turnstile } from "./turnstile.ts";
import { crashPoint, planted } from "../test-points.ts";

/** That come back after a death, in one process. */
const BULK_READS_AT_ONCE = 10;
/** Deaths while its reply is read, after which a target is quarantined: once in a batch, twice alone; a bulk read has many replies, and the rows of each to record. */
const DEATHS = 3;
const DEATHS_BULK = 10;
/** A tenant closed for longer has its queue paused; for less, calls wait at the gate, gathered and ready. */
const CLOSED_LONG_MS = 60_000;
/** Wait before anything is read again after the journal could not be written. */
const JOURNAL_AWAY_MS = 10_000;
/** Wait of a write that was announced and did not leave. */
const WRITE_AGAIN_MS = 1_000;
/** How often one mailbox may ask to wait, in all processes together, before it is given up. */
const MOST_SNOOZES = 20;

export interface ExecutorParts {
  readonly worker: string;
  readonly journal: Journal;
  readonly telemetry: Telemetry;
  readonly open: OpenRuns;
  readonly cache: RunCache;
  readonly marks: DeathMarks;
  readonly snoozes: Snoozes;
  readonly closed: TenantClosed;
  readonly limits: Settings["limits"];
  /** Times and clock of planned writes. */
  readonly writes: Pick<WriteParts, "clock" | "times">;
  exchange(tenant: string): Promise<Exchange>;
}

/** What an attempt is about. */
interface Facts extends Pick<AttemptFacts, "task" | "run" | "signal" | "redrive"> {
  readonly subject: Subject;
}

/** One attempt: everything its steps need. */
interface Attempt extends AttemptFacts, Facts {
  /** Of a planned write, once it is being carried out. */
  write?: PlannedWrite;
  readonly id: number;
  readonly startedAtMs: number;
}

export class Executor {
  readonly #parts: ExecutorParts;
  readonly #inHand = new Map<string, Promise<TaskEnd>>();
  readonly #contexts: JobContexts;
  readonly #streaks = new Streaks();
  readonly #bulkReads = new Turnstile(BULK_READS_AT_ONCE);
  /** One at a time: the reply that kills this process must not be taken for a neighbour's. */
  readonly #suspects = new Turnstile(1);

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    this.#contexts = new JobContexts(parts.journal, (tenant) => parts.exchange(tenant));
  }

  /** Never throws for a fault of the target; throws when the journal cannot be written. */
  execute(delivery: Delivery): Promise<TaskEnd> {
    const key = `${delivery.run}/${delivery.line}`;
    const inHand = this.#inHand.get(key);
    // The same task twice in one process: the queue was emptied and filled again while it was in hand.
    if (inHand !== undefined) return inHand;
    const end = this.#execute(delivery).finally(() => this.#inHand.delete(key));
    this.#inHand.set(key, end);
    return end;
  }

  /** Forgets what was kept of a run that is over. */
  forget(run: string): void {
    this.#contexts.forget(run);
    this.#streaks.forget(run);
    this.#parts.cache.forget(run);
  }

  async #execute(delivery: Delivery): Promise<TaskEnd> {
    const { journal, open, cache } = this.#parts;
    const state = open.state(delivery.run);
    // Not (yet) known as working: a resumed run is fed again by its planner, so nothing is lost by letting go.
    if (state === undefined || !isWorking(state)) return { kind: "done" };
    const run = await cache.load(delivery.run);
    const target = await journal.target(delivery.run, delivery.line);
    crashPoint("target.loaded");
    if (target === undefined || target.outcome !== undefined) return { kind: "done" };
    const closedForMs = await this.#parts.closed.forMs(run.tenant, performance.now());
    if (closedForMs > CLOSED_LONG_MS) return { kind: "tenant-closed", forMs: closedForMs };
    const subject = subjectOf(target);
    const signal = AbortSignal.any([delivery.signal, open.signal(delivery.run)]);
    const facts = { task: delivery, run, subject, signal, redrive: target.redrive };
    return delivery.deaths === 0 ? this.#attempt(facts) : this.#attemptSuspect(facts);
  }

  /**
   * Marks a suspect while its reply is read, and runs it by itself, in a request of its own, once a worker died doing so
   * (`docs/decisions/0003`).
   */
  async #attemptSuspect(facts: Facts): Promise<TaskEnd> {
    const { marks } = this.#parts;
    const { task, subject } = facts;
    const isBulk = subject.kind === "bulk";
    const deaths = planted("quarantine-neighbours") ? DEATHS : await marks.count(task);
    if (deaths >= (isBulk ? DEATHS_BULK : DEATHS)) {
      await this.#settle(this.#newAttempt(facts, undefined), {
        ...(await this.#givenUp(facts, "quarantined")),
        reason: `A worker died ${deaths} times while it read the reply for this target, at last alone`,
        fingerprint: "poison",
        rows: [],
      });
      await marks.clear(task);
      return { kind: "done" };
    }
    const mark = new ReplyMark(marks, task);
    const attempt = async (): Promise<TaskEnd> => {
      // The reads by GUID of a bulk read may be thousands: they travel in batches as always.
      const end = await this.#attempt(facts, { mark, company: isBulk || deaths === 0 });
      await mark.end(deaths);
      return end;
    };
    if (isBulk) return this.#bulkReads.through(attempt);
    return deaths > 0 ? this.#suspects.through(attempt) : attempt();
  }

  /** The outcome of a target that is given up: one with an announced write may have been written to. */
  async #givenUp(
    { task, redrive }: Pick<Facts, "task" | "redrive">,
    outcome: Outcome,
  ): Promise<Pick<Settlement, "outcome" | "intent">> {
    const intents = await this.#parts.journal.intents(task.run, task.line);
    const open = intents.find((intent) => intent.redrive === redrive && intent.end === undefined);
    return open === undefined
      ? { outcome }
      : { outcome: "unresolved", intent: { n: open.n, end: "doubtful" } };
  }

  #newAttempt(facts: Facts, suspect: AttemptFacts["suspect"]): Attempt {
    return {
      ...facts,
      suspect,
      id: randomInt(1, 2 ** 47),
      counts: new Map(),
      startedAtMs: performance.now(),
    };
  }

  async #attempt(facts: Facts, suspect?: AttemptFacts["suspect"]): Promise<TaskEnd> {
    const attempt = this.#newAttempt(facts, suspect);
    try {
      const rows = await this.#perform(attempt);
      const unchanged = attempt.write?.written?.changed === false;
      const remark = attempt.write?.remark;
      const reason = remark === undefined ? {} : { reason: remark };
      await this.#settle(attempt, { outcome: unchanged ? "ok_no_change" : "ok", rows, ...reason });
      return { kind: "done" };
    } catch (error) {
      return await this.#conclude(attempt, this.#verdictOf(error, attempt));
    }
  }

  /** A write nobody can vouch for is not settled by any failure: it is looked for later. */
  #verdictOf(error: unknown, attempt: Attempt): Verdict {
    const verdict = verdictOf(error, attempt.signal);
    const doubtful = attempt.write?.held !== undefined && attempt.write.held.end === undefined;
    if (!doubtful || verdict.kind !== "settle") return verdict;
    const forMs = planted("skip-settle-window") ? 0 : this.#parts.writes.times.settleMs;
    return { kind: "later", forMs };
  }

  async #perform(attempt: Attempt): Promise<readonly NewRow[]> {
    const { subject, run } = attempt;
    switch (subject.kind) {
      case "nobody":
        return [];
      case "bulk":
        await this.#performBulk(attempt, subject);
        return [];
      case "mailbox":
        if (run.job.writes) throw noChange(run.job.name);
        return (
          await run.job.perform(await this.#contexts.task(attempt, subject.mailbox, subject.small))
        ).map(toNewRow);
      case "change":
        return this.#performWrite(attempt, subject);
    }
  }

  /** What the job makes of a write that was carried out is only words about it: a fault there does not undo the write. */
  async #performWrite(
    attempt: Attempt,
    subject: Extract<Subject, { kind: "change" }>,
  ): Promise<readonly NewRow[]> {
    const { job } = attempt.run;
    if (!job.writes) throw noChange(job.name);
    const { writes } = this.#parts;
    const parts = { worker: this.#parts.worker, clock: writes.clock, times: writes.times };
    const { context, write } = await this.#contexts.change(attempt, subject, parts);
    attempt.write = write;
    try {
      const rows = await job.perform(context);
      if (write.written === undefined) throw new TypeError(`Job ${job.name} did not carry out its change`);
      return rows.map(toNewRow);
    } catch (error) {
      if (write.written === undefined) throw error;
      this.#parts.telemetry.emit("warning", {
        text: `Job ${job.name} made no row of a write that was carried out: line ${attempt.task.line} of run ${attempt.task.run}`,
      });
      return [];
    }
  }

  async #performBulk(attempt: Attempt, { name, small }: Extract<Subject, { kind: "bulk" }>): Promise<void> {
    const { run, task, id } = attempt;
    const { journal } = this.#parts;
    const bulk: BulkRead<unknown> | undefined = run.job.bulk.find((read) => read.name === name);
    if (bulk === undefined)
      throw new TypeError(`Cannot perform bulk read "${name}": job "${run.job.name}" has none of that name`);
    for await (const chunk of bulk.perform(await this.#contexts.bulk(attempt, small))) {
      if ("restarted" in chunk) {
        await journal.dropStaged(task.run, task.line, id);
        attempt.counts.clear();
      } else if (chunk.length > 0) {
        await journal.stageRows(task.run, task.line, id, chunk.map(toNewRow));
      }
      await attempt.suspect?.mark.recorded();
    }
  }

  /** The run stops by itself where its failures say so, whoever plans it: not only they watch. */
  async #stopAtLimit({ task, run }: Attempt, { outcome, fingerprint }: Settlement): Promise<void> {
    if (!isFailure(outcome, run.job.writes)) return this.#streaks.forget(task.run);
    const length = this.#streaks.note(task.run, outcome, fingerprint);
    const { journal, open } = this.#parts;
    const record = await journal.run(task.run);
    if (record === undefined) return;
    const limits = limitsOf(record.limits, run.job.writes, this.#parts.limits);
    const row = length >= limits.streak && length % limits.streak === 0;
    const word = row
      ? `${length} targets in a row failed for one cause: ${fingerprint ?? outcome}`
      : reached(record, limits, run.job.writes);
    // With the last target there is nothing left to stop.
    if (word === undefined || (await journal.countPending(task.run)) === 0) return;
    crashPoint("limits.before-pause");
    await journal.moveRun(task.run, WORKING, "paused", pauseReason("threshold", word));
    await open.look();
  }

  async #conclude(attempt: Attempt, verdict: Verdict): Promise<TaskEnd> {
    const { task } = attempt;
    const { journal, open, telemetry } = this.#parts;
    if (verdict.kind !== "settle") await attempt.write?.release();
    switch (verdict.kind) {
      case "later":
        crashPoint("doubt.before-snooze");
        return { kind: "snoozed", forMs: verdict.forMs };
      case "settle":
        await this.#settle(attempt, { ...verdict, rows: [] });
        return { kind: "done" };
      case "snooze": {
        const times = await this.#parts.snoozes.add(task, attempt.redrive);
        if (times <= MOST_SNOOZES) return { kind: "snoozed", forMs: verdict.forMs };
        await this.#settle(attempt, { ...verdict, ...(await this.#givenUp(attempt, "failed")), rows: [] });
        return { kind: "done" };
      }
      case "pause": {
        const from = sourcesOf("paused").filter((state) => state !== "planned");
        const before = open.state(task.run) ?? "running";
        if (await journal.moveRun(task.run, from, "paused", pauseReason(verdict.cause, verdict.reason))) {
          telemetry.emit("run:moved", { run: task.run, from: before, to: "paused", reason: verdict.reason });
        }
        await open.look();
        return { kind: "done" };
      }
      case "stopped":
        // Back to the queue at once: another process may take it, or this run's planner feeds it again when it is resumed. A write that did
        // not get away in time would be looked at again and again while the disk is slow.
        return { kind: "snoozed", forMs: attempt.write === undefined ? 0 : WRITE_AGAIN_MS };
      case "ours":
        if (!(verdict.error instanceof JournalError)) throw verdict.error;
        telemetry.emit("journal:failed", { text: verdict.error.message, advice: verdict.error.advice });
        // What cannot be recorded must not be read again and again: the whole queue waits for the disk.
        return { kind: "tenant-closed", forMs: JOURNAL_AWAY_MS };
    }
  }

  async #settle(
    attempt: Attempt,
    end: Pick<Settlement, "outcome" | "rows" | "intent"> &
      Partial<Pick<Settlement, "reason" | "fingerprint">> & { readonly requestId?: string | undefined },
  ): Promise<void> {
    const { task, subject } = attempt;
    const held = attempt.write?.held;
    const nobody =
      subject.kind === "nobody"
        ? { outcome: "gone" as const, reason: "No mailbox has this identity, or several have" }
        : {};
    const settlement: Settlement = {
      run: task.run,
      line: task.line,
      attempt: attempt.id,
      worker: this.#parts.worker,
      outcome: end.outcome,
      rows: end.rows,
      counts: Object.fromEntries(attempt.counts),
      atMs: Date.now(),
      ...(end.reason === undefined ? {} : { reason: end.reason }),
      ...(end.fingerprint === undefined ? {} : { fingerprint: end.fingerprint }),
      ...(end.requestId === undefined ? {} : { requestId: end.requestId }),
      ...(held?.end === undefined ? {} : { intent: { n: held.n, end: held.end } }),
      ...(end.intent === undefined ? {} : { intent: end.intent }),
      ...nobody,
    };
    crashPoint("reply.before-settle");
    if (planted("acknowledge-before-journal")) this.#tell(attempt, settlement);
    const result = await this.#parts.journal.settle(settlement);
    // Another attempt, or a cancel, was first: that one has been told of.
    if (result !== "settled") return;
    await this.#stopAtLimit(attempt, settlement);
    this.#tell(attempt, settlement);
  }

  #tell({ startedAtMs }: Attempt, { run, line, outcome }: Settlement): void {
    this.#parts.telemetry.emit("task:ended", { run, line, outcome, tookMs: performance.now() - startedAtMs });
  }
}

function noChange(job: string): TypeError {
  return new TypeError(
    `Cannot perform "${job}": a job that writes has planned changes as targets, and no other has`,
  );
}

function toNewRow(found: FoundRow): NewRow {
  return { about: found.about, noise: found.noise, row: found.row };
}
