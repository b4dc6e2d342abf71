/** A journal against a plain model of it: the same random calls, the same answers, the same record in the end. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { JournalError, isOver } from "../../src/journal/index.ts";
import type { OpenRecord } from "./contract/record.ts";
import { beginning, call } from "./model-calls.ts";
import { Model, RUN, viewOf } from "./model.ts";
import { newRun } from "./samples.ts";

/** @param fresh makes an empty record */
export function journalModel(name: string, fresh: () => Promise<OpenRecord>): void {
  test(
    `a journal (${name}) answers any sequence of calls as its model does`,
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(beginning, fc.array(call, { maxLength: 60, size: "max" }), async (first, then) => {
          const open = await fresh();
          const model = new Model();
          let journal = await open();
          try {
            await journal.createRun(newRun(RUN));
            for (const [place, call] of [...first, ...then].entries()) {
              const { name, onModel, onJournal } = typeof call === "function" ? call(model) : call;
              const expected = onModel(model);
              const answer = await onJournal(journal).catch((error: unknown) => {
                if (error instanceof JournalError) return "refused";
                throw error;
              });
              expect(answer, `call ${place}: ${name}`).toEqual(expected);
            }
            expect(await viewOf(journal)).toEqual(model.view());
            await journal.close();
            journal = await open();
            expect(await viewOf(journal)).toEqual(model.view());
            const { problems } = await journal.verify(RUN);
            const open_ = model.targets.flatMap(({ ending }, place) =>
              ending === undefined ? [place + 1] : [],
            );
            const lines = `${open_.length === 1 ? "line" : "lines"} ${open_.join(", ")}`;
            const expected =
              isOver(model.state) && open_.length > 0
                ? [
                    `The run is ${model.state}, but ${open_.length} targets have no outcome: ${lines}${stillAsked(model)}`,
                  ]
                : [];
            const ofIntents = problems.filter((problem) => problem.startsWith("Line "));
            expect(problems.filter((problem) => !ofIntents.includes(problem))).toEqual(expected);
            const wrong = new Set(ofIntents.map((problem) => Number(problem.split(" ")[1])));
            expect([...wrong].toSorted((a, b) => a - b)).toEqual(model.contradictions());
          } finally {
            await journal.close();
          }
        }),
        { numRuns: 50 },
      );
    },
  );
}

/** What is added when all that is left of a cancelled run are writes that were on their way. */
function stillAsked({ state, targets }: Model): string {
  const open = targets.filter(({ ending }) => ending === undefined);
  const announced = open.every(({ intents }) => intents.some(({ end }) => end === undefined));
  return state === "cancelled" && announced
    ? "; writes of theirs were on their way: the next worker, or cancelling the run again, records what became of them"
    : "";
}
