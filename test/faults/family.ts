/** What a fault family is: a world, blows that fall while runs go on in it, and what may be asked of the runs afterwards. */
import type { Allowances, Effect } from "./checker/index.ts";
import type { Case } from "./world/case.ts";
import type { Random } from "./world/random.ts";
import type { World, WorldOptions } from "./world/world.ts";

/** What a run of the suite really reached; a suite that reached too little has proved nothing. */
export interface Reached {
  faults: number;
  /** Workers that were frozen beyond their leases and came back to life. */
  zombies: number;
  redisLosses: number;
  deaths: number;
}

/** One iteration: runs under way, and what may be done to them. */
export interface Stage {
  /** Number of the iteration, by its seed. */
  readonly at: number;
  readonly world: World;
  readonly cases: readonly Case[];
  readonly random: Random;
  readonly reached: Reached;
}

export interface Family {
  /** As in the specification: F01, F02… */
  readonly id: string;
  readonly title: string;
  /** How often in a run of PR size. */
  readonly iterations: number;
  readonly world?: WorldOptions;
  /** Opens its world in another way. */
  readonly open?: () => Promise<World>;
  /** What the runs are; absent: reads in even tenants, writes of all effects in odd ones. */
  readonly mix?: "reads" | "writes" | "both";
  /** Effects of the writes; absent: all. */
  readonly effects?: readonly Effect[];
  /** Writes in a plan. */
  readonly writes?: number;
  /** Begins its runs in another way. */
  readonly begin?: (world: World, random: Random) => Promise<readonly Case[]>;
  readonly workers?: number;
  /** Part of the targets that have their outcome when the blow falls, at most; `start`: before anything is listed. */
  readonly strikesUntil?: number | "start";
  readonly retryAfterMs?: number;
  readonly allowances?: Allowances;
  /** Undoes what `strike` left, beyond what `World.heal` does. */
  readonly mend?: (stage: Stage) => Promise<void>;
  /** Looks at what the judge of a run cannot see, when all is over. @throws what is wrong */
  readonly after?: (stage: Stage) => Promise<void>;
  /** Longest an iteration may take after the last fault (G8). */
  readonly withinMs?: number;
  strike(stage: Stage): Promise<void>;
}
