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
  /** What follows runs that are over, while it goes on. */
  readonly #endings = new Map<string, Promise<void>>();
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
   * Decides what is due now, takes over what others left, and begins what follows the runs that are over, which nobody waits for. One look
   * follows the other.
   */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  /** Waits until all that follows runs is done. */
  async idle(): Promise<void> {
    await Promise.all(this.#endings.values());
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
      await Promise.all(schedules.map((each) => this.#guard(each.name, () => this.#decide(each))));
      const byName = new Map((await journal.schedules()).map((each) => [each.name, each]));
      const ticks = await journal.openTicks();
      await Promise.all(
        ticks.map((tick) => this.#guard(tick.schedule, () => this.#goOn(tick, byName.get(tick.schedule)))),
      );
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
    if (due.act === "start") await startTick(this.#parts, schedule, tick, due.reason, this.#stop.signal);
    else await moveTick(this.#parts, tick, "missed", due.reason);
  }

  /** @param schedule undefined when it was removed */
  async #goOn(tick: Tick, schedule: ScheduleRecord | undefined): Promise<void> {
    const { journal, owner, claimMs } = this.#parts;
    if (tick.state === "started") return this.#beginEnding(tick);
    // It is the latest time of its schedule, and so decided as such; or somebody is at it.
    if (schedule !== undefined && !tick.byHand && tick.dueMs > schedule.decidedMs && !schedule.paused) return;
    const mine = await journal.claimTick({ ...tick, owner, leaseMs: claimMs });
    if (mine?.state !== "claimed") return;
    if ((await journal.run(tick.run)) !== undefined) return moveTick(this.#parts, tick, "started");
    if (schedule !== undefined && tick.byHand)
      return void (await startTick(this.#parts, schedule, tick, undefined, this.#stop.signal));
    return moveTick(this.#parts, tick, "missed", whyLeft(schedule));
  }

  #beginEnding(tick: Tick): void {
    const key = `${tick.schedule} ${tick.dueMs}`;
    if (this.#endings.has(key)) return;
    const parts = { ...this.#parts, afterNight: this.#parts.afterNight };
    const ending = this.#guard(
      tick.schedule,
      () => endTick(parts, tick, this.#stop.signal),
      "could not do what follows its run",
    ).finally(() => this.#endings.delete(key));
    this.#endings.set(key, ending);
  }

  async #guard(schedule: string, work: () => Promise<void>, what = "could not start its run"): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#tell(
        `${schedule} ${what}`,
        `Schedule "${schedule}" ${what}, and will try again: ${wordsOf(error)}`,
      );
    }
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
