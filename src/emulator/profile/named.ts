/** The profiles that have a name; `docs/emulator.md` explains their numbers. */
import { noFaults } from "./faults.ts";
import type { LatencyModel, Profile } from "./profile.ts";
import { defaultQuirks } from "./quirks.ts";

const NO_LATENCY: LatencyModel = {
  roundTrip: 0,
  overhead: 0,
  refusal: 0,
  call: { median: 0, sigma: 0 },
  perRow: 0,
  cmdlets: {},
};

/** Defaults of the simulator (`throttle.md` 4). */
export const SIMULATOR_LATENCY: LatencyModel = {
  roundTrip: 40,
  overhead: 150,
  refusal: 20,
  call: { median: 220, sigma: 0.5, tail: { share: 0.005, times: 8 } },
  perRow: 0,
  cmdlets: {},
};

/** `exo-protocol.md` 13. */
const REALISTIC_LATENCY: LatencyModel = {
  roundTrip: 40,
  overhead: 50,
  refusal: 20,
  call: { median: 300, sigma: 0.5, tail: { share: 0.005, times: 8 } },
  perRow: 1,
  cmdlets: {
    "get-mailboxpermission": { median: 850, sigma: 0.4, tail: { share: 0.005, times: 8 } },
    "get-recipientpermission": { median: 600, sigma: 0.4, tail: { share: 0.005, times: 8 } },
    "get-inboxrule": { median: 1000, sigma: 0.4, tail: { share: 0.005, times: 8 } },
  },
};

const OFF: Profile = {
  id: "off",
  budget: null,
  conc: null,
  rate: null,
  writes: null,
  itemThrottle: false,
  p5xx: 0,
  p5xxItem: 0,
  slow: null,
  busy: null,
  neighbour: null,
  latency: NO_LATENCY,
  lanes: 1,
  timeScale: 1,
  quirks: defaultQuirks(),
  faults: noFaults(),
  changes: [],
};

const REALISTIC: Profile = {
  ...OFF,
  id: "realistic",
  latency: REALISTIC_LATENCY,
  conc: { max: 10, unit: "request", retryAfter: null, perApp: 3 },
  rate: { kind: "window", n: 3000, per: 60, unit: "item", headers: true },
  writes: { n: 120, per: 60 },
};

export const PROFILES = {
  /** No limits, no latency; quirks as ever. */
  off: OFF,
  /** A realistic mix, four times as fast. */
  demo: {
    ...OFF,
    id: "demo",
    timeScale: 4,
    latency: SIMULATOR_LATENCY,
    // Felt by everybody: ten places are taken before the first batch has come back, however slow the machine.
    conc: { max: 10, unit: "request", retryAfter: null },
    rate: { kind: "window", n: 3_000, per: 60, unit: "item", headers: true },
    busy: { share: 0.002, s: 8, ra: 4 },
  },
  /** Suggested defaults where facts are missing (`exo-protocol.md` 13). */
  realistic: REALISTIC,
  /** The published budget (`exo-protocol.md` 9.4). */
  strict: {
    ...REALISTIC,
    id: "strict",
    budget: {
      recharge: 0.6,
      cutoff: -3_000_000,
      cap: 300_000,
      start: 300_000,
      gain: 20,
      maxDelay: 30_000,
      unlock: 0.9,
      warn: true,
    },
    conc: { max: 9, unit: "request", retryAfter: null, perApp: 3 },
    rate: { kind: "window", n: 200, per: 5, unit: "item", headers: true },
  },
} as const satisfies Readonly<Record<string, Profile>>;

export type ProfileName = keyof typeof PROFILES;

export function isProfileName(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name);
}
