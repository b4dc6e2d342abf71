/** Every fault family of the suite. */
import type { Family } from "../family.ts";
import { storm } from "./operator.ts";
import { blocked, clockBack, clockForward, frozen, killed, replaced } from "./processes.ts";
import { delivered, redisEmptied, redisKilled, redisLink, redisMoody } from "./redis.ts";
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

export const FAMILIES: readonly Family[] = [
  killed,
  frozen,
  redisKilled,
  redisEmptied,
  redisMoody,
  redisLink,
  delivered,
  lostReads,
  corrupt,
  itemsOdd,
  throttled,
  unwell,
  brownOut,
  unauthorized,
  paging,
  clockForward,
  clockBack,
  blocked,
  replaced,
  storm,
  network,
];
