/**
 * throttle: when a tenant's next batch may leave, and how large. Knows nothing of cmdlets. The only home of bottleneck and of the gate's Lua.
 * Promises that a tenant-level `Retry-After` holds in every process, that dead processes give their places back, and that without Redis
 * it never fails open.
 */
export { LANES } from "./gate.ts";
export type { Ask, BatchResult, Gate, GateKey, Lane, Permit, RateReading } from "./gate.ts";
export { createRedisGate } from "./redis-gate.ts";
