/** The law over a state in Redis, shared by every process: one script call per decision. Fails when Redis does. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Answer, LawAsk, LawResult, LawSettings, LawState, LawView, Reaction } from "./law/index.ts";
import { LAW_SCRIPT } from "./law-script.ts";
import type { Counted } from "./share-used.ts";
import type { Asked, Kept, LawStore, OtherOrders, Reported, Viewed } from "./law-store.ts";

/** What the gate needs of Redis. `hasty` must fail soon when Redis is away. */
export interface GateRedis {
  readonly hasty: {
    evalsha(sha: string, keys: number, ...rest: string[]): Promise<unknown>;
    eval(script: string, keys: number, ...rest: string[]): Promise<unknown>;
    get(key: string): Promise<string | null>;
    set(key: string, value: string): Promise<unknown>;
    set(key: string, value: string, condition: "NX"): Promise<unknown>;
  };
  /** Lets processes wake each other; without it they ask again after a moment. */
  subscribe?(channel: string, listener: (message: string) => void): Promise<void>;
}

export interface LawInRedisParts {
  readonly redis: GateRedis;
  /** First part of every key. */
  readonly prefix: string;
  /** Names the tenant and app, and is the hash tag of their keys: all in one slot of a Redis Cluster. */
  readonly tag: string;
  readonly channel: string;
  /** Decides by this clock and not by Redis's own; for tests. */
  readonly testNow?: () => number;
}

const SCRIPT_SHA = createHash("sha1").update(LAW_SCRIPT).digest("hex");

/** Our own script speaks: only that it is the right kind of answer is checked. */
const reply = z.looseObject({ now: z.number(), born: z.number().optional() });
const otherOrders = z.object({ orders: z.string() });
const lost = z.object({ lost: z.literal(true) });

type Settled = Readonly<Record<string, unknown>> & { readonly settings: LawSettings };
type Lease = LawState["leases"][string];
/** A state that is lost again and again is somebody's doing; then the gate lives by its own share for a while. */
const MOST_ADOPTIONS = 3;

export class LawInRedis implements LawStore {
  readonly #parts: LawInRedisParts;
  /** For the day Redis loses everything: which state we know, as it was last seen, and our leases in it. */
  #born: number | undefined;
  #seen: LawState | undefined;
  readonly #leases = new Map<string, Lease>();
  #process = "";
  #adopting: Promise<void> | undefined;
  readonly #keys: readonly [state: string, orders: string];

  constructor(parts: LawInRedisParts) {
    this.#parts = parts;
    const base = `${parts.prefix}:gate:{${parts.tag}}`;
    this.#keys = [`${base}:law`, `${base}:orders`];
  }

  async ask(
    asks: readonly LawAsk[],
    settings: LawSettings,
    orders: string,
    closedMs: number,
  ): Promise<Asked | OtherOrders> {
    this.#process = asks[0]?.process ?? this.#process;
    const held = createHash("sha1").update(orders).digest("hex");
    const answer = await this.#run("ask", { asks, settings, orders: held, closedMs });
    const changed = otherOrders.safeParse(answer);
    if (changed.success) return changed.data;
    const { now, answers, leases } = reply.parse(answer);
    for (const [id, lease] of Object.entries(leases as Record<string, Lease>)) this.#leases.set(id, lease);
    return { answers: answers as readonly Answer[], nowMs: now };
  }

  async report(lease: string, result: LawResult, settings: LawSettings): Promise<Reported> {
    const { now, reaction } = reply.parse(await this.#run("report", { lease, result, settings }));
    this.#leases.delete(lease);
    return { reaction: reaction as Reaction, nowMs: now };
  }

  async upkeep(
    renew: readonly string[],
    back: readonly string[],
    settings: LawSettings,
    closedMs: number,
  ): Promise<Kept> {
    const answer = reply.parse(await this.#run("upkeep", { renew, back, settings, closedMs }));
    for (const lease of back) this.#leases.delete(lease);
    const { born: _, ...state } = answer["state"] as LawState & { readonly born?: number };
    this.#seen = state;
    return { state, processes: Number(answer["processes"]), nowMs: answer.now };
  }

  async view(settings: LawSettings): Promise<Viewed> {
    const { now, view, counted } = reply.parse(await this.#call("view", { settings }));
    return { view: view as LawView, counted: counted as Counted, nowMs: now };
  }

  async orders(): Promise<string> {
    return (await this.#parts.redis.hasty.get(this.#keys[1])) ?? "";
  }

  async order(orders: string, ifNone: boolean): Promise<void> {
    const { hasty } = this.#parts.redis;
    await (ifNone ? hasty.set(this.#keys[1], orders, "NX") : hasty.set(this.#keys[1], orders));
  }

  /** @throws also when the state is lost faster than it can be put back */
  async #run(what: string, input: Settled): Promise<unknown> {
    for (let adoptions = 0; ; adoptions += 1) {
      const answer = await this.#call(what, { ...input, born: this.#born });
      if (!lost.safeParse(answer).success) {
        this.#born = reply.safeParse(answer).data?.born ?? this.#born;
        return answer;
      }
      if (adoptions === MOST_ADOPTIONS)
        throw new Error("Cannot ask the gate: its state is lost again and again");
      await (this.#adopting ??= this.#adopt(input.settings).finally(() => (this.#adopting = undefined)));
    }
  }

  /** Redis lost the state we know, or somebody began another one: ours is put back, and what we have on the wire is put into it. */
  async #adopt(settings: LawSettings): Promise<void> {
    const ours = { process: this.#process, leases: Object.fromEntries(this.#leases) };
    this.#born = reply.parse(await this.#call("adopt", { ...ours, settings, state: this.#seen })).born;
  }

  async #call(what: string, input: object): Promise<unknown> {
    const { redis, channel, tag, testNow } = this.#parts;
    const args = [what, JSON.stringify(input), channel, tag, testNow === undefined ? "" : String(testNow())];
    let answer: unknown;
    try {
      answer = await redis.hasty.evalsha(SCRIPT_SHA, 2, ...this.#keys, ...args);
    } catch (error) {
      // A server that was restarted knows no scripts.
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      answer = await redis.hasty.eval(LAW_SCRIPT, 2, ...this.#keys, ...args);
    }
    return JSON.parse(z.string().parse(answer));
  }
}
