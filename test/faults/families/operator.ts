/** What operators do to runs: pause, resume, cancel, try again, all at once. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Family } from "../family.ts";

export const storm: Family = {
  id: "F27",
  title: "an operator pauses, resumes and cancels, again and again",
  iterations: 4,
  world: { tenants: 3, profile: { latency: { call: { median: 60, sigma: 0.3 } } } },
  strikesUntil: 0.4,
  async strike({ world, cases, random, reached }) {
    await Promise.all(
      cases.map(async (of) => {
        for (let times = random.between(1, 3); times > 0; times -= 1) {
          try {
            await of.pause();
            reached.faults += 1;
            await sleep(random.chance(0.2) ? 2_600 : random.between(0, 500));
            await of.resume();
            await sleep(random.between(0, 400));
          } catch {
            // It was over before the word was said.
            return;
          }
        }
        if (random.chance(0.2)) {
          await of.cancel().catch(() => undefined); // As above.
          reached.faults += 1;
        }
      }),
    );
    if (random.chance(0.3)) await world.startWorkers(1);
  },
};
