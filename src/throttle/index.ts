/**
 * throttle: when a tenant's next batch may leave, and how large. Knows nothing of cmdlets. The only home of bottleneck and of the gate's Lua.
 * The law (`law/`) decides; it is written once and runs in this process and, translated, in Redis.
 * Promises that a tenant-level `Retry-After` holds in every process, that dead processes give their places back, and that without Redis
 * it never fails open.
 */
export { LANES } from "./gate.ts";
export type { Ask, BatchResult, Gate, GateKey, GateStatus, Lane, Permit } from "./gate.ts";
export type { Alone, LawBalance as BalanceReading, LawRate as RateReading } from "./law/index.ts";
export { createMemoryGate, createRedisGate } from "./gates.ts";
export { POLITENESS, readPoliteness } from "./orders.ts";
export type { Orders } from "./orders.ts";
export { readCounted, shareUsed } from "./share-used.ts";
export type { OrdersRecord } from "./standing-orders.ts";
export { parseTimetable, TimetableError, timetableText } from "./timetable.ts";
