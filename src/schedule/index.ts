/**
 * schedule: starts runs on time. Promises that a time starts one run, whatever number of schedulers see it and whichever of them dies over it,
 * and that what becomes of every time is on record. The only home of cron-parser; time zones are Intl's.
 */
export type { AfterNight, EndedNight } from "./end-tick.ts";
export { ScheduleError } from "./errors.ts";
export { Scheduler } from "./scheduler.ts";
export type { SchedulerParts } from "./scheduler.ts";
export { createScheduleService } from "./service.ts";
export type { ScheduleOptions, ScheduleService, ScheduleStanding } from "./service.ts";
export { timesOf } from "./times.ts";
export type { Times } from "./times.ts";
export { shownIn } from "./zone.ts";
