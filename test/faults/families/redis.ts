/** Faults of Redis and of the way to it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Family, Stage } from "../family.ts";
import type { LinkFaults, Toxics } from "../tcp-proxy.ts";
import type { Random } from "../world/random.ts";

export const redisKilled: Family = {
  id: "F07",
  title: "Redis is killed, and comes back with or without its last second, or with nothing",
  iterations: 4,
  world: { tenants: 2 },
  async strike({ world, random, reached }) {
    await world.redis.kill();
    reached.faults += 1;
    reached.redisLosses += 1;
    if (random.chance(0.4)) await world.redis.forget();
    await sleep(random.between(50, 1_500));
    await world.redis.up();
  },
};

export const redisEmptied: Family = {
  id: "F08",
  title: "Redis is emptied",
  iterations: 4,
  world: { tenants: 2 },
  async strike({ world, random, reached }) {
    for (let times = 2; times > 0; times -= 1) {
      await world.redis.tell("FLUSHALL");
      reached.faults += 1;
      reached.redisLosses += 1;
      await sleep(random.between(100, 800));
    }
  },
};

/** Each with what ends it. */
const MOODS: readonly (readonly [readonly string[], readonly string[] | undefined])[] = [
  // A replica of nobody: every write is READONLY.
  [
    ["REPLICAOF", "127.0.0.1", "1"],
    ["REPLICAOF", "NO", "ONE"],
  ],
  [
    ["CONFIG", "SET", "maxmemory", "1"],
    ["CONFIG", "SET", "maxmemory", "0"],
  ],
  [["CLIENT", "PAUSE", "1200"], undefined],
  [["CLIENT", "KILL", "TYPE", "normal"], undefined],
  [["SCRIPT", "FLUSH"], undefined],
];

export const redisMoody: Family = {
  id: "F09",
  title: "Redis refuses: READONLY, OOM, NOSCRIPT, paused, connections killed",
  iterations: 5,
  world: { tenants: 2 },
  async strike({ world, random, reached }) {
    const [[command = "", ...args], undo] = random.pick(MOODS);
    await world.redis.tell(command, ...args);
    reached.faults += 1;
    await sleep(random.between(200, 1_500));
    if (undo === undefined) return;
    const [word = "", ...rest] = undo;
    await world.redis.tell(word, ...rest);
  },
};

/** A trouble of a link, drawn by lot. */
export function troubleOf(random: Random): LinkFaults {
  const kinds: readonly (() => Toxics)[] = [
    () => ({ latencyMs: random.between(20, 400), jitterMs: 100 }),
    () => ({ sliceBytes: random.between(1, 50), sliceGapMs: 1 }),
    () => ({ bytesPerSecond: random.between(20_000, 100_000) }),
    () => ({ truncateAfterBytes: random.between(100, 20_000) }),
    () => ({ held: true }),
    () => ({ held: true, resetAfterMs: random.between(50, 500) }),
  ];
  const ways = random.pick([["up"], ["down"], ["up", "down"]] as const);
  return random.chance(0.15)
    ? { refused: true }
    : Object.fromEntries(ways.map((way) => [way, random.pick(kinds)()]));
}

export const redisLink: Family = {
  id: "F10",
  title: "the way to Redis is slow, sliced, cut off, reset, parted or half-open",
  iterations: 5,
  world: { tenants: 2 },
  async strike({ world, random, reached }) {
    for (let times = 2; times > 0; times -= 1) {
      if (random.chance(0.25)) world.redisLink.reset();
      else if (random.chance(0.2)) world.redisLink.halfOpen();
      else world.redisLink.order(troubleOf(random));
      reached.faults += 1;
      await sleep(random.between(200, 1_200));
    }
    world.redisLink.order({});
    // What was left half-open is noticed by nobody until something is said.
    world.redisLink.reset();
  },
};

/** Takes the locks of tasks in hand away, so that they are handed out again while they are worked on. */
async function unlock({ world, reached }: Stage): Promise<void> {
  const locks = await world.redis.tell("KEYS", "exosweep:*:lock");
  for (const lock of Array.isArray(locks) ? locks : []) {
    await world.redis.tell("DEL", String(lock));
    reached.faults += 1;
  }
}

export const delivered: Family = {
  id: "F11",
  title: "tasks are handed out twice: their locks are lost while they are worked on",
  iterations: 3,
  world: { tenants: 2, profile: { latency: { call: { median: 250, sigma: 0.5 } } } },
  strikesUntil: 0.3,
  async strike(stage) {
    for (let times = 3; times > 0; times -= 1) {
      await unlock(stage);
      await sleep(stage.random.between(300, 900));
    }
  },
};
