/**
 * Looks, again and again, which schedules are due, and starts their runs. The journal says what is due and who starts it; alarms only make it
 * look at the right moment, and are set anew when Redis lost them. Any number of processes may do this at once.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ScheduleRecord, Tick } from "../journal/index.ts";
import type { Alarms } from "../queue/index.ts";
import { newRunId } from "../runs/index.ts";
import { decide } from "./decide.ts";
import { type AfterNight, endTick } from "./end-tick.ts";
import { moveTick, startTick, type TickParts } from "./start-tick.ts";
import { timesOf } from "./times.ts";
import { crashPoint } from "../test-points.ts";

/** Of the same trouble, people are told once in this time. */
const TELL_EVERY_MS = 60_000;

export interface SchedulerParts extends TickParts {
  readonly alarms: Alarms;
  readonly lookMs: number;
  readonly lateMs: number;
  readonly claimMs: number;
  readonly afterNight?: AfterNight;
}

export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #stop = new AbortController();
  readonly #told = new Map<string, number>();
  /** When each is due next, as long as it is what it was: to ask the calendar anew at every look would cost more than the look. */
  readonly #next = new Map<string, { readonly of: string; readonly dueMs: number }>();
  /** What goes on of each schedule: one that hangs, for its tenant does not answer, holds up no other. */
  readonly #doing = new Map<string, Promise<void>>();
  #looking: Promise<void> = Promise.resolve();
  #keeping = false;
  #turning: Promise<void> | undefined;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#parts.alarms.listen(() => this.look());
    this.#turning ??= this.#turn();
  }

  /** Lets what it is starting be started, at most `graceMs`; what is left another process takes over. */
  async stop(graceMs: number): Promise<void> {
    this.#stop.abort(new Error("The scheduler is stopping"));
    const enough = new AbortController();
    const waited = sleep(graceMs, undefined, { signal: enough.signal }).catch(() => undefined); // It was enough.
    await Promise.race([Promise.all([this.#turning, this.#looking, this.idle()]), waited]);
    enough.abort();
    await this.#parts.alarms.close(graceMs);
  }

  /**
   * Begins what is due now, what others left, and what follows the runs that are over; `idle` waits for it. One look follows the other, and
   * what goes on since an earlier one is left to it.
   */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  /** Waits until all is done that a look began. */
  async idle(): Promise<void> {
    await Promise.all(this.#doing.values());
  }

  async #turn(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.look();
      await sleep(this.#parts.lookMs, undefined, { signal }).catch(() => undefined); // Stopped: the loop ends.
    }
  }

  async #look(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { journal } = this.#parts;
    try {
      const schedules = await journal.schedules();
      void this.#keepAlarms(schedules);
      const byName = new Map(schedules.map((each) => [each.name, each]));
      for (const tick of await journal.openTicks()) this.#goOn(tick, byName.get(tick.schedule));
      for (const each of schedules) this.#begin(each.name, each.name, () => this.#decide(each));
    } catch (error) {
      this.#tell("journal", `Schedules could not be looked at: ${wordsOf(error)}`);
    }
  }

  async #decide(schedule: ScheduleRecord): Promise<void> {
    const { journal, owner, claimMs, lateMs, now } = this.#parts;
    const of = `${schedule.cron} ${schedule.zone} ${schedule.decidedMs}`;
    const next = this.#next.get(schedule.name);
    if (next?.of === of && now() < next.dueMs) return;
    const times = timesOf(schedule.cron, schedule.zone);
    this.#next.set(schedule.name, { of, dueMs: times.next(schedule.decidedMs) });
    const due = decide(schedule, times, now(), lateMs);
    if (due === undefined) return;
    const claim = { schedule: schedule.name, dueMs: due.dueMs, byHand: false, run: newRunId() };
    const tick = await journal.claimTick({ ...claim, owner, leaseMs: claimMs });
    if (tick === undefined) return;
    crashPoint("tick.claimed");
    if (due.act === "start") await startTick(this.#parts, schedule, tick, due.reason, this.#stop.signal);
    else await moveTick(this.#parts, tick, "missed", due.reason);
  }

  /** @param schedule undefined when it was removed */
  #goOn(tick: Tick, schedule: ScheduleRecord | undefined): void {
    const { schedule: name, dueMs } = tick;
    const { signal } = this.#stop;
    if (tick.state === "started") {
      const parts = { ...this.#parts, afterNight: this.#parts.afterNight };
      const what = "could not do what follows its run";
      return this.#begin(`${name} ${dueMs}`, name, () => endTick(parts, tick, signal), what);
    }
    // It is the latest time of its schedule, and so decided as such; or this process is at it.
    const latest = schedule !== undefined && !schedule.paused && dueMs > schedule.decidedMs;
    if (!tick.byHand && (latest || this.#doing.has(name))) return;
    this.#begin(`${name} ${dueMs}`, name, () => this.#takeOver(tick, schedule));
  }

  async #takeOver(tick: Tick, schedule: ScheduleRecord | undefined): Promise<void> {
    const { journal, owner, claimMs } = this.#parts;
    const mine = await journal.claimTick({ ...tick, owner, leaseMs: claimMs });
    if (mine?.state !== "claimed") return;
    if ((await journal.run(tick.run)) !== undefined) return moveTick(this.#parts, tick, "started");
    if (schedule === undefined || !tick.byHand)
      return moveTick(this.#parts, tick, "missed", whyLeft(schedule));
    await startTick(this.#parts, schedule, tick, undefined, this.#stop.signal);
  }

  #begin(key: string, schedule: string, work: () => Promise<void>, what = "could not start its run"): void {
    if (this.#doing.has(key)) return;
    const doing = work()
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return;
        const text = `Schedule "${schedule}" ${what}, and will try again: ${wordsOf(error)}`;
        this.#tell(`${schedule} ${what}`, text);
      })
      .finally(() => this.#doing.delete(key));
    this.#doing.set(key, doing);
  }

  /** Not waited for: Redis may be away, and runs start without it. */
  async #keepAlarms(schedules: readonly ScheduleRecord[]): Promise<void> {
    if (this.#keeping) return;
    this.#keeping = true;
    const running = schedules.filter(({ paused }) => !paused);
    try {
      await this.#parts.alarms.keep(running.map(({ name, cron, zone }) => ({ name, pattern: cron, zone })));
    } catch (error) {
      if (!this.#stop.signal.aborted)
        this.#tell("alarms", `Alarms could not be set in Redis: ${wordsOf(error)}`);
    } finally {
      this.#keeping = false;
    }
  }

  #tell(what: string, text: string): void {
    const nowMs = performance.now();
    if (nowMs - (this.#told.get(what) ?? -TELL_EVERY_MS) < TELL_EVERY_MS) return;
    this.#told.set(what, nowMs);
    this.#parts.telemetry.emit("warning", { text });
  }
}

function whyLeft(schedule: ScheduleRecord | undefined): string {
  if (schedule === undefined) return "the schedule was removed before it could be started";
  return `${schedule.paused ? "the schedule was paused" : "its next time came"} before it could be started`;
}

/** The text of an error of ours; of any other its kind only, for its text may hold names. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return "advice" in error ? error.message : error.name;
}
