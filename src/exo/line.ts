/** Calls of one kind that wait to be sent, in order; those that come back go first. */
import type { Ask, Lane } from "../throttle/index.ts";
import type { Call } from "./call.ts";

/** Reads and writes never share a request; calls in a `single` line share none with anybody. */
export interface LineKind {
  readonly kind: Ask["kind"];
  readonly single: boolean;
}

export class Line {
  readonly lane: Lane;
  readonly kind: LineKind["kind"];
  readonly single: boolean;
  // Maps keep their order and let a call leave from the middle; their values say when each came.
  readonly #returned = new Map<Call, number>();
  readonly #fresh = new Map<Call, number>();

  constructor(lane: Lane, { kind, single }: LineKind) {
    this.lane = lane;
    this.kind = kind;
    this.single = single;
  }

  get size(): number {
    return this.#returned.size + this.#fresh.size;
  }

  /** When the call came that leaves next; the line is not empty. */
  get waitingSinceMs(): number {
    const [returned] = this.#returned.values();
    const [fresh] = this.#fresh.values();
    return returned ?? fresh ?? Number.NEGATIVE_INFINITY;
  }

  /** @param nowMs on a clock that never goes back */
  add(call: Call, first: boolean, nowMs: number): void {
    (first ? this.#returned : this.#fresh).set(call, nowMs);
  }

  /** @returns whether it was here */
  remove(call: Call): boolean {
    return this.#returned.delete(call) || this.#fresh.delete(call);
  }

  /** At most `most` calls, and no more than any of them will share a request with. */
  take(most: number): Call[] {
    const taken: Call[] = [];
    let room = this.single ? 1 : most;
    for (const call of this.#inOrder()) {
      if (taken.length >= Math.min(room, call.history.company)) break;
      room = Math.min(room, call.history.company);
      taken.push(call);
    }
    for (const call of taken) this.remove(call);
    return taken;
  }

  /**
   * For a request that is sent to see what the service allows: calls that were never refused prove most, those in trouble of their own nothing.
   * @returns none when all calls that wait are in trouble of their own
   */
  takeScouts(most: number): Call[] {
    const able = [...this.#inOrder()].filter(({ history }) => history.busy === 0);
    const clean = able.filter(({ history }) => history.throttles === 0);
    const room = this.single ? 1 : most;
    const taken = (clean.length > 0 ? clean : able)
      .filter(({ history }) => history.company >= room)
      .slice(0, room);
    const scouts = taken.length > 0 ? taken : able.slice(0, 1);
    for (const call of scouts) this.remove(call);
    return scouts;
  }

  takeAll(): Call[] {
    const all = [...this.#inOrder()];
    this.#returned.clear();
    this.#fresh.clear();
    return all;
  }

  *#inOrder(): Iterable<Call> {
    yield* this.#returned.keys();
    yield* this.#fresh.keys();
  }
}
