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

export function createRedisGate({ redis, settings, telemetry, prefix = "exosweep", now }: GateParts): Gate {
  const tenants = new Map<string, TenantGate>();
  const self = `${process.pid}-${randomBytes(6).toString("hex")}`;
  const clock = now ?? (() => performance.now());
  let closed: Error | undefined;
  // Without it, waiting processes ask again every quarter of a second.
  redis.subscribe?.(gateChannel(prefix), (tag) => tenants.get(tag)?.wake()).catch(() => {});

  const tenantGate = (key: GateKey): TenantGate => {
    const tag = gateTag(key);
    const known = tenants.get(tag);
    if (known) return known;
    const fresh = new TenantGate(
      key,
      new GateStore(redis, settings, key, self, prefix),
      settings,
      telemetry,
      clock,
    );
    tenants.set(tag, fresh);
    return fresh;
  };

  return {
    async enter(key, ask) {
      if (closed) throw closed;
      return await tenantGate(key).enter(ask);
    },
    status: (key) => tenantGate(key).status(),
    async close() {
      closed ??= new Error("Cannot send: the gate was closed");
      await Promise.all([...tenants.values()].map((gate) => gate.close(closed ?? new Error("closed"))));
    },
  };
}
