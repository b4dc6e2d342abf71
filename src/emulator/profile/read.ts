/** Reads profiles from outside: a name, a scenario of `throttle-scenarios.json`, or a patch for the profile in force. */
import { FAULTS, type ScriptedFault } from "./faults.ts";
import { isProfileName, PROFILES, SIMULATOR_LATENCY } from "./named.ts";
import type { Profile } from "./profile.ts";
import { quirkMistake } from "./quirks.ts";

/** Members of a scenario that concern its clients, not the service. */
const FOR_CLIENTS = new Set(["title", "procs", "restarts", "base"]);

type Check = (value: unknown, path: string) => string[];
type Fields = Readonly<Record<string, Check>>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const number =
  (min = 0, max = Number.POSITIVE_INFINITY): Check =>
  (value, path) =>
    typeof value === "number" && value >= min && value <= max
      ? []
      : [
          `${path}: expected a number ${max === Number.POSITIVE_INFINITY ? `from ${min}` : `from ${min} to ${max}`}`,
        ];
const boolean: Check = (value, path) =>
  typeof value === "boolean" ? [] : [`${path}: expected true or false`];
const text: Check = (value, path) => (typeof value === "string" ? [] : [`${path}: expected a text`]);
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value, path) =>
    values.includes(value)
      ? []
      : [`${path}: expected ${values.map((known) => JSON.stringify(known)).join(" or ")}`];
const either =
  (first: Check, second: Check): Check =>
  (value, path) =>
    first(value, path).length === 0 ? [] : second(value, path);
const orNull =
  (check: Check): Check =>
  (value, path) =>
    value === null ? [] : check(value, path);
const listOf =
  (check: Check): Check =>
  (value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => check(item, `${path}[${index}]`))
      : [`${path}: expected a list`];
const eachOf =
  (check: Check): Check =>
  (value, path) =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, item]) => check(item, `${path}.${key}`))
      : [`${path}: expected an object`];
const object =
  (required: Fields, optional: Fields = {}): Check =>
  (value, path) => {
    if (!isObject(value)) return [`${path}: expected an object`];
    const missing = Object.keys(required)
      .filter((key) => !(key in value))
      .map((key) => `${path}.${key}: missing`);
    const wrong = Object.entries(value).flatMap(([key, item]) => {
      const check = required[key] ?? optional[key];
      if (!check) return [`${path}.${key}: unknown`];
      return item === undefined ? [] : check(item, `${path}.${key}`);
    });
    return [...missing, ...wrong];
  };

const rateShape = { unit: oneOf("request", "item"), headers: boolean };
const rateExtras = { retryAfter: either(oneOf("exact", "missing"), number()), chargeRefused: boolean };
const windowCheck = object(
  { kind: oneOf("window"), n: number(1), per: number(0.001), ...rateShape },
  rateExtras,
);
const bucketCheck = object(
  { kind: oneOf("bucket"), rate: number(0.001), burst: number(1), ...rateShape },
  rateExtras,
);
const rateCheck: Check = (value, path) =>
  (isObject(value) && value["kind"] === "bucket" ? bucketCheck : windowCheck)(value, path);

const latencyShape = object(
  { median: number(), sigma: number() },
  { tail: object({ share: number(0, 1), times: number() }) },
);

const faultCheck = object(
  { kind: oneOf(...Object.keys(FAULTS)) },
  { delaySeconds: number(), retryAfter: orNull(text) },
);
const scriptCheck = object(
  {
    match: object({}, { cmdlet: text, subject: text, tenantId: text, nth: number(1) }),
    fault: faultCheck,
  },
  { times: number(1) },
);

const profileCheck = object({
  id: text,
  budget: orNull(
    object({
      recharge: number(),
      cutoff: number(Number.NEGATIVE_INFINITY, -1),
      cap: number(),
      start: number(Number.NEGATIVE_INFINITY),
      gain: number(),
      maxDelay: number(),
      unlock: number(0, 1),
      warn: boolean,
    }),
  ),
  conc: orNull(
    object(
      { max: number(1), unit: oneOf("request", "item"), retryAfter: orNull(number()) },
      { perApp: number(1) },
    ),
  ),
  rate: orNull(rateCheck),
  writes: orNull(object({ n: number(1), per: number(0.001) })),
  itemThrottle: boolean,
  p5xx: number(0, 1),
  p5xxItem: number(0, 1),
  slow: orNull(object({ from: number(), to: number(), x: number(), share: number(0, 1) })),
  busy: orNull(object({ share: number(0, 1), s: number(), ra: orNull(number()) })),
  neighbour: orNull(
    object({ on: number(), off: number() }, { slots: number(), budget: number(), rate: number() }),
  ),
  latency: object({
    roundTrip: number(),
    overhead: number(),
    refusal: number(),
    call: latencyShape,
    perRow: number(),
    cmdlets: eachOf(latencyShape),
  }),
  lanes: number(1),
  timeScale: number(0.001),
  quirks: (value) => Object.entries(value as object).flatMap(([name, set]) => quirkMistake(name, set) ?? []),
  faults: object({
    rates: object({}, Object.fromEntries(Object.keys(FAULTS).map((kind) => [kind, number(0, 1)]))),
    readsOnly: boolean,
    delaySeconds: number(),
    script: listOf(scriptCheck),
    bursts: orNull(object({ every: number(0.001), last: number() })),
  }),
  changes: listOf(object({ at: number(), set: eachOf(() => []) })),
});

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
