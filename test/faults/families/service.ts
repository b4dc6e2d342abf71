/** Faults of the service and of the way to it: what a client is told, or not. */
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultKind, ScriptedFault } from "../../../src/emulator/index.ts";
import type { Family, Stage } from "../family.ts";
import { until } from "../world/world.ts";
import { troubleOf } from "./redis.ts";

/** Lets requests or calls fail in these ways, each with this chance, until it has happened a few times. */
function spoilt(
  facts: Pick<Family, "id" | "title" | "iterations"> & Partial<Family>,
  kinds: readonly FaultKind[],
  rate: number,
): Family {
  return {
    world: { tenants: 2 },
    strikesUntil: "start",
    async strike({ world, cases, random, reached }) {
      const before = await failures(world);
      const rates = Object.fromEntries(kinds.map((kind) => [kind, rate]));
      await world.service.setProfile({ faults: { rates, delaySeconds: 0.3 } });
      const wanted = random.between(3, 15);
      let struck = 0;
      // A run that pauses for it, or ends in spite of it, has been struck enough.
      await until("it has been struck", 30_000, async () => {
        struck = (await failures(world)) - before;
        const states = await Promise.all(cases.map(async ({ run }) => (await world.app.runs.get(run)).state));
        return struck >= wanted || states.every((state) => !WORKING.has(state)) ? true : undefined;
      });
      await world.service.setProfile({
        faults: { rates: Object.fromEntries(kinds.map((kind) => [kind, 0])) },
      });
      reached.faults += struck;
    },
    ...facts,
  };
}

const WORKING = new Set(["planned", "awaiting_approval", "enumerating", "running", "throttled", "draining"]);

/** Calls whose answer was not a delivered 200. */
async function failures(world: Stage["world"]): Promise<number> {
  const { arrived, delivered, byStatus } = await world.service.summary();
  return arrived - Math.min(delivered, byStatus["200"] ?? 0);
}

export const corrupt = spoilt(
  { id: "F15", title: "replies are truncated, cut, garbled, reset or drip", iterations: 3 },
  ["truncated", "cut", "garbled", "reset", "slow-body"],
  0.06,
);

export const itemsOdd = spoilt(
  { id: "F16", title: "batch items are missing, null, doubled, foreign or swapped", iterations: 3 },
  ["item-missing", "item-null", "item-twice", "item-foreign"],
  0.05,
);

export const unwell = spoilt(
  { id: "F18", title: "5xx in bursts", iterations: 2 },
  ["unavailable", "bad-gateway", "gateway-timeout", "transient"],
  0.15,
);

export const unauthorized = spoilt(
  { id: "F19", title: "tokens expire, are revoked or challenged in mid-batch", iterations: 2 },
  ["unauthorized", "claims", "item-unauthorized"],
  0.08,
);

export const paging = spoilt(
  {
    id: "F20",
    title: "cursors expire and pages loop while a tenant is listed",
    iterations: 1,
    strikesUntil: 0,
  },
  ["page-expired", "next-loops"],
  0.5,
);

export const lostReads = spoilt(
  { id: "F12r", title: "reads are executed, or not, and the reply is lost", iterations: 2 },
  ["lost-after", "lost-before"],
  0.08,
);

const RETRY_AFTER = [
  null,
  "1",
  "0",
  "-1",
  "0.4",
  "1000000000",
  "soon",
  "Wed, 21 Oct 2015 07:28:00 GMT",
] as const;

export const throttled: Family = {
  id: "F17",
  title: "429s, outer and inner, with every odd Retry-After",
  iterations: 3,
  // A wait of 31 years is believed this far only.
  world: { tenants: 2, settings: { gate: { maxRetryAfterMs: 1_000 } } },
  strikesUntil: 0.3,
  async strike({ world, random, reached }) {
    const script = RETRY_AFTER.flatMap((retryAfter): ScriptedFault[] =>
      (["throttled", "item-throttled"] as const).map((kind) => ({
        match: {},
        fault: { kind, retryAfter },
        times: random.between(1, 2),
      })),
    );
    await world.service.addFaults(script);
    reached.faults += script.length;
  },
  async mend({ world }) {
    await world.service.clearFaults();
  },
};

export const brownOut: Family = {
  id: "F18b",
  title: "the service is so slow that requests time out, and then well again",
  iterations: 2,
  world: { tenants: 2 },
  async strike({ world, random, reached }) {
    world.service.freeze();
    await sleep(random.between(500, 3_000));
    world.service.thaw();
    reached.faults += 1;
  },
};

export const network: Family = {
  id: "F31",
  title: "the way to Exchange is slow, sliced, cut off, reset, refused, parted or half-open",
  iterations: 5,
  world: { tenants: 2 },
  async strike({ world, random, reached }) {
    for (let times = 3; times > 0; times -= 1) {
      if (random.chance(0.25)) world.serviceLink.reset();
      else if (random.chance(0.3)) world.serviceLink.halfOpen();
      else world.serviceLink.order(troubleOf(random));
      reached.faults += 1;
      await sleep(random.between(100, 1_000));
    }
  },
};
