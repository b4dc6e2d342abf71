/**
 * A scenario that happens within a short span, for real time: changes, slow times, restarts and the neighbour's times move in proportion to
 * what the whole job would take, and the stock of a time budget shrinks with them. Limits and their windows stay what they are, as do the
 * law's own spans.
 */
import { oracleOf } from "./oracle.ts";
import { type Change, MAILBOXES, type Scenario } from "./scenario.ts";

/** A process that was killed comes back after so long, at least: a real one has to start. */
const SHORTEST_DOWN_S = 15;
/** Of a budget's stock so many times more is left than of its time: delays that end within a round of the law are noise to it. */
const BUDGET_SLACK = 20;

/** @param meanWorkMs what a call takes @param spanS seconds it is to happen in */
export function shorten(scenario: Scenario, meanWorkMs: number, spanS: number): Scenario {
  const wholeS = oracleOf(scenario, meanWorkMs, 0, 100_000_000).timeFor(MAILBOXES) / 1_000;
  const by = Math.min(1, spanS / wholeS);
  const { changes, slow, neighbour, restarts, budget } = scenario;
  const stock = Math.min(1, BUDGET_SLACK * by);
  return {
    ...scenario,
    ...(changes && { changes: changes.map((change): Change => ({ ...change, at: change.at * by })) }),
    ...(slow && { slow: { ...slow, from: slow.from * by, to: slow.to * by } }),
    ...(neighbour && {
      neighbour: {
        ...neighbour,
        on: Math.min(neighbour.on, spanS / 4),
        off: Math.min(neighbour.off, spanS / 4),
      },
    }),
    ...(restarts && {
      restarts: restarts.map((restart) => ({
        ...restart,
        at: restart.at * by,
        down: Math.max(SHORTEST_DOWN_S, restart.down * by),
      })),
    }),
    ...(budget && {
      budget: {
        ...budget,
        cutoff: budget.cutoff * stock,
        cap: budget.cap * stock,
        start: budget.start * stock,
      },
    }),
  };
}
