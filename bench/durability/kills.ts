/** `kill -9` of a random worker every 15 s, another started at once: throughput beside the same run left in peace, in one session. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Measured, setStage, type Stage } from "../stage.ts";
import { type Figure, percent } from "./figure.ts";
import { follow, startAudit, targetsOf, type Whole, wholeness } from "./run.ts";
import { ledgerOf, readsRepeated, serviceOf } from "./witness.ts";

const EVERY_MS = 15_000;
const WORKERS = 3;
/** Slow enough that the service limits the run, not the cores: what a dead worker costs is its time, not ours. */
const CALL_MS = 300;

interface Ran {
  readonly perSecond: number;
  readonly repeatedPercent: number;
  readonly whole: Whole;
  readonly kills: number;
}

export async function measureKills(mailboxes: number): Promise<readonly Figure[]> {
  const calm = await ran(mailboxes, async () => 0);
  const struck = await ran(mailboxes, killing);
  return [
    { what: "in peace", value: calm.perSecond, unit: "mailboxes/s" },
    { what: `killed every ${EVERY_MS / 1_000} s`, value: struck.perSecond, unit: "mailboxes/s" },
    { what: "workers killed", value: struck.kills, unit: "kills", target: { least: 1 } },
    {
      what: "throughput of the fault-free run",
      value: percent(struck.perSecond, calm.perSecond),
      unit: "%",
      target: { least: 80 },
    },
    { what: "reads repeated in peace", value: calm.repeatedPercent, unit: "% of reads" },
    { what: "reads repeated under kills", value: struck.repeatedPercent, unit: "% of reads" },
    { what: "mailboxes lost", value: struck.whole.mailboxesLost, unit: "", target: { most: 0 } },
    { what: "rows lost", value: struck.whole.rowsLost, unit: "", target: { most: 0 } },
    { what: "rows invented", value: struck.whole.rowsInvented, unit: "", target: { most: 0 } },
    { what: "problems found by verifying", value: struck.whole.problems, unit: "", target: { most: 0 } },
  ];
}

/** From the first settled target to the last. */
async function ran(
  mailboxes: number,
  disturb: (stage: Stage, signal: AbortSignal) => Promise<number>,
): Promise<Ran> {
  const stage = await setStage({ mailboxes, profile: serviceOf(CALL_MS), workers: WORKERS });
  try {
    const id = await startAudit(stage);
    await follow(stage, id, Number.EPSILON);
    const over = new AbortController();
    const disturbed = disturb(stage, over.signal);
    await follow(stage, id).finally(() => over.abort());
    const kills = await disturbed;
    const settled = (await targetsOf(stage, id)).flatMap(({ settledAtMs }) => settledAtMs ?? []);
    const [first, last] = extremes(settled);
    const whole = await wholeness(stage, id);
    if (Object.values(whole).some((count) => count > 0)) await tellWhatEnded(stage, id);
    return {
      perSecond: settled.length / ((last - first) / 1_000),
      repeatedPercent: percent(readsRepeated(await ledgerOf(stage)), settled.length),
      whole,
      kills,
    };
  } finally {
    await stage.end();
  }
}

/** @returns how many were killed until the signal */
async function killing(stage: Stage, signal: AbortSignal): Promise<number> {
  const alive: Measured[] = [...stage.workers];
  for (let kills = 0; ; kills += 1) {
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined); // The run is over.
    if (signal.aborted) return kills;
    const [victim] = alive.splice(randomInt(alive.length), 1);
    await victim?.kill();
    alive.push(stage.startWorker());
  }
}

/** The run's own word on what is missing: when the stage is gone, nobody can ask any more. */
async function tellWhatEnded(stage: Stage, id: string): Promise<void> {
  const { state, outcomes } = await stage.app.runs.get(id);
  process.stderr.write(`run ${id} is ${state}: ${JSON.stringify(outcomes)}\n`);
  for (const target of await targetsOf(stage, id))
    if (target.kind === "bulk" || target.outcome !== "ok")
      process.stderr.write(
        `line ${target.line} ${target.kind} ${target.id}: ${target.outcome} ${target.reason ?? ""}\n`,
      );
}

function extremes(values: readonly number[]): readonly [number, number] {
  return values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}
