/** Faults of writes alone: executed and the reply lost, executed late, not executed, items of a batch confused, looks that come too early. */
import type { ProfilePatch } from "../../../src/emulator/index.ts";
import type { Family } from "../family.ts";
import { until } from "../world/world.ts";

/** From before anything is sent until all is over, writes are struck in this way; each of them once at most, so that a plan has an end. */
function inDoubt(
  facts: Pick<Family, "id" | "title" | "iterations"> & Partial<Family>,
  quirks: NonNullable<ProfilePatch["quirks"]>,
): Family {
  return {
    mix: "writes",
    world: { tenants: 3, profile: { quirks: { ...quirks, faultyWritesOnce: true } } },
    strikesUntil: "start",
    async strike({ world, cases, reached }) {
      const before = await world.service.heard();
      await until("writes have been struck", 60_000, async () => {
        const states = await Promise.all(cases.map(async ({ run }) => (await world.app.runs.get(run)).state));
        return states.every((state) => /^(complete|paused|cancelled)/.test(state)) ? true : undefined;
      });
      for (const { tenantId } of world.service.tenants) {
        const writes = (await world.service.ledger(tenantId, before)).filter(
          ({ write }) => write !== undefined,
        );
        reached.faults += writes.filter(
          ({ deliveredAtMs, status }) => deliveredAtMs === null || status === null,
        ).length;
      }
    },
    ...facts,
  };
}

export const executedReplyLost = inDoubt(
  { id: "F12", title: "writes are executed, and the reply is lost", iterations: 4 },
  { lostWriteReply: 0.3 },
);

export const executedLate = inDoubt(
  { id: "F13", title: "writes are executed after the caller has given up", iterations: 3 },
  // Within the settle window, which is what the guarantee is about.
  { lateWrite: 0.3, lateWriteSeconds: 1 },
);

export const notExecuted = inDoubt(
  { id: "F14", title: "writes are not executed, and look as if the reply was lost", iterations: 4 },
  { lostWriteRequest: 0.3 },
);

export const anyOfThese = inDoubt(
  {
    id: "F12-14",
    title: "writes of which some are executed, some late, some never, and nobody is told",
    iterations: 3,
  },
  { lostWriteReply: 0.12, lostWriteRequest: 0.12, lateWrite: 0.12, lateWriteSeconds: 1 },
);

export const writesConfused = inDoubt(
  {
    id: "F16w",
    title: "answers of writes in a batch are missing, doubled, or have a foreign id",
    iterations: 3,
  },
  { missingWriteItems: 0.1, doubledWriteItems: 0.1, foreignWriteItems: 0.1 },
);

export const staleLooks = inDoubt(
  { id: "F22", title: "what was written is not seen for a while, on no connection", iterations: 2 },
  // Less than the settle window; beyond it no look can be right.
  { lostWriteReply: 0.25, staleEverywhereSeconds: 1.5, writeLagSeconds: 60 },
);

export const killedInDoubt: Family = {
  ...anyOfThese,
  id: "F32",
  title: "workers are killed and frozen while writes are in doubt",
  iterations: 3,
  async strike({ world, random, reached, cases }) {
    for (let times = 4; times > 0; times -= 1) {
      await world.settledPart(random.pick(cases).run, random.next() * 0.7);
      const living = world.workers.filter(({ running }) => running);
      if (living.length === 0) break;
      const victim = random.pick(living);
      if (random.chance(0.5)) {
        await victim.end("SIGKILL");
        reached.deaths += 1;
        world.startWorker();
      } else {
        victim.signal("SIGSTOP");
        await new Promise((resolve) => setTimeout(resolve, random.between(1_200, 3_000)));
        victim.signal("SIGCONT");
        reached.zombies += 1;
      }
      reached.faults += 1;
    }
  },
};
