/** The law over a state in this process: for tests, and while Redis is away. */
import {
  acquire,
  close,
  giveBack,
  newState,
  renew,
  report,
  resume,
  view,
  type Answer,
  type LawAsk,
  type LawResult,
  type LawSettings,
  type LawState,
} from "./law/index.ts";
import { RESUME_AFTER_MS } from "./law-script.ts";
import type { Asked, Kept, LawStore, OtherOrders, Reported, Viewed } from "./law-store.ts";

export class LawInProcess implements LawStore {
  readonly #now: () => number;
  readonly #told: (closedForMs: number) => void;
  #state: LawState;
  #orders = "";

  /**
   * @param state taken over, not copied
   * @param told hears what others must: 0 that there is room, else for how long the gate is closed
   */
  constructor(
    now: () => number,
    state: LawState = newState(now()),
    told: (closedForMs: number) => void = () => {},
  ) {
    this.#now = now;
    this.#state = state;
    this.#told = told;
  }

  ask(
    asks: readonly LawAsk[],
    settings: LawSettings,
    orders: string,
    closedForMs: number,
  ): Promise<Asked | OtherOrders> {
    if (orders !== this.#orders) return Promise.resolve({ orders: this.#orders });
    const nowMs = this.#begin(settings, closedForMs);
    const answers: Answer[] = [];
    let held: LawAsk["kind"] | undefined;
    for (const ask of asks) {
      const before = answers.at(-1);
      if (ask.kind === held && before !== undefined) {
        answers.push(before);
        continue;
      }
      const answer = acquire(this.#state, ask, settings, nowMs);
      answers.push(answer);
      if (answer.kind === "go") continue;
      if (answer.because !== "destructive") break;
      held = ask.kind;
    }
    return Promise.resolve({ answers, nowMs });
  }

  report(lease: string, result: LawResult, settings: LawSettings): Promise<Reported> {
    const nowMs = this.#begin(settings, 0);
    const reaction = report(this.#state, lease, result, settings, nowMs);
    if (reaction.closed) this.#told(reaction.closedUntilMs - nowMs);
    else if (reaction.roomy) this.#told(0);
    return Promise.resolve({ reaction, nowMs });
  }

  upkeep(
    renewed: readonly string[],
    back: readonly string[],
    settings: LawSettings,
    closedForMs: number,
  ): Promise<Kept> {
    const nowMs = this.#begin(settings, closedForMs);
    for (const lease of renewed) renew(this.#state, lease, settings, nowMs);
    for (const lease of back) giveBack(this.#state, lease, nowMs);
    if (back.length > 0) this.#told(0);
    const { processes } = view(this.#state, settings, nowMs);
    return Promise.resolve({ state: structuredClone(this.#state), processes, nowMs });
  }

  view(settings: LawSettings): Promise<Viewed> {
    const nowMs = this.#begin(settings, 0);
    const { openMs, fullMs } = this.#state;
    return Promise.resolve({
      view: view(this.#state, settings, nowMs),
      counted: { openMs, fullMs },
      nowMs,
    });
  }

  orders(): Promise<string> {
    return Promise.resolve(this.#orders);
  }

  order(orders: string, ifNone: boolean): Promise<void> {
    if (!ifNone || this.#orders === "") this.#orders = orders;
    return Promise.resolve();
  }

  #begin(settings: LawSettings, closedForMs: number): number {
    const nowMs = this.#now();
    if (nowMs - this.#state.baseMs - this.#state.t > RESUME_AFTER_MS) resume(this.#state, nowMs);
    if (closedForMs > 0) close(this.#state, nowMs + closedForMs, settings, nowMs);
    return nowMs;
  }
}
