/** What a complete profile and a script of faults look like. */
import {
  boolean,
  eachOf,
  either,
  isObject,
  listOf,
  number,
  object,
  oneOf,
  orNull,
  text,
  type Check,
} from "./check.ts";
import { FAULTS } from "./faults.ts";
import { quirkMistake } from "./quirks.ts";

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
export const scriptCheck = object(
  {
    match: object({}, { cmdlet: text, subject: text, tenantId: text, nth: number(1) }),
    fault: faultCheck,
  },
  { times: number(1) },
);

export const profileCheck = object({
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
