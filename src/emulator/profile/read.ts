/** Reads profiles from outside: a name, a scenario of `throttle-scenarios.json`, or a patch for the profile in force. */
import { isObject, listOf } from "./check.ts";
import type { ScriptedFault } from "./faults.ts";
import { isProfileName, PROFILES, SIMULATOR_LATENCY } from "./named.ts";
import type { Profile } from "./profile.ts";
import { profileCheck, scriptCheck } from "./schema.ts";

/** Members of a scenario that concern its clients, not the service. */
const FOR_CLIENTS = new Set(["title", "procs", "restarts", "base"]);

/** A profile, patch or script that cannot be used; the message names every mistake. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
  constructor(mistakes: readonly string[]) {
    super(`Cannot use this profile: ${mistakes.join("; ")}`);
  }
}

/**
 * A complete profile from a name or from a description. A description starts from the profile its `base` names,
 * else from no limits with the latency of the simulator.
 * @throws {ProfileError}
 */
export function readProfile(input: unknown): Profile {
  if (typeof input === "string") {
    if (isProfileName(input)) return PROFILES[input];
    throw new ProfileError([`unknown name "${input}", expected ${Object.keys(PROFILES).join(", ")}`]);
  }
  const start: Profile = { ...PROFILES.off, id: "unnamed", latency: SIMULATOR_LATENCY };
  return patchProfile(start, input);
}

/**
 * The profile with a patch laid over it; a `base` in the patch takes the place of the profile first.
 * @throws {ProfileError}
 */
export function patchProfile(current: Profile, patch: unknown): Profile {
  if (typeof patch === "string") return readProfile(patch);
  if (!isObject(patch)) throw new ProfileError(["expected a name or an object"]);
  const base = patch["base"];
  if (base !== undefined && (typeof base !== "string" || !isProfileName(base)))
    throw new ProfileError([`base: expected ${Object.keys(PROFILES).join(", ")}`]);
  const wanted = Object.fromEntries(Object.entries(patch).filter(([key]) => !FOR_CLIENTS.has(key)));
  const merged = merge(base === undefined ? current : PROFILES[base], wanted);
  const mistakes = profileCheck(merged, "profile");
  if (mistakes.length > 0) throw new ProfileError(mistakes);
  return merged as Profile;
}

/**
 * One scripted fault or a list of them.
 * @throws {ProfileError}
 */
export function readScript(input: unknown): readonly ScriptedFault[] {
  const list = Array.isArray(input) ? input : [input];
  const mistakes = listOf(scriptCheck)(list, "faults");
  if (mistakes.length > 0) throw new ProfileError(mistakes);
  return list as readonly ScriptedFault[];
}

function merge(base: unknown, patch: unknown): unknown {
  if (!isObject(base) || !isObject(patch)) return patch === undefined ? base : patch;
  // Another kind of rate shares no numbers with the old one.
  if ("kind" in patch && "kind" in base && patch["kind"] !== base["kind"]) return patch;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) result[key] = merge(base[key], value);
  return result;
}
