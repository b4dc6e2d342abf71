/** The gate that all processes share through Redis. */
import { randomBytes } from "node:crypto";
import type { Settings } from "../config.ts";
import type { Telemetry } from "../telemetry/index.ts";
import type { Gate, GateKey } from "./gate.ts";
import { gateChannel, type GateRedis, GateStore, gateTag } from "./gate-store.ts";
import { TenantGate } from "./tenant-gate.ts";

export interface GateParts {
  readonly redis: GateRedis;
  readonly settings: Pick<Settings, "gate" | "batch">;
  readonly telemetry: Telemetry;
  /** First part of every key. */
  readonly prefix?: string;
  /** Milliseconds that never run backwards; only differences matter. */
  readonly now?: () => number;
}

export function createRedisGate({
  redis,
  settings,
  telemetry,
  prefix = "exosweep",
  now = () => performance.now(),
}: GateParts): Gate {
  const tenants = new Map<string, TenantGate>();
  /** Closed gates that were told of, also of tenants nobody here has asked for yet. */
  const closures = new Map<string, number>();
  const self = `${process.pid}-${randomBytes(6).toString("hex")}`;
  const reason = new Error("Cannot send: the gate was closed");
  let closing: Promise<unknown> | undefined;

  const listen = (message: string): void => {
    const [tag = "", closedMs = "0"] = message.split(" ");
    const ms = Math.min(Number(closedMs) || 0, settings.gate.maxRetryAfterMs + 1_000);
    if (ms > 0) closures.set(tag, now() + ms);
    tenants.get(tag)?.closedFor(ms);
    tenants.get(tag)?.wake();
  };
  // Without it, waiting processes ask again every quarter of a second.
  redis.subscribe?.(gateChannel(prefix), listen).catch(() => {});

  const tenantGate = (key: GateKey): TenantGate => {
    const tag = gateTag(key);
    const known = tenants.get(tag);
    if (known) return known;
    const store = new GateStore(redis, settings, key, self, prefix);
    const closedUntilMs = closures.get(tag) ?? 0;
    const fresh = new TenantGate({ key, store, settings, telemetry, now, closedUntilMs });
    tenants.set(tag, fresh);
    return fresh;
  };

  return {
    async enter(key, ask) {
      if (closing) throw reason;
      return await tenantGate(key).enter(ask);
    },
    status: (key) => tenantGate(key).status(),
    async close() {
      closing ??= Promise.all([...tenants.values()].map((gate) => gate.close(reason)));
      await closing;
    },
  };
}
