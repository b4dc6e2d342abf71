/** Gives messages an end: those to a sink that nobody has in the settings any more are given up, those that ended long ago are removed. Any number of processes may do this at once. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Delivery, Journal } from "../journal/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import { faultOf } from "./fault.ts";

export interface KeeperParts {
  readonly journal: Pick<Journal, "giveUpDeliveries" | "forgetDeliveries">;
  /** Names of the sinks of the settings. */
  readonly sinks: readonly string[];
  readonly telemetry: Telemetry;
  /** What nobody has tried for so long is given up: another process may have the sink in its settings. */
  readonly giveUpMs: number;
  /** What ended so long ago is removed. */
  readonly keepMs: number;
  readonly now: () => number;
}

const EVERY_MS = 600_000;
/** Messages in one transaction: no writer waits long. */
const AT_ONCE = 500;
const REASON = "the sink is not in the settings any more";

export class Keeper {
  readonly #parts: KeeperParts;
  readonly #stop = new AbortController();
  #turning: Promise<void> = Promise.resolve();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#turning = this.#turn();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("The keeper is stopping"));
    await this.#turning;
  }

  async #turn(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.keep();
      } catch (error) {
        this.#parts.telemetry.emit("warning", {
          text: `Old messages could not be put away: ${faultOf(error)}`,
        });
      }
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined); // Stopped: the loop ends.
    }
  }

  async keep(): Promise<void> {
    const { journal, sinks, giveUpMs, keepMs, now } = this.#parts;
    const { signal } = this.#stop;
    for (let more = true; more && !signal.aborted;) {
      const atMs = now();
      const given = { sinks, dueBeforeMs: atMs - giveUpMs, atMs, reason: REASON };
      const ended = await journal.giveUpDeliveries(given, AT_ONCE);
      this.#tell(ended);
      more = ended.length === AT_ONCE;
    }
    for (let more = true; more && !signal.aborted;)
      more = (await journal.forgetDeliveries(now() - keepMs, AT_ONCE)) === AT_ONCE;
  }

  #tell(given: readonly Delivery[]): void {
    const { telemetry } = this.#parts;
    for (const [sink, { length }] of Map.groupBy(given, (delivery) => delivery.sink)) {
      const words = length === 1 ? "A message" : `${length} messages`;
      const text = `${words} to "${sink}" ${length === 1 ? "is" : "are"} given up: ${REASON}`;
      telemetry.emit("warning", { text });
    }
    for (const { id, sink, schedule, run } of given)
      telemetry.emit("delivery:ended", { delivery: id, sink, schedule, run, state: "failed", said: REASON });
  }
}
