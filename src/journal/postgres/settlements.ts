/** Giving targets their outcomes and taking them back, each in transactions of a bounded size. */
import type { Settlement, Settlements } from "../contract/settlements.ts";
import { inSteps } from "../in-steps.ts";
import { crashPoint } from "../../test-points.ts";
import { decide } from "./decide.ts";
import type { Ground } from "./ground.ts";
import { Groups } from "./groups.ts";
import { reopenSome } from "./redrive.ts";
import { cancelSome, settleGroup, type Settled } from "./settle.ts";
import { abandonedStages, dropSomeStaged, stageRows } from "./stage.ts";
import { WRITE_STEP } from "./steps.ts";

export function settlementsOn(on: Ground): Settlements {
  const { database } = on;
  const settling = new Groups<Settlement, Settled>(database, {
    recordsOf: ({ rows }) => rows.length,
    work: settleGroup,
  });
  const drop = async (run: string, line: number, attempt: number): Promise<void> => {
    while (!(await database.write((db) => dropSomeStaged(db, run, line, attempt))));
  };
  return {
    stageRows: (run, line, attempt, found) =>
      on.do(async () => {
        for (const some of inSteps(found, WRITE_STEP)) {
          await database.write((db) => stageRows(db, { run, line, attempt }, some));
          crashPoint("rows.staged");
        }
      }),

    dropStaged: (run, line, attempt) => on.do(() => drop(run, line, attempt)),

    settle: (settlement) =>
      on.do(async () => {
        const { result, leftover } = await settling.ask(settlement);
        crashPoint("settle.committed");
        for (const attempt of leftover) await drop(settlement.run, settlement.line, attempt);
        return result;
      }),

    cancelPending: (run, reason, atMs, sparedSinceMs) =>
      on.do(async () => {
        let cancelled = 0;
        for (let after = 0; ;) {
          const asked = { reason, atMs, sparedSinceMs, after };
          const some = await database.write((db) => cancelSome(db, run, asked));
          crashPoint("cancel.part-settled");
          cancelled += some.cancelled;
          if (some.cancelled < WRITE_STEP) break;
          after = some.last;
        }
        for (const { line, attempt } of await database.read((db) => abandonedStages(db, run)))
          await drop(run, line, attempt);
        return cancelled;
      }),

    redrive: (run, filter) =>
      on.do(async () => {
        let count = 0;
        for (let after = 0; ;) {
          const from = { filter, after, first: count === 0 };
          const { opened, last } = await database.write((db) => reopenSome(db, run, from));
          crashPoint("redrive.part-opened");
          count += opened;
          if (opened < WRITE_STEP) return count;
          after = last;
        }
      }),

    decide: (decision) =>
      on.do(async () => {
        const decided = await database.write((db) => decide(db, decision));
        crashPoint("decision.committed");
        return decided;
      }),
  };
}
