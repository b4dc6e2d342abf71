/** Every fault family of the suite. */
import type { Family } from "../family.ts";
import { churn } from "./churn.ts";
import {
  deathsOfCommands,
  deathsOfDecisions,
  deathsWhileReading,
  deathsWhileWritingEach,
  frozenAtPoints,
} from "./crash-points.ts";
import { diskFull, diskSick, poison } from "./disk-and-poison.ts";
import { storm } from "./operator.ts";
import { blocked, clockBack, clockForward, frozen, killed, replaced } from "./processes.ts";
import { delivered, redisEmptied, redisKilled, redisLink, redisMoody } from "./redis.ts";
import { scheduled } from "./schedules.ts";
import {
  brownOut,
  corrupt,
  itemsOdd,
  lostReads,
  network,
  paging,
  throttled,
  unauthorized,
  unwell,
} from "./service.ts";
import {
  anyOfThese,
  executedLate,
  executedReplyLost,
  killedInDoubt,
  notExecuted,
  staleLooks,
  writesConfused,
} from "./writes.ts";

export const FAMILIES: readonly Family[] = [
  killed,
  deathsWhileReading,
  ...deathsWhileWritingEach,
  deathsOfCommands,
  deathsOfDecisions,
  frozen,
  frozenAtPoints,
  diskFull,
  diskSick,
  redisKilled,
  redisEmptied,
  redisMoody,
  redisLink,
  delivered,
  executedReplyLost,
  executedLate,
  notExecuted,
  anyOfThese,
  writesConfused,
  staleLooks,
  killedInDoubt,
  lostReads,
  corrupt,
  itemsOdd,
  throttled,
  unwell,
  brownOut,
  unauthorized,
  paging,
  churn,
  clockForward,
  clockBack,
  blocked,
  replaced,
  scheduled,
  storm,
  poison,
  network,
];
