/** Every policy by name. */
import type { MakePolicy } from "../policy.ts";
import { governor } from "./governor.ts";
import { fixedWindow, robust, sequential } from "./naive.ts";

export const POLICIES: Readonly<Record<string, () => MakePolicy>> = {
  seq1: () => sequential(1),
  seq10: () => sequential(10),
  robust,
  naive10: () => fixedWindow(10, 10),
  naive50: () => fixedWindow(50, 10),
  "gov-local": () => governor(false),
  governor: () => governor(true),
};
