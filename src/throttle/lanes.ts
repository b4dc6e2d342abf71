/**
 * Who goes next within one process, for one tenant: lanes take turns by priority, one asker at a time.
 *
 * Bottleneck (local mode) orders the turns; how many batches may be out is the gate's to say, for all processes together. Bottleneck manages
 * some hundred turns a second only (`queue.md` 2d), so it never stands between a free place and a batch: who comes when nobody waits asks the
 * gate directly, and a turn asks for as many batches as its lane has waiting. A lane gives its turn up as soon as a better one comes.
 */
import Bottleneck from "bottleneck";
import { LANES, type Ask, type Lane } from "./gate.ts";

export interface Turn<Grant> {
  /** One per ask, in order; undefined where it must wait. */
  readonly grants: readonly (Grant | undefined)[];
  /** With no grant: how long to wait before asking again, unless woken. */
  readonly waitMs: number;
  /** Only these asks must wait, others may go: the turn is given up meanwhile. */
  readonly passing: boolean;
  /** Time alone lets them go: nobody's report does. */
  readonly timed: boolean;
}

/** Asked for in one turn: a longer line is served in several. */
const MOST_ASKS = 100;

interface Waiter<Grant> {
  readonly ask: Ask;
  readonly resolve: (grant: Grant) => void;
  readonly reject: (reason: unknown) => void;
}

export class Lanes<Grant> {
  // Bottleneck notes by the wall clock when the next turn may begin: with a clock set back by an hour it would wait that hour.
  readonly #turns = new Bottleneck({ maxConcurrent: 1, minTime: Number.NEGATIVE_INFINITY });
  readonly #waiting: Readonly<Record<Lane, Waiter<Grant>[]>> = {
    interactive: [],
    write: [],
    bulk: [],
    mailbox: [],
  };
  /** Lanes that have a turn, or one coming. */
  readonly #serving = new Set<Lane>();
  /** Lanes that gave their turn up, and come back. */
  readonly #later = new Map<Lane, NodeJS.Timeout>();
  readonly #askGate: (asks: readonly Ask[]) => Promise<Turn<Grant>>;
  readonly #giveBack: (grant: Grant) => void;
  #wake: () => void = () => {};
  #woken = false;
  #timed = false;
  /** A lane that came when nobody waited is asking, without a turn. */
  #direct: Promise<void> | undefined;
  #closed: Error | undefined;

  /** @param giveBack for a grant whose asker went away meanwhile */
  constructor(askGate: (asks: readonly Ask[]) => Promise<Turn<Grant>>, giveBack: (grant: Grant) => void) {
    this.#askGate = askGate;
    this.#giveBack = giveBack;
    // Until its first turn it goes by the time it was made at: that turn is taken now, for nobody.
    this.#turns.schedule(() => Promise.resolve()).catch(() => {});
  }

  /** @throws the signal's reason, or why the gate was closed */
  async join(ask: Ask): Promise<Grant> {
    ask.signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;
    const { promise, resolve, reject } = Promise.withResolvers<Grant>();
    const waiter: Waiter<Grant> = { ask, resolve, reject };
    const line = this.#waiting[ask.lane];
    const withdraw = (): void => {
      const place = line.indexOf(waiter);
      if (place >= 0) line.splice(place, 1);
      reject(ask.signal?.reason);
      this.wake();
    };
    ask.signal?.addEventListener("abort", withdraw, { once: true });
    line.push(waiter);
    this.#begin(ask.lane);
    this.wake();
    try {
      return await promise;
    } finally {
      ask.signal?.removeEventListener("abort", withdraw);
    }
  }

  /** Makes whoever has the turn ask again now. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  /** The same, unless time alone is waited for. */
  nudge(): void {
    if (!this.#timed) this.wake();
  }

  /** Ends all waiting. */
  async close(reason: Error): Promise<void> {
    this.#closed = reason;
    for (const timer of this.#later.values()) clearTimeout(timer);
    for (const lane of LANES) for (const waiter of this.#waiting[lane].splice(0)) waiter.reject(reason);
    this.wake();
    await this.#direct;
    await this.#turns.stop({ dropWaitingJobs: true });
  }

  /** Sees to it that the lane is served: at once when nobody else is, else by a turn. */
  #begin(lane: Lane): void {
    if (this.#serving.has(lane) || this.#closed) return;
    const alone = this.#serving.size === 0;
    this.#serving.add(lane);
    if (!alone) {
      this.#queueTurn(lane);
      return;
    }
    this.#direct = this.#askOnce(lane).then((turn) => {
      this.#direct = undefined;
      return this.#end(lane, turn);
    });
  }

  #queueTurn(lane: Lane): void {
    // Rejected only when close() drops it, and then nobody waits for it any more.
    this.#turns.schedule({ priority: LANES.indexOf(lane) }, () => this.#turn(lane)).catch(() => {});
  }

  async #turn(lane: Lane): Promise<void> {
    await this.#direct;
    let turn: Turn<Grant> | undefined;
    while (this.#waiting[lane].length > 0 && !this.#betterThan(lane)) {
      turn = await this.#askOnce(lane);
      if (turn.passing || turn.grants.some((grant) => grant !== undefined)) break;
      await this.#pause(turn);
    }
    this.#end(lane, turn);
  }

  #end(lane: Lane, turn: Turn<Grant> | undefined): void {
    if (this.#waiting[lane].length === 0 || this.#closed) this.#serving.delete(lane);
    else if (turn?.passing !== true) this.#queueTurn(lane);
    else {
      const back = (): void => {
        this.#later.delete(lane);
        this.#queueTurn(lane);
      };
      this.#later.set(lane, setTimeout(back, turn.waitMs));
    }
  }

  async #askOnce(lane: Lane): Promise<Turn<Grant>> {
    const line = this.#waiting[lane];
    this.#woken = false;
    // Aborted meanwhile, the lane is empty: nothing is asked for.
    const asking = line.slice(0, MOST_ASKS);
    if (asking.length === 0) return { grants: [], waitMs: 0, passing: false, timed: false };
    try {
      const turn = await this.#askGate(asking.map(({ ask }) => ask));
      for (const [place, grant] of turn.grants.entries()) {
        if (grant === undefined) continue;
        const waiter = asking[place];
        const there = waiter === undefined ? -1 : line.indexOf(waiter);
        // Who was aborted meanwhile takes no place.
        if (there >= 0) line.splice(there, 1)[0]?.resolve(grant);
        else this.#giveBack(grant);
      }
      return turn;
    } catch (error) {
      for (const waiter of line.splice(0)) waiter.reject(error);
      return { grants: [], waitMs: 0, passing: false, timed: false };
    }
  }

  /** A better lane could use the turn; one that gave it up for a while could not. */
  #betterThan(lane: Lane): boolean {
    return LANES.slice(0, LANES.indexOf(lane)).some(
      (better) => this.#waiting[better].length > 0 && !this.#later.has(better),
    );
  }

  async #pause({ waitMs, timed }: Turn<Grant>): Promise<void> {
    if (this.#woken) return;
    this.#timed = timed;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = () => {};
    this.#timed = false;
  }
}
