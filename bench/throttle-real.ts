/**
 * `npm run bench:throttle-real`: the throttle's scenarios over real HTTP, Redis and worker processes against the emulator, beside the
 * simulation of the same.
 *
 *   --seconds 115          of each scenario, in real time: the law's own spans are what they are in production (`throttle/shorten.ts`
 *                          says what moves); two windows of a minute
 *   --only B1,C4           these scenarios; default all but I1-I3
 *   --processes 1,2,4,8    taken in turn, where a scenario does not say how many; with --each every scenario with each of them
 *   --at-once 3            scenarios measured beside each other
 *   --trace DIR            what passed, second by second, into a file for each run
 *
 * util: calls passed within the span, of what the oracle would have served, which is granted the debt that the run made. calls/s: what
 * passed after the first 15 s, and that of the slowest and quickest of the simulated seeds. diff: real over simulated of that, in percent; of a time budget also what more debt was made with.
 * Simulated: mean of five seeds over the same span, with endless work, of which a process has as much in hand as a real one. A machine that
 * does something else is what is measured then: the last line says how late timers were.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { defaultSettings } from "../src/config.ts";
import { politeQuirks, readProfile, startEmulator } from "../src/emulator/index.ts";
import { connectRedis } from "../src/queue/index.ts";
import { Telemetry } from "../src/telemetry/index.ts";
import { oracleOf } from "./throttle/oracle.ts";
import { POLICIES } from "./throttle/policies/index.ts";
import { type Order, READY, START, type Told } from "./throttle/real-order.ts";
import { knownScenarios, type Scenario } from "./throttle/scenario.ts";
import { shorten } from "./throttle/shorten.ts";
import { play } from "./throttle/simulate.ts";

/** Mean of the pretended calls, ms (`throttle.md` 4). */
const MEAN_WORK_MS = 258;
const WORKER = join(import.meta.dirname, "throttle", "real-worker.ts");
const MAILBOXES = 600;
const WARM_S = 15;
const SEEDS = [1, 2, 3, 4, 5];

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "115" },
    only: { type: "string" },
    processes: { type: "string", default: "1,2,4,8" },
    each: { type: "boolean", default: false },
    "at-once": { type: "string", default: "3" },
    trace: { type: "string" },
  },
});
const spanS = Number(values.seconds);
const law = POLICIES["governor"];
if (law === undefined) throw new Error("Cannot compare: the law is not among the policies");
const governor = law();

interface Measured {
  /** Calls passed, by second. */
  readonly passed: readonly number[];
  readonly wasted: number;
  readonly requestsRefused: number;
  /** Of the time budget at the end, ms; 0 without one. */
  readonly balanceMs: number;
  readonly fairness: number;
  readonly cpuMsPerCall?: number;
}

/** The processes of one run, each with what it told; one that comes back after a kill goes on where it stopped. */
class Crew {
  readonly told: Told[][] = [];
  readonly #children: ChildProcess[] = [];
  readonly #ends: Promise<unknown>[] = [];
  readonly #order: Order;
  readonly #secret: string;

  constructor(order: Order, secret: string) {
    this.#order = order;
    this.#secret = secret;
  }

  start(place: number): void {
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", WORKER, JSON.stringify(this.#order)],
      { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, BENCH_SECRET: this.#secret } },
    );
    this.#children[place] = child;
    this.#ends.push(hear(child, (this.told[place] ??= [])));
  }

  kill(place: number): void {
    this.#children[place]?.kill("SIGKILL");
  }

  async end(): Promise<void> {
    await Promise.all(this.#ends);
  }
}

async function hear({ stdout }: ChildProcess, told: Told[]): Promise<void> {
  const said = stdout === null ? "" : await text(stdout);
  // The last line of one that was killed may be cut off.
  const lines = said.slice(0, said.lastIndexOf("\n") + 1).split("\n");
  for (const line of lines) if (line !== "") told.push(JSON.parse(line) as Told);
}

async function real(scenario: Scenario, seed: number): Promise<Measured> {
  const dataDir = mkdtempSync(join(tmpdir(), "exosweep-bench-real-"));
  const redis = await connectRedis({ dataDir }, new Telemetry());
  const emulator = await startEmulator({ mailboxes: MAILBOXES, seed });
  const { procs = 1, restarts = [], mailboxes: _, id: __, ...limits } = scenario;
  try {
    const [access] = emulator.tenants;
    if (access === undefined) throw new Error("Cannot measure: the emulator has no tenant");
    const yaml = JSON.stringify({
      tenants: [
        {
          name: "bench",
          tenantId: access.tenantId,
          domain: access.domain,
          clientId: access.clientId,
          secret: { env: "BENCH_SECRET" },
          cloud: { login: emulator.url, exchange: emulator.url },
        },
      ],
    });
    const targets = [...emulator.targets(access.tenantId)];
    const crew = new Crew({ dataDir, yaml, targets, spanMs: spanS * 1_000 }, access.secret);
    for (let place = 0; place < procs; place += 1) crew.start(place);
    while (Number(await redis.patient.get(READY)) < procs) await sleep(20);
    // Its changes count from here.
    emulator.setProfile(readProfile({ ...limits, id: "bench", quirks: politeQuirks() }));
    const startedAt = Date.now();
    await redis.patient.set(START, startedAt);
    for (const { at, proc, down } of restarts) {
      setTimeout(() => crew.kill(proc), at * 1_000);
      setTimeout(() => crew.start(proc), (at + down) * 1_000);
    }
    await sleep(spanS * 1_000);
    const balanceMs = emulator.balanceMs(access.tenantId) ?? 0;
    await crew.end();
    return { ...measuredOf(crew.told, startedAt), balanceMs };
  } finally {
    await emulator.stop();
    await redis.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function measuredOf(crew: readonly (readonly Told[])[], startedAt: number): Omit<Measured, "balanceMs"> {
  const passed = Array.from({ length: spanS }, () => 0);
  const shares = crew.map((told) => told.reduce((all, { doneAtMs }) => all + doneAtMs.length, 0));
  const all = crew.flat();
  for (const { doneAtMs } of all) {
    for (const at of doneAtMs) {
      const second = Math.floor((at - startedAt) / 1_000);
      if (second < spanS) passed[second] = (passed[second] ?? 0) + 1;
    }
  }
  const sum = (of: (each: Told) => number): number => all.reduce((total, each) => total + of(each), 0);
  const calls = sum((told) => told.calls);
  return {
    passed,
    wasted: sum(({ refused }) => refused) / calls,
    requestsRefused: sum((told) => told.requestsRefused) / sum(({ requests }) => requests),
    fairness: jain(shares),
    cpuMsPerCall: sum(({ cpuMs }) => cpuMs) / calls,
  };
}

/** Several seeds. */
function simulated(scenario: Scenario): readonly Measured[] {
  const endless = { ...scenario, mailboxes: 1_000_000, tasks: defaultSettings().tasks.concurrency };
  return SEEDS.map((seed): Measured => {
    const { track, server } = play(endless, governor, seed, spanS * 1_000);
    return {
      passed: Array.from({ length: spanS }, (_, second) => track.passed[second] ?? 0),
      wasted: track.refusedAll / track.attemptsAll,
      requestsRefused: track.requestsRefused / track.requests,
      balanceMs: scenario.budget === undefined ? 0 : server.balance,
      fairness: jain([...track.share.values()]),
    };
  });
}

/** What the oracle would have passed in the span, with the debt that this run made. */
function servedWith(scenario: Scenario, { balanceMs }: Measured): number {
  return oracleOf(scenario, MEAN_WORK_MS, balanceMs, (spanS + 1) * 1_000).served(spanS * 1_000);
}

function jain(shares: readonly number[]): number {
  const sum = shares.reduce((all, share) => all + share, 0);
  return sum ** 2 / (shares.length * shares.reduce((all, share) => all + share ** 2, 0));
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0) / numbers.length;
}

interface Row {
  readonly id: string;
  readonly processes: number;
  /** Of the whole span. */
  readonly util: readonly [real: number, simulated: number];
  /** Calls a second after the first seconds. */
  readonly pace: readonly [real: number, simulated: number];
  /** The slowest and the quickest of the simulated. */
  readonly paceRange: readonly [number, number];
  readonly wasted: readonly [real: number, simulated: number];
  readonly requestsRefused: readonly [real: number, simulated: number];
  readonly fairness: number;
  readonly cpuMsPerCall: number;
}

async function compare(scenario: Scenario): Promise<Row> {
  const runs = simulated(scenario);
  const measured = await real(scenario, Math.floor(Math.random() * 1e6));
  const both = (of: (each: Measured) => number): readonly [number, number] => [
    of(measured),
    mean(runs.map(of)),
  ];
  const after =
    (fromS: number) =>
    ({ passed }: Measured): number =>
      passed.slice(fromS).reduce((all, each) => all + each, 0);
  const pace = (each: Measured): number => after(WARM_S)(each) / (spanS - WARM_S);
  if (values.trace !== undefined) {
    const trace = { real: measured.passed, simulated: runs.map(({ passed }) => passed) };
    writeFileSync(join(values.trace, `${scenario.id}x${scenario.procs ?? 1}.json`), JSON.stringify(trace));
  }
  return {
    id: scenario.id,
    processes: scenario.procs ?? 1,
    util: both((each) => after(0)(each) / servedWith(scenario, each)),
    pace: both(pace),
    paceRange: [Math.min(...runs.map(pace)), Math.max(...runs.map(pace))],
    wasted: both(({ wasted }) => wasted),
    requestsRefused: both((each) => each.requestsRefused),
    fairness: measured.fairness,
    cpuMsPerCall: measured.cpuMsPerCall ?? 0,
  };
}

function planned(): Scenario[] {
  const counts = values.processes.split(",").map(Number);
  const only = values.only?.split(",");
  return knownScenarios()
    .filter(({ id }) => (only === undefined ? !id.startsWith("I") : only.includes(id)))
    .flatMap((scenario, place) => {
      const short = shorten(scenario, MEAN_WORK_MS, spanS);
      if (values.each) return counts.map((procs): Scenario => ({ ...short, procs }));
      return [{ ...short, procs: scenario.procs ?? counts[place % counts.length] ?? 1 }];
    });
}

const percent = (share: number, digits: number): string => (share * 100).toFixed(digits).padStart(6);
const pair = ([one, other]: readonly [number, number], digits: number): string =>
  `${percent(one, digits)} ${percent(other, digits)}`;

const isNear = (row: Row): boolean => Math.abs(offOf(row)) <= 0.03;
/** As far apart as the same law is from itself by chance. */
const isAmong = ({ pace: [real], paceRange: [least, most] }: Row): boolean => real >= least && real <= most;
const offOf = ({ pace: [real, simulated] }: Row): number => real / simulated - 1;

function lineOf(row: Row): string {
  const name = `${row.id.padEnd(4)} ${String(row.processes).padStart(5)}`;
  const [paceReal, paceSimulated] = row.pace.map((each) => each.toFixed(1).padStart(6));
  const figures = [
    pair(row.util, 1),
    `${paceReal} ${paceSimulated}`,
    row.paceRange.map((each) => each.toFixed(1).padStart(6)).join("-"),
    percent(offOf(row), 1),
    pair(row.wasted, 2),
  ];
  return `${name}  ${figures.join("   ")}   ${pair(row.requestsRefused, 1)}   ${row.fairness.toFixed(3)}   ${row.cpuMsPerCall.toFixed(2)}`;
}

if (values.trace !== undefined) mkdirSync(values.trace, { recursive: true });
const delays = monitorEventLoopDelay();
delays.enable();
const rows: Row[] = [];
const todo = planned();
process.stdout.write(
  "     procs  util real / sim   calls/s real/sim   seeds from-to    diff   wasted real / sim   429s real / sim   Jain    CPU ms/call\n",
);
await Promise.all(
  Array.from({ length: Number(values["at-once"]) }, async () => {
    for (let scenario = todo.shift(); scenario !== undefined; scenario = todo.shift()) {
      const row = await compare(scenario);
      rows.push(row);
      process.stdout.write(`${lineOf(row)}\n`);
    }
  }),
);
const all = (of: (row: Row) => readonly [number, number], digits: number): string =>
  pair([mean(rows.map((row) => of(row)[0])), mean(rows.map((row) => of(row)[1]))], digits);
const means = [
  `util ${all(({ util }) => util, 1)}`,
  `calls/s real over simulated ${percent(mean(rows.map(offOf)), 1)}`,
  `${rows.filter(isNear).length} within 3 % of the mean of the seeds, ${rows.filter((row) => !isNear(row) && isAmong(row)).length} more among them`,
  `wasted ${all(({ wasted }) => wasted, 2)}`,
  `429s ${all((row) => row.requestsRefused, 1)}`,
  `timers late by ${(delays.percentile(99) / 1e6).toFixed(0)} ms in one of a hundred`,
];
process.stdout.write(`mean of ${rows.length}: ${means.join("; ")}\n`);
