/**
 * changes: planned writes, carried out one by one and never blindly twice. For each kind of write there is a recipe: what to read, and what the
 * answers say; and a rule what follows when the reply was lost. Never guesses: what cannot be compared has no recipe. Never decides when
 * something is tried again: that is the run's business.
 */
export { addressed } from "./addressed.ts";
export { canonical, changeSchema, digestOf, refusalOf } from "./change.ts";
export { isSameState, weigh } from "./doubt.ts";
export type { Doubt, Weighed } from "./doubt.ts";
export { MachineClock } from "./machine-clock.ts";
export { PlannedWrite, WriteEnded, WriteLater } from "./planned-write.ts";
export type { Held, WriteOrder, WriteParts } from "./planned-write.ts";
export { saysNoEntry } from "./recipe.ts";
export type { Look, Recipe, Seeing } from "./recipe.ts";
export { recipeFor } from "./recipe-for.ts";
