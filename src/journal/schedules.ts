/** What a journal keeps of schedules: when runs are to begin by themselves, and what became of each time they were due. Both journals read it by this. */
import { asJson, asNumber, asText, type Cells, optional } from "./cells.ts";
import { JournalError } from "./contract/errors.ts";
import type { Json } from "./contract/json.ts";

/** What is done about a time at which nobody was there to start a run: the latest one is caught up, or none is. */
export const MISSED_WORDS = ["catch-up", "skip"] as const;
export type MissedWord = (typeof MISSED_WORDS)[number];

export interface NewSchedule {
  readonly name: string;
  readonly job: string;
  readonly tenant: string;
  /** Five fields, as somebody wrote them. */
  readonly cron: string;
  /** Time zone by its IANA name. */
  readonly zone: string;
  /** Of the runs it starts, as given and checked. */
  readonly params: Json;
  readonly scope: Json;
  readonly missed: MissedWord;
  readonly createdAtMs: number;
}

export interface ScheduleRecord extends NewSchedule {
  readonly paused: boolean;
  /** Of every time up to this one it is decided what becomes of it. At first when it was made. */
  readonly decidedMs: number;
}

/**
 * `claimed`: a process is about to start the run. `started`: the run is on record. `ended`: the run is over, and all that follows a scheduled
 * run was told so. `skipped`: the run before was not over. `missed`: nobody was there in time. `failed`: it could not be started.
 */
export const TICK_STATES = ["claimed", "started", "ended", "skipped", "missed", "failed"] as const;
export type TickState = (typeof TICK_STATES)[number];

/** Where a tick may go from each state. */
const NEXT = {
  claimed: ["started", "skipped", "missed", "failed"],
  started: ["ended"],
  ended: [],
  skipped: [],
  missed: [],
  failed: [],
} as const satisfies Record<TickState, readonly TickState[]>;

/** The one state a tick may come to `to` from; undefined: it begins there. */
export function sourceOf(to: TickState): TickState | undefined {
  return TICK_STATES.find((from) => (NEXT[from] as readonly TickState[]).includes(to));
}

/** One time at which a schedule was due, or at which somebody set it off by hand. */
export interface Tick {
  readonly schedule: string;
  readonly dueMs: number;
  readonly byHand: boolean;
  /** Id of the run it starts: chosen when it is first claimed, so that whoever takes over starts the same run, not another. */
  readonly run: string;
  readonly state: TickState;
  readonly reason: string | undefined;
}

export interface TickClaim {
  readonly schedule: string;
  readonly dueMs: number;
  readonly byHand: boolean;
  /** For a tick that nobody claimed before. */
  readonly run: string;
  readonly owner: string;
  readonly leaseMs: number;
}

/** Keeping schedules, and deciding what becomes of each time they are due. */
export interface Schedules {
  /** @returns false when there is one of this name, and nothing was changed */
  addSchedule(schedule: NewSchedule): Promise<boolean>;
  /** What is on record of its ticks stays. @returns false when there is none of this name */
  dropSchedule(name: string): Promise<boolean>;
  /** By name. */
  schedules(): Promise<readonly ScheduleRecord[]>;
  /** Times up to `atMs` are decided with it, and none after: what was due while it was paused is not caught up, and a clock that was ahead is made good. @returns false when there is none of this name */
  pauseSchedule(name: string, paused: boolean, atMs: number): Promise<boolean>;
  /**
   * Makes `owner` the one process that decides what becomes of this time, for `leaseMs`; renews it when it is already.
   * @returns undefined when another has it, when it is decided, or when the schedule is gone or, unless by hand, paused
   */
  claimTick(claim: TickClaim): Promise<Tick | undefined>;
  /**
   * Says what became of it, gives the claim back, and has all earlier times of the schedule decided too, unless it was set off by hand.
   * @returns false when it is not in the state before, or not `owner`'s any more
   */
  moveTick(
    tick: Pick<TickClaim, "schedule" | "dueMs" | "owner">,
    to: TickState,
    reason?: string,
  ): Promise<boolean>;
  /** Those that are `claimed` or `started`, of all schedules, and of those that are gone. */
  openTicks(): Promise<readonly Tick[]>;
  /** The last `limit` of a name, newest first. */
  ticks(schedule: string, limit: number): Promise<readonly Tick[]>;
}

export function toSchedule(cells: Cells): ScheduleRecord {
  const missed = asText(cells["missed"]);
  return {
    name: asText(cells["name"]),
    job: asText(cells["job"]),
    tenant: asText(cells["tenant"]),
    cron: asText(cells["cron"]),
    zone: asText(cells["zone"]),
    params: asJson(cells["params"]),
    scope: asJson(cells["scope"]),
    missed: MISSED_WORDS.find((word) => word === missed) ?? unknownWord(missed),
    paused: asNumber(cells["paused"]) === 1,
    decidedMs: asNumber(cells["decided"]),
    createdAtMs: asNumber(cells["created_at"]),
  };
}

export function toTick(cells: Cells): Tick {
  const state = asText(cells["state"]);
  return {
    schedule: asText(cells["schedule"]),
    dueMs: asNumber(cells["due"]),
    byHand: asNumber(cells["by_hand"]) === 1,
    run: asText(cells["run"]),
    state: TICK_STATES.find((known) => known === state) ?? unknownWord(state),
    reason: optional(cells["reason"], asText),
  };
}

function unknownWord(word: string): never {
  throw new JournalError(
    `Cannot read the journal: "${word}" is no word of a schedule`,
    "It was changed by another program; put back a copy made before",
  );
}
