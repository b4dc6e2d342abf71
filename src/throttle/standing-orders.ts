/** The operator's orders as this process knows them, and the law's settings they make at this moment. */
import type { Settings } from "../config.ts";
import type { LawSettings } from "./law/index.ts";
import { lawSettings, type Orders, parseOrders } from "./orders.ts";

/** A timetable is looked at this often. */
const LOOK_MS = 1_000;

export class StandingOrders {
  readonly #settings: Pick<Settings, "gate" | "batch">;
  readonly #now: () => number;
  #text = "";
  #orders: Orders = {};
  #made: { readonly atMs: number; readonly settings: LawSettings } | undefined;

  /** @param now milliseconds that never run backwards */
  constructor(settings: Pick<Settings, "gate" | "batch">, now: () => number) {
    this.#settings = settings;
    this.#now = now;
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

  settings(): LawSettings {
    const atMs = this.#now();
    if (this.#made === undefined || atMs - this.#made.atMs > LOOK_MS) {
      this.#made = { atMs, settings: lawSettings(this.#settings, this.#orders, Date.now()) };
    }
    return this.#made.settings;
  }
}
