/**
 * exo: one cmdlet in, its objects out. Gathers calls into batches, follows pages, repeats what may be repeated, and says truthfully what came back.
 * Never sends a write twice after a lost answer, never takes part of a listing for all of it, and never sends a bearer anywhere but to the tenant's Exchange.
 * The only code that knows the wire format. Bearer tokens are attached in `transport.ts` and nowhere else.
 */
export { createExchange, isSlow } from "./create-exchange.ts";
export { EFFECTS, effectOf, settingsOf } from "./effects.ts";
export { DISCOVERY } from "./offered.ts";
export { plainCmdlet, RESOURCES } from "./resource-table.ts";
export { leastRole } from "./roles.ts";
export type { Effect, SettingEntry, SettingKind, WriteEntry } from "./effects.ts";
export { ExoError } from "./errors.ts";
export type { FailureKind, Remedy } from "./errors.ts";
export type { Exchange, SendOptions } from "./exchange.ts";
