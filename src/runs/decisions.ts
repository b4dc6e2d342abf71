/** Doubts, and a person's word about them. */
import { IN_DOUBT, type Journal } from "../journal/index.ts";
import { RunError } from "./errors.ts";
import type { RunDesk } from "./run-desk.ts";
import type { RunService } from "./run-service.ts";
import { FINISHED, isOver } from "./state.ts";

export function createDecisions(
  journal: Journal,
  desk: RunDesk,
): Pick<RunService, "doubts" | "doubt" | "decide"> {
  return {
    async *doubts(id) {
      const runs = id === undefined ? await journal.runs() : [await desk.get(id)];
      for (const run of runs) {
        if (IN_DOUBT.every((outcome) => (run.outcomes[outcome] ?? 0) === 0)) continue;
        for await (const chunk of journal.targets(run.id, { outcome: IN_DOUBT }))
          for (const target of chunk) yield { run, target };
      }
    },

    async doubt(id, line) {
      const run = await desk.get(id);
      const target = await journal.target(run.id, line);
      if (target === undefined)
        throw new RunError(
          "unknown-run",
          `Cannot find line ${line} of run ${run.id}: it has ${run.manifest?.count ?? 0}`,
          `List its targets with: exosweep runs items ${run.id}`,
        );
      const intents = await journal.intents(run.id, line);
      return { run, target, intents, history: await journal.history(run.id, line) };
    },

    async decide(id, line, word, by, why) {
      const run = await desk.get(id);
      // What is abandoned may have been executed: it is no failure that could be tried again.
      const outcome = { applied: "ok", abandon: "skipped", "not-applied": undefined } as const;
      if (word === "not-applied" && run.state === "cancelled")
        throw new RunError(
          "not-allowed",
          `Cannot send line ${line} of run ${run.id} again: the run was cancelled`,
          "Decide applied or abandon, and put what is still wanted into a new plan",
        );
      if (word === "not-applied" && isOver(run.state)) await desk.refuseBeside(run);
      const decided = await journal.decide({
        run: run.id,
        line,
        ...(outcome[word] === undefined ? {} : { outcome: outcome[word] }),
        reason: `decided "${word}" by ${by}: ${why}`,
        by,
        atMs: Date.now(),
      });
      // Said again after a crash right below: it is open for another try, and only the run has to be moved.
      const isOpen =
        word === "not-applied" &&
        isOver(run.state) &&
        (await journal.target(run.id, line))?.outcome === undefined;
      if (!decided && !isOpen)
        throw new RunError(
          "not-allowed",
          `Cannot decide line ${line} of run ${run.id}: it is not in doubt`,
          `List what is with: exosweep reconcile list ${run.id}`,
        );
      await desk.remember(run.id);
      // Decided first, moved second: after a crash in between the run has a pending target, and resuming it moves it.
      if (word === "not-applied") await journal.moveRun(run.id, FINISHED, "running");
      return desk.get(run.id);
    },
  };
}
