/** Makes gates: one that all processes share through Redis, and one that lives in this process. */
import { randomBytes } from "node:crypto";
import type { Settings } from "../config.ts";
import type { Telemetry } from "../telemetry/index.ts";
import type { Gate, GateKey } from "./gate.ts";
import { LawInProcess } from "./law-in-process.ts";
import { type GateRedis, LawInRedis } from "./law-in-redis.ts";
import type { LawStore } from "./law-store.ts";
import type { OrdersRecord } from "./standing-orders.ts";
import { TenantGate } from "./tenant-gate.ts";

export interface MemoryGateParts {
  readonly settings: Pick<Settings, "gate" | "batch">;
  readonly telemetry: Telemetry;
  /** Milliseconds that never run backwards; only differences matter. */
  readonly now?: () => number;
}

export interface RedisGateParts extends MemoryGateParts {
  readonly redis: GateRedis;
  /** First part of every key. */
  readonly prefix?: string;
  /** Where the operator's orders outlive Redis; absent: nowhere. */
  readonly record?: OrdersRecord;
}

export function createRedisGate({ redis, prefix = "exosweep", record, ...parts }: RedisGateParts): Gate {
  const channel = `${prefix}:gate`;
  const gates = new TenantGates(parts, (tag) => new LawInRedis({ redis, prefix, tag, channel }), record);
  // Without it, waiting processes ask again every second.
  redis.subscribe?.(channel, (message) => gates.listen(message)).catch(() => {});
  return gates;
}

/** For one process alone: nothing is shared and nothing outlives it. */
export function createMemoryGate(parts: MemoryGateParts): Gate {
  const now = parts.now ?? (() => performance.now());
  return new TenantGates({ ...parts, now }, () => new LawInProcess(now));
}

class TenantGates implements Gate {
  readonly #parts: MemoryGateParts;
  readonly #storeOf: (tag: string) => LawStore;
  readonly #record: OrdersRecord | undefined;
  readonly #now: () => number;
  readonly #self = `${process.pid}-${randomBytes(6).toString("hex")}`;
  readonly #tenants = new Map<string, TenantGate>();
  /** Closed gates that were told of, also of tenants nobody here has asked for yet. */
  readonly #closures = new Map<string, number>();
  readonly #reason = new Error("Cannot send: the gate was closed");
  #closing: Promise<unknown> | undefined;

  constructor(parts: MemoryGateParts, storeOf: (tag: string) => LawStore, record?: OrdersRecord) {
    this.#parts = parts;
    this.#storeOf = storeOf;
    this.#record = record;
    this.#now = parts.now ?? (() => performance.now());
  }

  /** `TAG` (there is room), or `TAG MS` (closed for so long), as the script publishes it. */
  listen(message: string): void {
    const [tag = "", closedMs = "0"] = message.split(" ");
    const ms = Math.min(Number(closedMs) || 0, this.#parts.settings.gate.maxRetryAfterMs + 1_000);
    if (ms > 0) this.#closures.set(tag, this.#now() + ms);
    this.#tenants.get(tag)?.closedFor(ms);
    this.#tenants.get(tag)?.nudge();
  }

  async enter(...[key, ask]: Parameters<Gate["enter"]>): ReturnType<Gate["enter"]> {
    if (this.#closing) throw this.#reason;
    return await this.#tenant(key).enter(ask);
  }

  status(key: GateKey): ReturnType<Gate["status"]> {
    return this.#tenant(key).status();
  }

  order(...[key, orders]: Parameters<Gate["order"]>): Promise<void> {
    return this.#tenant(key).order(orders);
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#tenants.values()].map((gate) => gate.close(this.#reason)));
    await this.#closing;
  }

  #tenant(key: GateKey): TenantGate {
    const tag = tagOf(key);
    const known = this.#tenants.get(tag);
    if (known) return known;
    const { settings, telemetry } = this.#parts;
    const fresh = new TenantGate({
      key,
      store: this.#storeOf(tag),
      tag,
      record: this.#record,
      settings,
      telemetry,
      self: this.#self,
      now: this.#now,
      closedUntilMs: this.#closures.get(tag) ?? 0,
    });
    this.#tenants.set(tag, fresh);
    return fresh;
  }
}

/** One budget of the service, one tag; GUIDs are written in either case. */
function tagOf({ tenantId, appId }: GateKey): string {
  return `${tenantId}/${appId}`.toLowerCase();
}
