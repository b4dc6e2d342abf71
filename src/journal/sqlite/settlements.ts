/** Giving targets their outcomes and taking them back, each in transactions of a bounded size. */
import type { Settlements } from "../contract/settlements.ts";
import { inSteps } from "../in-steps.ts";
import { crashPoint } from "../../test-points.ts";
import { decide } from "./decide.ts";
import type { Ground } from "./ground.ts";
import { reopen, settledLines } from "./redrive.ts";
import { headOf } from "./run-record.ts";
import { cancelSome, settle } from "./settle.ts";
import { abandonedStages, dropSomeStaged, stageRows } from "./stage.ts";
import { WRITE_STEP, readSteps } from "./steps.ts";

export function settlementsOn(on: Ground): Settlements {
  const { writer, shapes } = on;
  const dropStaged = async (run: string, line: number, attempt: number): Promise<void> => {
    while (!(await writer.write(WRITE_STEP, (db) => dropSomeStaged(db, run, line, attempt))));
  };
  return {
    async stageRows(run, line, attempt, found) {
      for (const some of inSteps(found, WRITE_STEP)) {
        await writer.write(some.length, (db) => stageRows(db, shapes, { run, line, attempt }, some));
        crashPoint("rows.staged");
      }
    },

    dropStaged,

    async settle(settlement) {
      const { result, leftover } = await writer.write(1 + settlement.rows.length, (db) =>
        settle(db, shapes, settlement),
      );
      crashPoint("settle.committed");
      for (const attempt of leftover) await dropStaged(settlement.run, settlement.line, attempt);
      return result;
    },

    async cancelPending(run, reason, atMs, sparedSinceMs) {
      let cancelled = 0;
      for (let after = 0; ;) {
        const asked = { reason, atMs, sparedSinceMs, after };
        const some = await writer.write(WRITE_STEP, (db) => cancelSome(db, shapes, run, asked));
        crashPoint("cancel.part-settled");
        cancelled += some.cancelled;
        if (some.cancelled < WRITE_STEP) break;
        after = some.last;
      }
      for (const { line, attempt } of await on.read((db) => abandonedStages(db, run)))
        await dropStaged(run, line, attempt);
      return cancelled;
    },

    async redrive(run, filter) {
      const head = await on.read((db) => headOf(db, run));
      let opened = 0;
      for (const after of readSteps(head.targets, filter.lines)) {
        const lines = await on.read((db) => settledLines(db, head.key, after, filter));
        for (const some of inSteps(lines, WRITE_STEP)) {
          const first = opened === 0;
          opened += await writer.write(some.length, (db) => reopen(db, run, { filter, lines: some, first }));
          crashPoint("redrive.part-opened");
        }
      }
      return opened;
    },

    async decide(decision) {
      const decided = await on.write((db) => decide(db, shapes, decision));
      crashPoint("decision.committed");
      return decided;
    },
  };
}
