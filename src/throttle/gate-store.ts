/** Calls the gate's scripts and reads their answers. Fails when Redis does; whoever calls knows what to do without. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Settings } from "../config.ts";
import { ENTER, RENEW, REPORT, STATUS } from "./gate-scripts.ts";
import type { BatchResult, GateKey } from "./gate.ts";

/** What the gate needs of Redis. `hasty` must fail soon when Redis is away. */
export interface GateRedis {
  readonly hasty: {
    evalsha(sha: string, keys: number, ...rest: (string | number)[]): Promise<unknown>;
    eval(script: string, keys: number, ...rest: (string | number)[]): Promise<unknown>;
  };
  /** Lets processes wake each other; without it they ask again after a moment. */
  subscribe?(channel: string, listener: (message: string) => void): Promise<void>;
}

/** Leave for one batch, as the store gave it. */
export interface Lease {
  readonly id: string;
  readonly calls: number;
  readonly grantedAtMs: number;
  readonly full: boolean;
  readonly scout: boolean;
}

export interface Answer {
  readonly leases: readonly Lease[];
  /** When nothing was granted: ask again after this long, or when woken. */
  readonly waitMs: number;
  readonly window: number;
  readonly closedForMs: number;
  readonly maxCalls: number;
  readonly processes: number;
}

/** What a report changed. */
export interface Change {
  readonly windowBefore: number;
  readonly windowAfter: number;
  readonly closedForMs: number;
  readonly callsBefore: number;
  readonly callsAfter: number;
}

export interface StoredStatus {
  readonly window: number;
  readonly inFlight: number;
  readonly closedForMs: number;
  readonly maxCalls: number;
  readonly rate:
    | { readonly limit: number; readonly remaining: number; readonly resetInMs: number }
    | undefined;
}

/** What a batch's result means to the law. */
export type Verdict = "ok" | "fault" | "tenant" | "slot" | "mailbox" | "none";

const numbers = z.array(z.number()).min(7);

export class GateStore {
  readonly #redis: GateRedis;
  readonly #settings: Pick<Settings, "gate" | "batch">;
  readonly #process: string;
  readonly #keys: readonly string[];
  readonly #tag: string;
  readonly #channel: string;
  readonly #shas = new Map<string, string>();
  #leases = 0;

  constructor(
    redis: GateRedis,
    settings: Pick<Settings, "gate" | "batch">,
    key: GateKey,
    process: string,
    prefix: string,
  ) {
    this.#redis = redis;
    this.#settings = settings;
    this.#process = process;
    this.#tag = gateTag(key);
    this.#channel = gateChannel(prefix);
    this.#keys = ["state", "leases", "asking", "seen"].map((part) => `${prefix}:gate:{${this.#tag}}:${part}`);
  }

  async enter(wanted: number, waiting: number, knownClosedMs: number): Promise<Answer> {
    const { gate, batch } = this.#settings;
    const first = this.#leases;
    this.#leases += wanted;
    const [waitMs = 0, window = 0, , closedForMs = 0, maxCalls = 1, processes = 1, now = 0, ...grants] =
      await this.#run(ENTER, [
        this.#process,
        first,
        wanted,
        waiting,
        gate.startWindow,
        gate.maxWindow,
        gate.leaseMs,
        Math.min(batch.startCalls, batch.maxCalls),
        batch.maxCalls,
        Math.ceil(knownClosedMs),
      ]);
    const leases = Array.from({ length: grants.length / 3 }, (_, index): Lease => {
      const [calls = 1, full, scout] = grants.slice(index * 3);
      return {
        id: `${this.#process}/${first + index}/${calls}`,
        calls,
        grantedAtMs: now,
        full: full === 1,
        scout: scout === 1,
      };
    });
    return { leases, waitMs, window: window / 1_000, closedForMs, maxCalls, processes };
  }

  async report(lease: Lease, verdict: Verdict, result: BatchResult | undefined): Promise<Change> {
    const [windowBefore = 0, windowAfter = 0, closedForMs = 0, callsBefore = 0, callsAfter = 0] =
      await this.#run(REPORT, [
        lease.id,
        lease.grantedAtMs,
        lease.full ? 1 : 0,
        lease.scout ? 1 : 0,
        result?.calls ?? 0,
        Math.round(result?.tookMs ?? 0),
        verdict,
        Math.ceil(result?.refusal?.retryAfterMs ?? -1),
        this.#settings.gate.maxRetryAfterMs,
        result?.tooLarge === true ? 1 : 0,
        result?.rate?.limit ?? -1,
        result?.rate?.remaining ?? -1,
        Math.ceil(result?.rate?.resetInMs ?? -1),
        this.#channel,
        this.#tag,
        this.#process,
      ]);
    return {
      windowBefore: windowBefore / 1_000,
      windowAfter: windowAfter / 1_000,
      closedForMs,
      callsBefore,
      callsAfter,
    };
  }

  /** A lease this process gave itself while Redis was away; told by `renew` when it is back. */
  ownLease(calls: number, scout: boolean): Lease {
    const id = `${this.#process}/${this.#leases}/${calls}`;
    this.#leases += 1;
    return { id, calls, grantedAtMs: 0, full: false, scout };
  }

  /**
   * @param kept leases that are on the wire
   * @param returned leases that ended without a report
   */
  async renew(kept: readonly string[], returned: readonly string[], knownClosedMs: number): Promise<void> {
    const leases = [kept.length, ...kept, ...returned];
    await this.#eval(RENEW, [
      this.#process,
      this.#settings.gate.leaseMs,
      Math.ceil(knownClosedMs),
      ...leases,
    ]);
  }

  async status(): Promise<StoredStatus> {
    const [window = 0, inFlight = 0, closedForMs = 0, calls = 0, limit = -1, remaining = -1, resetInMs = -1] =
      await this.#run(STATUS, []);
    const { gate, batch } = this.#settings;
    return {
      window: window > 0 ? window / 1_000 : gate.startWindow,
      inFlight,
      closedForMs,
      maxCalls: calls > 0 ? Math.min(calls, batch.maxCalls) : batch.maxCalls,
      rate: limit >= 0 ? { limit, remaining: Math.max(0, remaining), resetInMs } : undefined,
    };
  }

  async #run(script: string, args: readonly (string | number)[]): Promise<number[]> {
    return numbers.parse(await this.#eval(script, args));
  }

  async #eval(script: string, args: readonly (string | number)[]): Promise<unknown> {
    const sha = this.#shas.get(script) ?? createHash("sha1").update(script).digest("hex");
    this.#shas.set(script, sha);
    try {
      return await this.#redis.hasty.evalsha(sha, this.#keys.length, ...this.#keys, ...args);
    } catch (error) {
      // A server that was restarted knows no scripts.
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return await this.#redis.hasty.eval(script, this.#keys.length, ...this.#keys, ...args);
    }
  }
}

/** One budget of the service, one tag; GUIDs are written in either case. */
export function gateTag({ tenantId, appId }: GateKey): string {
  return `${tenantId}/${appId}`.toLowerCase();
}

export function gateChannel(prefix: string): string {
  return `${prefix}:gate`;
}
