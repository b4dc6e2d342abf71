/**
 * changes: whether a planned write happened. For each kind of write there is a recipe: what to read, and what the answers say; and a rule what
 * follows when the reply was lost. Pure: sends nothing, keeps nothing. Never guesses: what cannot be compared has no recipe.
 */
export { addressed } from "./addressed.ts";
export { isSameState, weigh } from "./doubt.ts";
export type { Doubt, Weighed } from "./doubt.ts";
export { saysNoEntry } from "./recipe.ts";
export type { Look, Recipe, Seeing } from "./recipe.ts";
export { recipeFor } from "./recipe-for.ts";
