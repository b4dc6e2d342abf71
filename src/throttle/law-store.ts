/** Where the law's state lives: in Redis for all processes, or in this one. Each call is one decision, whole or not at all. */
import type { Counted } from "./share-used.ts";
import type { Answer, LawAsk, LawResult, LawSettings, LawState, LawView, Reaction } from "./law/index.ts";

export interface Asked {
  /** One per ask, in order; after a `wait` that binds all, there may be none for the rest. Times are by the store's clock, as is `nowMs`. */
  readonly answers: readonly Answer[];
  readonly nowMs: number;
}

export interface Reported {
  readonly reaction: Reaction;
  readonly nowMs: number;
}

export interface Kept {
  /** A copy, for the day the store is away. */
  readonly state: LawState;
  readonly processes: number;
  readonly nowMs: number;
}

export interface Viewed {
  readonly view: LawView;
  readonly counted: Counted;
  readonly nowMs: number;
}

/** The orders the settings were made from are not the operator's any more. Raw text; empty: there are none. */
export interface OtherOrders {
  readonly orders: string;
}

/** Every method rejects when the store is away; nothing was changed then, or nobody can tell. */
export interface LawStore {
  /**
   * @param orders raw text the settings were made from
   * @param closedForMs what the asker knows of a closed gate
   */
  ask(
    asks: readonly LawAsk[],
    settings: LawSettings,
    orders: string,
    closedForMs: number,
  ): Promise<Asked | OtherOrders>;
  report(lease: string, result: LawResult, settings: LawSettings): Promise<Reported>;
  /** @param renew leases on the wire; @param back leases that ended without a report */
  upkeep(
    renew: readonly string[],
    back: readonly string[],
    settings: LawSettings,
    closedForMs: number,
  ): Promise<Kept>;
  view(settings: LawSettings): Promise<Viewed>;
  /** The operator's orders as they are; empty: none. */
  orders(): Promise<string>;
  /** @param ifNone only when there are none: they were lost with Redis */
  order(orders: string, ifNone: boolean): Promise<void>;
}
