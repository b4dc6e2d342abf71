/** Every limit of one tenant, asked in the order the service would: lock, work in flight, rate; then call by call. */
import { shareOf } from "../random.ts";
import type { Profile, RateModel } from "../profile/profile.ts";
import { Budget } from "./budget.ts";
import { Rate, type RateState } from "./rate.ts";

/** Why something was refused. Waits in model ms; undefined: the answer names none. */
export interface Refusal {
  readonly reason: "budget" | "concurrency" | "rate" | "busy" | "writes";
  readonly waitMs: number | undefined;
}

/** A request let in; handed back when its work is done. */
export interface Ticket {
  readonly app: string;
  readonly units: number;
}

/** How one call is let run. */
export interface Grant {
  readonly delayMs: number;
  /** Balance after the charge, when the delay is to be told. */
  readonly balance: number | undefined;
}

export class Throttle {
  readonly #seed: number;
  #budget: Budget | undefined;
  #rate: Rate | undefined;
  #rateKind: RateModel["kind"] | undefined;
  #writes: Rate | undefined;
  #inFlight = 0;
  readonly #inFlightByApp = new Map<string, number>();
  readonly #firstTouch = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Requests or items in flight, as the model counts them. */
  get inFlight(): number {
    return this.#inFlight;
  }

  inFlightOf(app: string): number {
    return this.#inFlightByApp.get(app) ?? 0;
  }

  /** Lets a request of so many calls in, or refuses all of it. */
  admit(profile: Profile, nowMs: number, app: string, calls: number): Ticket | Refusal {
    const { budget, conc, rate } = profile;
    if (budget) {
      const lockedMs = this.#budgetOf(profile, nowMs)?.lockedFor(
        budget,
        nowMs,
        this.#neighbour(profile, nowMs, "budget"),
      );
      if (lockedMs !== undefined) return { reason: "budget", waitMs: lockedMs };
    }
    const units = conc?.unit === "item" ? calls : 1;
    if (conc) {
      const most = conc.max - this.#neighbour(profile, nowMs, "slots");
      const overTenant = this.#inFlight + units > most;
      const overApp = conc.perApp !== undefined && this.inFlightOf(app) + units > conc.perApp;
      if (overTenant || overApp)
        return {
          reason: "concurrency",
          waitMs: conc.retryAfter === null ? undefined : conc.retryAfter * 1000,
        };
    }
    if (rate && !profile.itemThrottle) {
      const waitMs = this.#takeRate(profile, nowMs, rate.unit === "item" ? calls : 1);
      if (waitMs !== undefined) return { reason: "rate", waitMs: this.#told(profile, waitMs) };
    }
    this.#inFlight += units;
    this.#inFlightByApp.set(app, this.inFlightOf(app) + units);
    return { app, units };
  }

  release(ticket: Ticket): void {
    this.#inFlight -= ticket.units;
    this.#inFlightByApp.set(ticket.app, this.inFlightOf(ticket.app) - ticket.units);
  }

  /** Lets one call of an admitted request run, or refuses it alone. */
  call(
    profile: Profile,
    nowMs: number,
    call: { readonly subject: string | undefined; readonly writes: boolean; readonly executionMs: number },
  ): Grant | Refusal {
    const busyWait = this.#busy(profile, nowMs, call.subject);
    if (busyWait) return busyWait;
    if (profile.itemThrottle && profile.rate) {
      const waitMs = this.#takeRate(profile, nowMs, 1);
      if (waitMs !== undefined) return { reason: "rate", waitMs: this.#told(profile, waitMs) };
    }
    if (profile.writes && call.writes) {
      this.#writes ??= new Rate(nowMs);
      const model = { ...profile.writes, kind: "window", unit: "item", headers: false } as const;
      const waitMs = this.#writes.take(model, nowMs, 0, 1);
      if (waitMs !== undefined) return { reason: "writes", waitMs };
    }
    const budget = this.#budgetOf(profile, nowMs);
    if (!budget || !profile.budget) return { delayMs: 0, balance: undefined };
    const burn = this.#neighbour(profile, nowMs, "budget");
    const lockedMs = budget.lockedFor(profile.budget, nowMs, burn);
    if (lockedMs !== undefined) return { reason: "budget", waitMs: lockedMs };
    const delayMs = budget.charge(profile.budget, nowMs, burn, call.executionMs);
    return { delayMs, balance: delayMs > 0 && profile.budget.warn ? budget.balance : undefined };
  }

  /** What the last call left of the time budget, ms; negative for debt, undefined without a budget. */
  get balanceMs(): number | undefined {
    return this.#budget?.balance;
  }

  /** What the Rate-Limit headers say; undefined when the profile sends none. */
  rateState(profile: Profile, nowMs: number): RateState | undefined {
    if (!profile.rate?.headers) return undefined;
    return this.#rateOf(profile.rate, nowMs).state(
      profile.rate,
      nowMs,
      this.#neighbour(profile, nowMs, "rate"),
    );
  }

  /** How many times slower this mailbox is right now. */
  slowness(profile: Profile, profileMs: number, subject: string | undefined): number {
    const { slow } = profile;
    if (!slow || subject === undefined || profileMs < slow.from * 1000 || profileMs >= slow.to * 1000)
      return 1;
    return shareOf(`slow/${subject}`, this.#seed) < slow.share ? slow.x : 1;
  }

  #takeRate(profile: Profile, nowMs: number, units: number): number | undefined {
    if (!profile.rate) return undefined;
    const others = this.#neighbour(profile, nowMs, "rate");
    return this.#rateOf(profile.rate, nowMs).take(profile.rate, nowMs, others, units);
  }

  /** What was used of a rate; another kind of rate starts afresh. */
  #rateOf(model: RateModel, nowMs: number): Rate {
    if (!this.#rate || this.#rateKind !== model.kind) this.#rate = new Rate(nowMs);
    this.#rateKind = model.kind;
    return this.#rate;
  }

  #told(profile: Profile, waitMs: number): number | undefined {
    const told = profile.rate?.retryAfter ?? "exact";
    if (told === "missing") return undefined;
    return told === "exact" ? waitMs : told * 1000;
  }

  #budgetOf(profile: Profile, nowMs: number): Budget | undefined {
    if (!profile.budget) {
      // A budget that comes back later starts afresh.
      this.#budget = undefined;
      return undefined;
    }
    this.#budget ??= new Budget(profile.budget, nowMs);
    return this.#budget;
  }

  #neighbour(profile: Profile, nowMs: number, what: "slots" | "budget" | "rate"): number {
    const { neighbour } = profile;
    const takes = neighbour?.[what];
    if (!neighbour || takes === undefined) return 0;
    return (nowMs / 1000) % (neighbour.on + neighbour.off) < neighbour.on ? takes : 0;
  }

  #busy(profile: Profile, nowMs: number, subject: string | undefined): Refusal | undefined {
    const { busy } = profile;
    if (!busy || subject === undefined || shareOf(`busy/${subject}`, this.#seed) >= busy.share)
      return undefined;
    const first = this.#firstTouch.get(subject) ?? nowMs;
    this.#firstTouch.set(subject, first);
    if (nowMs - first >= busy.s * 1000) return undefined;
    return { reason: "busy", waitMs: busy.ra === null ? undefined : busy.ra * 1000 };
  }
}
