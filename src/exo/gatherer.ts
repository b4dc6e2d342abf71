/**
 * Gathers calls while the gate is closed or its places are taken, and sends what is there when it lets go (design.md, decision 2).
 * While a place is free, a call waits a moment for company. Each line has one request at the gate at a time, and any number on the wire.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../config.ts";
import { LANES } from "../throttle/index.ts";
import type { Gate, GateKey, Permit } from "../throttle/index.ts";
import type { Call } from "./call.ts";
import { Line } from "./line.ts";
import type { LineKind } from "./line.ts";

/** While a line has no call that would show anything. */
const SCOUT_ELSEWHERE_MS = 250;

const LINE_KINDS: readonly LineKind[] = [
  { kind: "read", single: false },
  { kind: "write", single: false },
  { kind: "read", single: true },
  { kind: "write", single: true },
];

export interface GathererParts {
  readonly gate: Gate;
  readonly key: GateKey;
  readonly batch: Settings["batch"];
  /** Resolves when there is a token, so that nobody signs in while holding a place. */
  ready(): Promise<void>;
  /** Takes calls and permit over. @param waiting calls of the same kind left behind */
  send(calls: readonly Call[], permit: Permit, waiting: number): void;
  /** The gate ended its service: what an unsent call gets to hear. */
  stopped(call: Call): Error;
}

interface Desk {
  readonly line: Line;
  serving: boolean;
  /** Calls that make a batch full. */
  full: number;
  /** Ends the lingering. */
  wake: (() => void) | undefined;
  asking: AbortController | undefined;
}

export class Gatherer {
  readonly #parts: GathererParts;
  readonly #desks = new Map<string, Desk>();

  constructor(parts: GathererParts) {
    this.#parts = parts;
    for (const lane of LANES) {
      for (const kind of LINE_KINDS) {
        this.#desks.set(deskName(lane, kind), {
          line: new Line(lane, kind),
          serving: false,
          full: kind.single ? 1 : parts.batch.startCalls,
          wake: undefined,
          asking: undefined,
        });
      }
    }
  }

  get waiting(): number {
    let calls = 0;
    for (const { line } of this.#desks.values()) calls += line.size;
    return calls;
  }

  /** @param first before everybody who has not been sent yet */
  add(call: Call, first = false): void {
    const desk = this.#deskOf(call);
    desk.line.add(call, first, performance.now());
    if (desk.line.size >= desk.full) desk.wake?.();
    if (!desk.serving) {
      desk.serving = true;
      void this.#serve(desk);
    }
  }

  /** @returns whether it was still waiting */
  withdraw(call: Call): boolean {
    const desk = this.#deskOf(call);
    const waited = desk.line.remove(call);
    if (desk.line.size === 0) {
      desk.wake?.();
      desk.asking?.abort();
    }
    return waited;
  }

  /** Everybody who still waits, taken out of the lines. */
  takeAll(): Call[] {
    return [...this.#desks.values()].flatMap((desk) => {
      const calls = desk.line.takeAll();
      desk.wake?.();
      desk.asking?.abort();
      return calls;
    });
  }

  #deskOf(call: Call): Desk {
    const kind = call.effect === "read" ? "read" : "write";
    const desk = this.#desks.get(deskName(call.lane, { kind, single: call.single || call.history.single }));
    if (desk === undefined) throw new Error(`Cannot queue a call: there is no lane "${call.lane}"`);
    return desk;
  }

  /** Runs while the line has calls. */
  async #serve(desk: Desk): Promise<void> {
    const { line } = desk;
    while (line.size > 0) {
      await this.#linger(desk);
      try {
        if (line.size > 0) await this.#parts.ready();
      } catch (error) {
        // Nobody in this line can be sent without a token.
        for (const call of line.takeAll()) call.reject(error);
      }
      if (line.size > 0) await this.#letOneGo(desk);
    }
    desk.serving = false;
  }

  async #letOneGo(desk: Desk): Promise<void> {
    const { line } = desk;
    const asking = new AbortController();
    desk.asking = asking;
    let permit: Permit;
    try {
      const ask = {
        lane: line.lane,
        kind: line.kind,
        waiting: line.size,
        maxCalls: line.single ? 1 : this.#parts.batch.maxCalls,
        signal: asking.signal,
      };
      permit = await this.#parts.gate.enter(this.#parts.key, ask);
    } catch {
      // Either everybody left the line, or the gate closed for good; it has no other reason to refuse.
      if (!asking.signal.aborted) for (const call of line.takeAll()) call.reject(this.#parts.stopped(call));
      return;
    } finally {
      desk.asking = undefined;
    }
    const calls = permit.scout ? line.takeScouts(permit.maxCalls) : line.take(permit.maxCalls);
    if (calls.length === 0) {
      await permit.cancel();
      // Calls in trouble of their own show nothing: somebody else goes first.
      if (line.size > 0) await sleep(SCOUT_ELSEWHERE_MS);
      return;
    }
    // A smaller permit may be a scout's: it does not say that smaller batches are wanted.
    if (!line.single) desk.full = Math.max(permit.maxCalls, this.#parts.batch.startCalls);
    this.#parts.send(calls, permit, line.size);
  }

  /** Until the batch is full, or its first call has waited long enough. */
  async #linger(desk: Desk): Promise<void> {
    const { line, full } = desk;
    const waitMs = line.waitingSinceMs + this.#parts.batch.lingerMs - performance.now();
    if (line.size >= full || waitMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      desk.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    desk.wake = undefined;
  }
}

function deskName(lane: Call["lane"], { kind, single }: LineKind): string {
  return `${lane} ${kind}${single ? " single" : ""}`;
}
