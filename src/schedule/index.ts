/**
 * schedule: starts runs on time. Promises that a time starts one run, whatever number of schedulers see it and whichever of them dies over it,
 * and that what becomes of every time is on record. The only home of cron-parser; time zones are Intl's.
 */
export { ScheduleError } from "./errors.ts";
export { timesOf } from "./times.ts";
export type { Times } from "./times.ts";
