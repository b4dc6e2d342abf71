/** Calls of one kind that wait to be sent, in order; those that come back go first. */
import type { Lane } from "../throttle/index.ts";
import type { Call } from "./call.ts";

/** Reads and writes never share a request; calls in `single` share none with anybody. */
export type LineKind = "read" | "write" | "single";

export class Line {
  readonly lane: Lane;
  readonly kind: LineKind;
  // Maps keep their order and let a call leave from the middle; their values say when each came.
  readonly #returned = new Map<Call, number>();
  readonly #fresh = new Map<Call, number>();

  constructor(lane: Lane, kind: LineKind) {
    this.lane = lane;
    this.kind = kind;
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
    let room = this.kind === "single" ? 1 : most;
    for (const call of this.#inOrder()) {
      if (taken.length >= Math.min(room, call.history.company)) break;
      room = Math.min(room, call.history.company);
      taken.push(call);
    }
    for (const call of taken) this.remove(call);
    return taken;
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
