/** The pretended service: takes a batch, asks its limits in the order the real one seems to, works on the calls, answers. */
import type { Events } from "../events.ts";
import type { Dice } from "../random.ts";
import {
  type Limits,
  MAILBOXES,
  OVERHEAD_MS,
  REFUSAL_MS,
  ROUND_TRIP_MS,
  type Scenario,
  limitsAt,
  neighbourTakes,
} from "../scenario.ts";
import { Budget } from "./budget.ts";
import { Rate, type RateLeft } from "./rate.ts";

/** How one call ended. */
export interface CallEnd {
  readonly is: "passed" | "slot" | "refused" | "fault";
  readonly retryAfterMs: number | undefined;
}

export interface BatchEnd {
  /** In the order of the calls. */
  readonly calls: readonly CallEnd[];
  /** One answer for all of them. */
  readonly whole: boolean;
  readonly rate: RateLeft | undefined;
  readonly balance: { balanceMs: number; rechargeMsPerHour: number; cutoffMs: number } | undefined;
}

const PASSED: CallEnd = { is: "passed", retryAfterMs: undefined };
const FAULT: CallEnd = { is: "fault", retryAfterMs: undefined };

export class Server {
  readonly #scenario: Scenario;
  readonly #events: Events;
  readonly #dice: Dice;
  /** ms of work of each mailbox, and whether it is one of the slow or busy ones. */
  readonly #workMs: Float64Array;
  readonly #luck: Float64Array;
  readonly #firstTouchMs = new Map<number, number>();
  readonly #budget: Budget;
  readonly #rate = new Rate();
  #limits: Limits;
  #nextChange = 0;
  #inFlight = 0;
  /** Refusals of mailboxes by themselves; nobody's fault. */
  ownRefusals = 0;
  lowestBalance = 0;

  constructor(scenario: Scenario, events: Events, dice: Dice) {
    this.#scenario = scenario;
    this.#events = events;
    this.#dice = dice;
    const count = scenario.mailboxes ?? MAILBOXES;
    this.#workMs = new Float64Array(count);
    this.#luck = new Float64Array(count);
    for (let at = 0; at < count; at += 1) {
      const long = dice.next() < 0.005 ? 8 : 1;
      this.#workMs[at] = 220 * Math.exp(0.5 * dice.normal()) * long;
      this.#luck[at] = dice.next();
    }
    this.#limits = limitsAt(scenario, 0);
    this.#budget = new Budget(scenario.budget?.start ?? 0);
  }

  get balance(): number {
    return this.#budget.balance;
  }

  get meanWorkMs(): number {
    return this.#workMs.reduce((sum, ms) => sum + ms, 0) / this.#workMs.length;
  }

  /** Sends a batch now; `answered` is called when its answer arrives. */
  send(mailboxes: readonly number[], answered: (end: BatchEnd) => void): void {
    const half = (this.#scenario.roundTripMs ?? ROUND_TRIP_MS) / 2;
    this.#events.at(this.#events.nowMs + half, () => {
      this.#arrive(mailboxes, (end) => {
        this.#events.at(this.#events.nowMs + half, () => {
          answered(end);
        });
      });
    });
  }

  #arrive(mailboxes: readonly number[], answer: (end: BatchEnd) => void): void {
    const nowMs = this.#events.nowMs;
    const { conc, rate, budget } = this.#current(nowMs);
    const refuse = (end: CallEnd): void => {
      this.#events.at(nowMs + REFUSAL_MS, () => {
        answer(
          this.#end(
            mailboxes.map(() => end),
            true,
            undefined,
          ),
        );
      });
    };
    if (budget) {
      const lockedMs = this.#budget.lockedForMs(budget, nowMs, this.#neighbour(nowMs, "budget"));
      if (lockedMs > 0) {
        refuse({ is: "refused", retryAfterMs: lockedMs });
        return;
      }
    }
    const units = conc?.unit === "item" ? mailboxes.length : 1;
    if (conc && this.#inFlight + units > conc.max - this.#neighbour(nowMs, "slots")) {
      refuse({ is: "slot", retryAfterMs: conc.retryAfter === null ? undefined : conc.retryAfter * 1_000 });
      return;
    }
    if (rate && this.#scenario.itemThrottle !== true) {
      const others = this.#neighbour(nowMs, "rate");
      const waitMs = this.#rate.take(rate, nowMs, others, rate.unit === "item" ? mailboxes.length : 1);
      if (waitMs > 0) {
        refuse({ is: "refused", retryAfterMs: this.#told(waitMs) });
        return;
      }
    }
    if (this.#dice.next() < (this.#scenario.p5xx ?? 0)) {
      refuse(FAULT);
      return;
    }
    this.#inFlight += units;
    this.#events.at(nowMs + (this.#scenario.overheadMs ?? OVERHEAD_MS), () => {
      this.#work(mailboxes, (ends, balance) => {
        this.#inFlight -= units;
        answer(this.#end(ends, false, balance));
      });
    });
  }

  #work(mailboxes: readonly number[], done: (ends: CallEnd[], balance: BatchEnd["balance"]) => void): void {
    const ends: CallEnd[] = [];
    let next = 0;
    let open = Math.min(this.#scenario.lanes ?? 1, mailboxes.length);
    let balance: BatchEnd["balance"];
    const lane = (): void => {
      while (next < mailboxes.length) {
        const place = next;
        next += 1;
        const started = this.#start(mailboxes[place] ?? 0);
        if (typeof started === "number") {
          this.#events.at(this.#events.nowMs + started, () => {
            ends[place] = this.#dice.next() < (this.#scenario.p5xxItem ?? 0) ? FAULT : PASSED;
            lane();
          });
          balance = this.#balanceTold() ?? balance;
          return;
        }
        ends[place] = started;
      }
      open -= 1;
      if (open === 0) done(ends, balance);
    };
    for (let count = open; count > 0; count -= 1) lane();
  }

  /** @returns how long the call takes, or how it was refused */
  #start(mailbox: number): number | CallEnd {
    const nowMs = this.#events.nowMs;
    const luck = this.#luck[mailbox] ?? 1;
    const { busy, slow, itemThrottle } = this.#scenario;
    const { rate, budget } = this.#current(nowMs);
    if (busy && luck < busy.share) {
      const first = this.#firstTouchMs.get(mailbox) ?? nowMs;
      this.#firstTouchMs.set(mailbox, first);
      if (nowMs - first < busy.s * 1_000) {
        this.ownRefusals += 1;
        return { is: "refused", retryAfterMs: busy.ra === null ? undefined : busy.ra * 1_000 };
      }
    }
    if (rate && itemThrottle === true) {
      const waitMs = this.#rate.take(rate, nowMs, this.#neighbour(nowMs, "rate"), 1);
      if (waitMs > 0) return { is: "refused", retryAfterMs: this.#told(waitMs) };
    }
    const isSlow = slow && nowMs >= slow.from * 1_000 && nowMs < slow.to * 1_000 && luck > 1 - slow.share;
    const workMs = (this.#workMs[mailbox] ?? 0) * (isSlow ? slow.x : 1);
    if (!budget) return workMs;
    const burn = this.#neighbour(nowMs, "budget");
    const lockedMs = this.#budget.lockedForMs(budget, nowMs, burn);
    if (lockedMs > 0) return { is: "refused", retryAfterMs: lockedMs };
    const delayMs = this.#budget.charge(budget, nowMs, burn, workMs);
    this.lowestBalance = Math.min(this.lowestBalance, this.#budget.balance);
    return workMs + delayMs;
  }

  #balanceTold(): BatchEnd["balance"] {
    const budget = this.#limits.budget;
    if (budget === undefined || !budget.warn || this.#budget.balance >= 0) return undefined;
    return {
      balanceMs: Math.round(this.#budget.balance),
      rechargeMsPerHour: Math.round(budget.recharge * 3_600_000),
      cutoffMs: budget.cutoff,
    };
  }

  #end(calls: readonly CallEnd[], whole: boolean, balance: BatchEnd["balance"]): BatchEnd {
    const nowMs = this.#events.nowMs;
    const { rate } = this.#current(nowMs);
    const left =
      rate?.headers === true ? this.#rate.left(rate, nowMs, this.#neighbour(nowMs, "rate")) : undefined;
    return { calls, whole, rate: left, balance };
  }

  #told(waitMs: number): number | undefined {
    const told = this.#limits.rate?.retryAfter ?? "exact";
    if (told === "missing") return undefined;
    return told === "exact" ? waitMs : told * 1_000;
  }

  #neighbour(nowMs: number, what: "slots" | "budget" | "rate"): number {
    return neighbourTakes(this.#scenario, nowMs, what);
  }

  #current(nowMs: number): Limits {
    const change = this.#scenario.changes?.[this.#nextChange];
    if (change !== undefined && nowMs >= change.at * 1_000) {
      this.#nextChange += 1;
      this.#limits = limitsAt(this.#scenario, nowMs);
    }
    return this.#limits;
  }
}
