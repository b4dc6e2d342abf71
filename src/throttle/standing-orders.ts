/** The operator's orders as this process knows them, where they are written down, and the law's settings they make at this moment. */
import type { Settings } from "../config.ts";
import type { LawSettings } from "./law/index.ts";
import { lawSettings, type Orders, parseOrders } from "./orders.ts";

/** Where orders outlive Redis. Raw text, as Redis has it. */
export interface OrdersRecord {
  /** @param gate names a tenant and app @returns undefined when none were ever given */
  read(gate: string): Promise<string | undefined>;
  write(gate: string, orders: string): Promise<void>;
}

/** A timetable is looked at this often. */
const LOOK_MS = 1_000;
/** The record is looked at this often while work goes on: Redis may have lost what we never heard of. */
const RECALL_MS = 10_000;

export class StandingOrders {
  readonly #settings: Pick<Settings, "gate" | "batch">;
  readonly #now: () => number;
  #text = "";
  #orders: Orders = {};
  readonly #record: (() => Promise<string | undefined>) | undefined;
  #recalledAtMs = Number.NEGATIVE_INFINITY;
  #made: { readonly atMs: number; readonly settings: LawSettings } | undefined;

  /**
   * @param now milliseconds that never run backwards
   * @param record what is written down; absent: nothing is
   */
  constructor(
    settings: Pick<Settings, "gate" | "batch">,
    now: () => number,
    record?: () => Promise<string | undefined>,
  ) {
    this.#settings = settings;
    this.#now = now;
    this.#record = record;
  }

  /** As they are stored; empty: none were ever given. */
  get text(): string {
    return this.#text;
  }

  get orders(): Orders {
    return this.#orders;
  }

  /** @param stored what the store has; when it has nothing, it lost what we know */
  obey(stored: string): void {
    if (stored === this.#text || stored === "") return;
    this.#text = stored;
    this.#orders = parseOrders(stored);
    this.#made = undefined;
  }

  /**
   * Looks at the record, when it is time to. Orders are written down before any process hears of them, so what it says counts.
   * @returns true when it said something new
   */
  async recall(): Promise<boolean> {
    if (this.#record === undefined || this.#now() - this.#recalledAtMs < RECALL_MS) return false;
    this.#recalledAtMs = this.#now();
    const before = this.#text;
    try {
      this.obey((await this.#record()) ?? "");
    } catch {
      // Who works without the journal hears of it from the journal; what is known already holds meanwhile.
    }
    return this.#text !== before;
  }

  settings(): LawSettings {
    const atMs = this.#now();
    if (this.#made === undefined || atMs - this.#made.atMs > LOOK_MS) {
      this.#made = { atMs, settings: lawSettings(this.#settings, this.#orders, Date.now()) };
    }
    return this.#made.settings;
  }
}
