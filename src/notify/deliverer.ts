/** Sends what waits in the journal, each sink in a loop of its own: one that hangs holds up nobody but itself. Any number of processes may do this at once. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Delivery, Journal } from "../journal/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
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

/** A process that has not said what came of a try after so many times the time of one is taken for dead. */
const LEASE_TRIES = 2;

export class Deliverer {
  readonly #parts: DelivererParts;
  readonly #stop = new AbortController();
  #turning: Promise<unknown> = Promise.resolve();
  #woken = Promise.withResolvers<void>();

  constructor(parts: DelivererParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#turning = Promise.all(this.#parts.sinks.map((sink) => this.#turn(sink)));
  }

  /** Something was written: look now. */
  wake(): void {
    this.#woken.resolve();
    this.#woken = Promise.withResolvers<void>();
  }

  /** What is on its way is given up, and tried again by whoever comes next. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("The deliverer is stopping"));
    await this.#turning;
  }

  async #turn(sink: Sink): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const woken = this.#woken.promise;
      if (await this.#sendNext(sink)) continue;
      const rest = new AbortController();
      const rested = sleep(this.#parts.lookMs, undefined, { signal: AbortSignal.any([signal, rest.signal]) });
      // Stopped or woken: the loop goes on, or ends.
      await Promise.race([rested.catch(() => undefined), woken]);
      rest.abort();
    }
  }

  /** @returns false when there is nothing to send, or the journal cannot be asked */
  async #sendNext(sink: Sink): Promise<boolean> {
    const { journal, owner, timeoutMs, telemetry } = this.#parts;
    try {
      const delivery = await journal.claimDelivery(sink.name, owner, LEASE_TRIES * timeoutMs);
      if (delivery === undefined) return false;
      crashPoint("delivery.claimed");
      await this.#send(sink, delivery);
      return true;
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      telemetry.emit("warning", { text: `Messages to "${sink.name}" could not be looked for: ${name}` });
      return false;
    }
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
