/**
 * changes: planned writes, carried out one by one and never blindly twice. For each kind of write there is a recipe: what to read, and what the
 * answers say; and a rule what follows when the reply was lost. Never guesses: what cannot be compared has no recipe. Never decides when
 * something is tried again: that is the run's business.
 */
export { canonical, changeSchema, digestOf, refusalOf } from "./change.ts";
export { Contradictions } from "./contradictions.ts";
export { MachineClock } from "./machine-clock.ts";
export { PlannedWrite } from "./planned-write.ts";
export type { Held, WriteOrder, WriteParts } from "./planned-write.ts";
export { WriteEnded, WriteLater } from "./write-ends.ts";
