/** Guards against a suite that passes because nothing happened: what a run of PR size must really have reached. */
import { CRASH_POINTS } from "../../src/test-points.ts";
import type { FamilyResult } from "./run-family.ts";
import { countsOf, sum } from "./table.ts";

export interface Guard {
  readonly name: string;
  readonly reached: number;
  readonly wanted: number;
}

/** Of a run of PR size, which a soak reaches many times over; and of a quick one, which has each family once. */
const WANTED = {
  whole: {
    ambiguous: 300,
    zombies: 12,
    redisLosses: 10,
    reconciledSent: 100,
    reconciledAbsent: 50,
    reconciledDoubtful: 5,
    deaths: 80,
    points: 0.95,
  },
  quick: {
    ambiguous: 150,
    zombies: 3,
    redisLosses: 2,
    reconciledSent: 50,
    reconciledAbsent: 25,
    reconciledDoubtful: 3,
    deaths: 80,
    points: 0.95,
  },
} as const;

export function guardsOf(results: readonly FamilyResult[], size: keyof typeof WANTED): readonly Guard[] {
  const wanted = WANTED[size];
  const { ambiguous, reconciled } = countsOf(results);
  const points = pointsOf(results);
  return [
    { name: "writes whose answer was lost", reached: ambiguous, wanted: wanted.ambiguous },
    {
      name: "zombies that came back",
      reached: sum(results, ({ reached }) => reached.zombies),
      wanted: wanted.zombies,
    },
    {
      name: "Redis lost",
      reached: sum(results, ({ reached }) => reached.redisLosses),
      wanted: wanted.redisLosses,
    },
    { name: "doubts settled: executed", reached: reconciled.sent, wanted: wanted.reconciledSent },
    { name: "doubts settled: not executed", reached: reconciled.absent, wanted: wanted.reconciledAbsent },
    { name: "doubts nobody can settle", reached: reconciled.doubtful, wanted: wanted.reconciledDoubtful },
    { name: "workers dead", reached: sum(results, ({ reached }) => reached.deaths), wanted: wanted.deaths },
    {
      name: "crash points reached",
      reached: points.size,
      wanted: Math.ceil(CRASH_POINTS.length * wanted.points),
    },
  ];
}

/** Names of the points no process came by. */
export function missedPoints(results: readonly FamilyResult[]): readonly string[] {
  const points = pointsOf(results);
  return CRASH_POINTS.filter((point) => !points.has(point));
}

function pointsOf(results: readonly FamilyResult[]): ReadonlySet<string> {
  return new Set(results.flatMap(({ points }) => [...points.keys()]));
}
