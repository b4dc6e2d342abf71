/** Random questions that look-ups are asked beside the oracle. */
export const QUESTIONS = 10_000;
