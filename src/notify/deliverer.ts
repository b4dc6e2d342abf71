/** Sends what waits in the journal, each sink in a loop of its own: one that hangs holds up nobody but itself. Any number of processes may do this at once. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Delivery, Journal } from "../journal/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import { faultOf } from "./fault.ts";
import { crashPoint } from "../test-points.ts";
import { endOf, type Patience } from "./backoff.ts";
import { isMessage } from "./message.ts";
import type { Answer, Sink } from "./sinks/sink.ts";
import { trySink } from "./try.ts";

export interface DelivererParts extends Patience {
  readonly journal: Pick<Journal, "claimDelivery" | "endTry">;
  readonly sinks: readonly Sink[];
  readonly telemetry: Telemetry;
  readonly owner: string;
  readonly timeoutMs: number;
  readonly lookMs: number;
  readonly now: () => number;
}

/** Of the same trouble, people are told once in this time. */
const TELL_EVERY_MS = 60_000;

/** A process that has not said what came of a try after so many times the time of one is taken for dead. */
const LEASE_TRIES = 2;

export class Deliverer {
  readonly #parts: DelivererParts;
  readonly #stop = new AbortController();
  #turning: Promise<unknown> = Promise.resolve();
  #toldMs = -TELL_EVERY_MS;
  /** Loops that have nothing to do. */
  readonly #resting = new Set<AbortController>();
  #wakes = 0;

  constructor(parts: DelivererParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#turning = Promise.all(this.#parts.sinks.map((sink) => this.#turn(sink)));
  }

  /** Something was written: look now. */
  wake(): void {
    this.#wakes += 1;
    for (const rest of this.#resting) rest.abort();
  }

  /** What is on its way is given up, and tried again by whoever comes next. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("The deliverer is stopping"));
    this.wake();
    await this.#turning;
  }

  async #turn(sink: Sink): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const wakes = this.#wakes;
      // What was written while it looked may not have been seen.
      if ((await this.#sendNext(sink)) || wakes !== this.#wakes) continue;
      await this.#rest();
    }
  }

  async #rest(): Promise<void> {
    const rest = new AbortController();
    this.#resting.add(rest);
    await sleep(this.#parts.lookMs, undefined, { signal: rest.signal }).catch(() => undefined); // Woken.
    this.#resting.delete(rest);
  }

  /** @returns false when there is nothing to send, or the journal cannot be asked */
  async #sendNext(sink: Sink): Promise<boolean> {
    const { journal, owner, timeoutMs } = this.#parts;
    try {
      const delivery = await journal.claimDelivery(sink.name, owner, LEASE_TRIES * timeoutMs);
      if (delivery === undefined) return false;
      crashPoint("delivery.claimed");
      await this.#send(sink, delivery);
      return true;
    } catch (error) {
      this.#tell(error);
      return false;
    }
  }

  /** The journal's trouble is that of all sinks: it is told once for all. */
  #tell(error: unknown): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    this.#parts.telemetry.emit("warning", {
      text: `Messages could not be looked for, or put on record: ${faultOf(error)}`,
    });
  }

  async #send(sink: Sink, { id, message, createdAtMs, tries, schedule, run }: Delivery): Promise<void> {
    const { journal, owner, timeoutMs, telemetry, now } = this.#parts;
    const atMs = now();
    const answer: Answer = isMessage(message)
      ? await trySink(sink, { id, message, atMs }, timeoutMs, this.#stop.signal)
      : { is: "refused", said: "it was written by another version of this program" };
    crashPoint("delivery.answered");
    const nowMs = now();
    const tried = { tries: tries.length + 1, createdAtMs, nowMs, chance: Math.random() };
    // A try that we ended ourselves says nothing of the sink: another process may make the next one at once.
    const end =
      this.#stop.signal.aborted && answer.is === "trouble"
        ? ({ state: "waiting", nextAtMs: nowMs } as const)
        : endOf(answer, tried, this.#parts);
    const made = { atMs, tookMs: Math.max(0, nowMs - atMs), said: answer.said };
    if (!(await journal.endTry(id, owner, made, end))) return;
    crashPoint("delivery.ended");
    if (end.state === "failed") {
      const text = `A message about schedule "${schedule}" was not taken by "${sink.name}", and is given up: ${answer.said}`;
      telemetry.emit("warning", { text });
    }
    telemetry.emit("delivery:ended", {
      delivery: id,
      sink: sink.name,
      schedule,
      run,
      state: end.state,
      said: answer.said,
    });
  }
}
