/** The user's rules, as they are tonight. A file that cannot be used keeps nobody from being told: the jobs' own rules judge then, and the message says so. */
import { readFile } from "node:fs/promises";
import { parseRulesFile, SettingsError } from "../config.ts";
import type { Job } from "../job/index.ts";
import { knownRules, type Rules } from "../reports/index.ts";

export interface RulesNow {
  /** Undefined: the jobs' own. */
  readonly rules: Rules | undefined;
  /** Why the user's are not used; undefined: they are, or there are none. */
  readonly trouble: string | undefined;
}

const DAY = "2026-11-22".length;

/** @param file of the settings */
export async function rulesNow(
  file: string | undefined,
  catalogue: readonly Job[],
  nowMs: number,
): Promise<RulesNow> {
  if (file === undefined) return { rules: undefined, trouble: undefined };
  try {
    const known = parseRulesFile(await readFile(file), file, knownRules(catalogue));
    return { rules: { ...known, today: dayOf(nowMs) }, trouble: undefined };
  } catch (error) {
    const what = error instanceof SettingsError ? "has mistakes" : "cannot be read";
    return { rules: undefined, trouble: `the rules file ${what}, so the jobs' own rules were used` };
  }
}

/** The same rules as they were on an earlier day: suppressions that have expired since still held. */
export function rulesOn(rules: Rules | undefined, atMs: number): Rules | undefined {
  return rules === undefined ? undefined : { ...rules, today: dayOf(atMs) };
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, DAY);
}
