/** Every policy by name: what people run today, the best known controllers, and ours. */
import type { MakePolicy } from "../policy.ts";
import { governor } from "./governor.ts";
import { fixedWindow, robust, sequential } from "./naive.ts";
import { aws, fixedRate } from "./rate.ts";
import { aimd, cosmos, gradient2, headers, sre, vegas } from "./window.ts";

export const POLICIES: Readonly<Record<string, () => MakePolicy>> = {
  seq1: () => sequential(1),
  seq10: () => sequential(10),
  robust,
  naive10: () => fixedWindow(10, 10),
  naive50: () => fixedWindow(50, 10),
  fixedLow: () => fixedRate(0.5),
  fixedHigh: () => fixedRate(2),
  aimd,
  vegas,
  gradient2,
  aws,
  cosmos,
  sre,
  headers,
  "gov-local": () => governor(false),
  governor: () => governor(true),
};
