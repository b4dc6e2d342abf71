/** A profile: how the pretend service limits, delays and fails. Models and JSON as in `throttle.md` 4; spans in model seconds unless named otherwise. */
import type { Faults } from "./faults.ts";
import type { Quirks } from "./quirks.ts";

/** Model A, the time budget. Balances in ms of server time, `recharge` in ms per ms. */
export interface BudgetModel {
  readonly recharge: number;
  /** Below this balance the tenant is locked; negative. */
  readonly cutoff: number;
  readonly cap: number;
  readonly start: number;
  readonly gain: number;
  /** Longest delay of one call, ms. */
  readonly maxDelay: number;
  /** The lock opens at this share of the cutoff. */
  readonly unlock: number;
  /** Whether a delayed call says so in a warning. */
  readonly warn: boolean;
}

/** Model B, work in flight. */
export interface ConcurrencyModel {
  readonly max: number;
  readonly unit: "request" | "item";
  /** Seconds of the Retry-After of a refusal; null: no header. */
  readonly retryAfter: number | null;
  /** Most for one app of the tenant. */
  readonly perApp?: number;
}

interface RateShape {
  readonly unit: "request" | "item";
  readonly headers: boolean;
  /** `exact` by default; a number is said whatever is true. */
  readonly retryAfter?: "exact" | "missing" | number;
  /** Refused work counts too. */
  readonly chargeRefused?: boolean;
}

/** Model C, a rate. */
export type RateModel =
  | (RateShape & { readonly kind: "window"; readonly n: number; readonly per: number })
  | (RateShape & { readonly kind: "bucket"; readonly rate: number; readonly burst: number });

/** Log-normal milliseconds: of `tail.share` of the calls `tail.times` as much. */
export interface LatencyShape {
  readonly median: number;
  readonly sigma: number;
  readonly tail?: { readonly share: number; readonly times: number };
}

export interface LatencyModel {
  /** Network round trip, ms: not part of the time a request is in flight. */
  readonly roundTrip: number;
  /** Overhead of a request, ms: holds the slot, is not charged. */
  readonly overhead: number;
  /** How long a refusal takes, ms. */
  readonly refusal: number;
  readonly call: LatencyShape;
  /** Added to a listing for each row, ms. */
  readonly perRow: number;
  /** Calls of a kind, by lower-case cmdlet. */
  readonly cmdlets: Readonly<Record<string, LatencyShape>>;
}

export interface Profile {
  readonly id: string;
  readonly budget: BudgetModel | null;
  readonly conc: ConcurrencyModel | null;
  readonly rate: RateModel | null;
  /** Writes per seconds, on top of everything (`exo-protocol.md` 9.4, destructive cap). */
  readonly writes: { readonly n: number; readonly per: number } | null;
  /** A rate refuses single items inside a 200 batch instead of whole requests. */
  readonly itemThrottle: boolean;
  readonly p5xx: number;
  readonly p5xxItem: number;
  /** A share of the mailboxes is `x` times slower for a while. */
  readonly slow: {
    readonly from: number;
    readonly to: number;
    readonly x: number;
    readonly share: number;
  } | null;
  /** A share of the mailboxes refuses on its own for `s` seconds from the first call on. */
  readonly busy: { readonly share: number; readonly s: number; readonly ra: number | null } | null;
  /** Somebody else in the tenant, `on` seconds of every `on + off`. */
  readonly neighbour: {
    readonly on: number;
    readonly off: number;
    readonly slots?: number;
    /** ms of server time per ms. */
    readonly budget?: number;
    /** Units per second. */
    readonly rate?: number;
  } | null;
  readonly latency: LatencyModel;
  /** Items of one batch worked on at once. */
  readonly lanes: number;
  /** How many model seconds pass in a real one. */
  readonly timeScale: number;
  readonly quirks: Quirks;
  readonly faults: Faults;
  /** Patches that apply themselves at model seconds after the profile was set. */
  readonly changes: readonly { readonly at: number; readonly set: ProfilePatch }[];
}

type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> }
    : T;

/** Any part of a profile. Objects merge member by member, lists and null replace. */
export type ProfilePatch = DeepPartial<Profile>;
