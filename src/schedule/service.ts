/** What people ask of schedules. Holds no state of its own: the journal does. */
import { SCHEDULE_MISSED, SCHEDULE_ZONE } from "../config.ts";
import type { MissedWord, RunRecord, ScheduleRecord, Tick } from "../journal/index.ts";
import { newRunId, type RunService, type StartOptions } from "../runs/index.ts";
import { ScheduleError } from "./errors.ts";
import { startTick, type TickParts } from "./start-tick.ts";
import { timesOf } from "./times.ts";

export interface ScheduleOptions extends Omit<StartOptions, "id"> {
  readonly name: string;
  readonly cron: string;
  /** IANA name; absent: as the settings have it. */
  readonly zone?: string | undefined;
  readonly missed?: MissedWord | undefined;
}

/** A schedule, when it is due next, and what became of it last. */
export interface ScheduleStanding extends ScheduleRecord {
  readonly nextMs: number | undefined;
  readonly last: Tick | undefined;
}

export interface ScheduleService {
  /** @throws {ScheduleError} `bad-name`, `bad-cron`, `bad-zone`, `exists`; {RunError} as `RunService.check` */
  add(options: ScheduleOptions): Promise<ScheduleStanding>;
  list(): Promise<readonly ScheduleStanding[]>;
  /** This and all below throw {ScheduleError} `unknown` when there is none of this name. */
  get(name: string): Promise<ScheduleStanding>;
  /** What it started goes on. */
  remove(name: string): Promise<void>;
  pause(name: string): Promise<ScheduleStanding>;
  /** What was due meanwhile is not caught up. */
  resume(name: string): Promise<ScheduleStanding>;
  /** Starts its run now, also while it is paused. @throws {RunError} `run-open` when the one before is not over */
  runNow(name: string, signal: AbortSignal): Promise<RunRecord>;
  /** The next times it is due, were it not paused. */
  next(name: string, count: number): Promise<readonly number[]>;
  /** The last times it was due, newest first. */
  history(name: string, limit: number): Promise<readonly Tick[]>;
}

export interface ScheduleServiceParts extends TickParts {
  readonly runs: Pick<RunService, "start" | "check">;
  readonly claimMs: number;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

export function createScheduleService(parts: ScheduleServiceParts): ScheduleService {
  const { journal, runs, now } = parts;

  async function named(name: string): Promise<ScheduleRecord> {
    const all = await journal.schedules();
    const found = all.find((schedule) => schedule.name === name);
    if (found !== undefined) return found;
    const names = all.map((schedule) => schedule.name).join(", ");
    throw new ScheduleError(
      "unknown",
      `Cannot find schedule "${name}"`,
      names === "" ? "There are none: make one with: exosweep schedule add" : `Schedules are: ${names}`,
    );
  }

  async function standing(schedule: ScheduleRecord): Promise<ScheduleStanding> {
    const [last] = await journal.ticks(schedule.name, 1);
    const from = Math.max(now(), schedule.decidedMs);
    const nextMs = schedule.paused ? undefined : timesOf(schedule.cron, schedule.zone).next(from);
    return { ...schedule, nextMs, last };
  }

  async function setPaused(name: string, paused: boolean): Promise<ScheduleStanding> {
    await named(name);
    await journal.pauseSchedule(name, paused, now());
    return standing(await named(name));
  }

  return {
    async add({ name, cron, zone = SCHEDULE_ZONE, missed = SCHEDULE_MISSED, ...start }) {
      if (!NAME.test(name))
        throw new ScheduleError(
          "bad-name",
          `Cannot name a schedule "${name}"`,
          "Use letters, digits, dot, dash and underscore, at most 63",
        );
      timesOf(cron, zone);
      const run = runs.check(start);
      const added = await journal.addSchedule({
        name,
        ...run,
        cron: cron.trim().replaceAll(/\s+/g, " "),
        zone,
        missed,
        createdAtMs: now(),
      });
      if (!added)
        throw new ScheduleError(
          "exists",
          `Cannot add schedule "${name}": there is one of this name`,
          `Choose another name, or take it away first: exosweep schedule remove ${name}`,
        );
      return standing(await named(name));
    },

    list: async () => Promise.all((await journal.schedules()).map(standing)),

    get: async (name) => standing(await named(name)),

    async remove(name) {
      await named(name);
      await journal.dropSchedule(name);
    },

    pause: (name) => setPaused(name, true),
    resume: (name) => setPaused(name, false),

    async runNow(name, signal) {
      const schedule = await named(name);
      const claim = { schedule: name, dueMs: now(), byHand: true, run: newRunId() };
      const tick = await journal.claimTick({ ...claim, owner: parts.owner, leaseMs: parts.claimMs });
      if (tick === undefined)
        throw new ScheduleError(
          "removed",
          `Cannot run schedule "${name}" now: it was removed, or set off, at this very moment`,
          "Look with: exosweep schedule list",
        );
      const end = await startTick(parts, schedule, tick, undefined, signal);
      if (end.is === "started") return end.run;
      throw end.error;
    },

    async next(name, count) {
      const { cron, zone } = await named(name);
      const times = timesOf(cron, zone);
      const found: number[] = [];
      for (let due = times.next(now()); found.length < count; due = times.next(due)) found.push(due);
      return found;
    },

    async history(name, limit) {
      const ticks = await journal.ticks(name, limit);
      // Of one that was removed the record is still there.
      if (ticks.length === 0) await named(name);
      return ticks;
    },
  };
}
