/** Looks, again and again, for nights that have no end to follow: times that were missed or skipped or could not be started, and runs that are paused. */
import { setTimeout as sleep } from "node:timers/promises";
import type { SinkSettings } from "../config.ts";
import type { Journal, NewDelivery, ScheduleRecord, Tick } from "../journal/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import { faultOf } from "./fault.ts";
import { deliveriesOf } from "./after-night.ts";
import type { Happening } from "./message.ts";

export interface WatchParts {
  readonly journal: Pick<
    Journal,
    "schedules" | "ticks" | "openTicks" | "run" | "note" | "putNote" | "addDeliveries"
  >;
  readonly sinks: readonly SinkSettings[];
  readonly telemetry: Telemetry;
  readonly lookMs: number;
  /** Messages that ended so long ago may be gone from the journal. */
  readonly keepMs: number;
  readonly now: () => number;
  /** There is something to send. */
  readonly wake: () => void;
}

/** Clocks of machines may differ by so much. */
const CLOCKS_MS = 3_600_000;

/** Of the same trouble, people are told once in this time. */
const TELL_EVERY_MS = 60_000;
/** Times of a schedule that are looked at. */
const LOOKED_AT = 20;
const UNDONE: readonly string[] = ["missed", "skipped", "failed"];

export class Watch {
  readonly #parts: WatchParts;
  readonly #stop = new AbortController();
  /** What this process has written, or knows to be no news: so that it asks the journal once for each. */
  readonly #seen = new Set<string>();
  #turning: Promise<void> = Promise.resolve();
  #toldMs = -TELL_EVERY_MS;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#turning = this.#turn();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("The watch is stopping"));
    await this.#turning;
  }

  async #turn(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        this.#complain(error);
      }
      await sleep(this.#parts.lookMs, undefined, { signal }).catch(() => undefined); // Stopped: the loop ends.
    }
  }

  #complain(error: unknown): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    this.#parts.telemetry.emit("warning", { text: `Nights could not be looked at: ${faultOf(error)}` });
  }

  async look(): Promise<void> {
    const { journal } = this.#parts;
    const sinceMs = await this.#sinceMs();
    const schedules = await journal.schedules();
    for (const schedule of schedules) {
      const ticks = (await journal.ticks(schedule.name, LOOKED_AT)).filter(({ byHand }) => !byHand);
      for (const [place, tick] of ticks.entries())
        if (tick.dueMs > sinceMs && UNDONE.includes(tick.state))
          await this.#tellUndone(schedule, tick, ticks[place + 1]);
    }
    for (const tick of await journal.openTicks()) if (tick.state === "started") await this.#tellPaused(tick);
  }

  /** Of what was before anybody wanted to hear of it nobody hears, nor of what the journal may have forgotten that it was told. */
  async #sinceMs(): Promise<number> {
    const { journal, now, keepMs } = this.#parts;
    const since = await journal.note("notify", "since");
    const nowMs = now();
    if (typeof since === "number") return Math.max(since, nowMs - keepMs + CLOCKS_MS);
    await journal.putNote("notify", "since", nowMs);
    return nowMs;
  }

  /** @param before the time before it: the same trouble again is not told again */
  async #tellUndone(schedule: ScheduleRecord, tick: Tick, before: Tick | undefined): Promise<void> {
    const { name, job, tenant } = schedule;
    const again = before?.state === tick.state && before.reason === tick.reason;
    if (again) return;
    const about = [name, tick.dueMs, tick.state];
    await this.#tell(about, {
      ...this.#happening({ schedule: name, job, tenant, dueMs: tick.dueMs }),
      type: "night.missed",
      run: undefined,
      state: tick.state,
      trouble: tick.reason ?? tick.state,
    });
  }

  async #tellPaused({ schedule, dueMs, run: id }: Tick): Promise<void> {
    const run = await this.#parts.journal.run(id);
    if (run?.state !== "paused") return;
    const { job, tenant, reason = "" } = run;
    await this.#tell([id, "paused", reason], {
      ...this.#happening({ schedule, job, tenant, dueMs }),
      type: "night.paused",
      run: id,
      state: run.state,
      trouble: reason === "" ? "the run is paused" : reason,
    });
  }

  #happening(
    of: Pick<Happening, "schedule" | "job" | "tenant" | "dueMs">,
  ): Omit<Happening, "type" | "run" | "state" | "trouble"> {
    return {
      ...of,
      atMs: this.#parts.now(),
      troubleIsNews: true,
      comparedWith: undefined,
      news: undefined,
      notes: [],
    };
  }

  async #tell(about: readonly (string | number)[], happening: Happening): Promise<void> {
    const key = JSON.stringify(about);
    if (this.#seen.has(key)) return;
    const deliveries: readonly NewDelivery[] = deliveriesOf(this.#parts.sinks, happening, about);
    if (deliveries.length > 0 && (await this.#parts.journal.addDeliveries(deliveries)) > 0)
      this.#parts.wake();
    this.#seen.add(key);
  }
}
