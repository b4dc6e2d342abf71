/**
 * exo: one cmdlet in, its objects out. Gathers calls into batches, follows pages, repeats what may be repeated, and says truthfully what came back.
 * The only code that knows the wire format. Bearer tokens are attached in `transport.ts` and nowhere else.
 */
export { ExoError } from "./errors.ts";
export type { FailureKind, Remedy } from "./errors.ts";
export type { Anchor, Exchange, SendOptions } from "./exchange.ts";
