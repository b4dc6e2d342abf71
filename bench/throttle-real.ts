/**
 * The throttle's scenarios over real HTTP, Redis and worker processes, beside the simulation of the same: `node bench/throttle-real.ts
 * [--only B1,C4] [--processes 1,4] [--seconds 45]`. Each run has as many mailboxes as the limit serves in so many seconds, in real time: the
 * law's own spans are what they are in production.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { startEmulator } from "../src/emulator/index.ts";
import { connectRedis } from "../src/queue/index.ts";
import { Telemetry } from "../src/telemetry/index.ts";
import { oracleOf } from "./throttle/oracle.ts";
import { POLICIES } from "./throttle/policies/index.ts";
import type { Order, Told } from "./throttle/real-worker.ts";
import { knownScenarios, type Scenario } from "./throttle/scenario.ts";
import { simulate } from "./throttle/simulate.ts";

/** Mean of the pretended calls, ms (`throttle.md` 4). */
const MEAN_WORK_MS = 258;
const WORKER = join(import.meta.dirname, "throttle", "real-worker.ts");
/** Mailboxes of the emulated tenant; they are read again and again. */
const MAILBOXES = 600;
const NEARLY = 0.99;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "B1,B4,C1,C4,D1" },
    processes: { type: "string", default: "1,2,4,8" },
    seconds: { type: "string", default: "45" },
  },
});
const seconds = Number(values.seconds);
const governor = POLICIES["governor"];
if (governor === undefined) throw new Error("Cannot compare: the law is not among the policies");

interface Real {
  readonly util: number;
  readonly wasted: number;
  readonly requestsRefused: number;
  readonly endS: number;
  readonly fairness: number;
  readonly cpuMsPerCall: number;
}

function worker(order: Order, secret: string): Promise<Told> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", WORKER, JSON.stringify(order)],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, BENCH_SECRET: secret },
    },
  );
  return text(child.stdout).then((said) => JSON.parse(said) as Told);
}

async function run(scenario: Scenario, mailboxes: number, processes: number): Promise<Real> {
  const dataDir = mkdtempSync(join(tmpdir(), "exosweep-bench-real-"));
  const telemetry = new Telemetry();
  const redis = await connectRedis({ dataDir }, telemetry);
  const { id: _, mailboxes: __, ...limits } = scenario;
  const emulator = await startEmulator({
    mailboxes: MAILBOXES,
    seed: 3,
    profile: { ...limits, id: "bench" },
  });
  try {
    const [access] = emulator.tenants;
    if (access === undefined) throw new Error("Cannot measure: the emulator has no tenant");
    const targets = (
      await (await fetch(`${emulator.url}/__emulator/tenants/${access.tenantId}/targets`)).text()
    )
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as string);
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
    const startedAt = Date.now();
    const told = await Promise.all(
      Array.from({ length: processes }, () =>
        worker({ dataDir, yaml, targets, mailboxes, processes }, access.secret),
      ),
    );
    return figures(scenario, mailboxes, told, startedAt);
  } finally {
    await emulator.stop();
    await redis.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function figures(scenario: Scenario, mailboxes: number, told: readonly Told[], startedAt: number): Real {
  const done = told.flatMap(({ doneAtMs }) => doneAtMs).toSorted((one, other) => one - other);
  const sum = (of: (each: Told) => number): number => told.reduce((all, each) => all + of(each), 0);
  // Processes take their time to start: the clock runs from the first call that was answered, less what a call takes.
  const beganAt = Math.max(startedAt, (done[0] ?? startedAt) - MEAN_WORK_MS - 200);
  const nearlyMs = (done[Math.floor(NEARLY * done.length) - 1] ?? startedAt) - beganAt;
  const shares = told.map(({ doneAtMs }) => doneAtMs.length);
  const squares = shares.reduce((all, share) => all + share * share, 0);
  return {
    util: (NEARLY * mailboxes) / oracleOf(scenario, MEAN_WORK_MS, 0, 4_000 * seconds).served(nearlyMs),
    wasted: sum(({ refused }) => refused) / sum(({ calls }) => calls),
    requestsRefused: sum(({ requestsRefused }) => requestsRefused) / sum(({ requests }) => requests),
    endS: ((done.at(-1) ?? 0) - beganAt) / 1_000,
    fairness: done.length ** 2 / (told.length * squares),
    cpuMsPerCall: sum(({ cpuMs }) => cpuMs) / sum(({ calls }) => calls),
  };
}

const percent = (share: number, digits: number): string => (share * 100).toFixed(digits).padStart(7);
process.stdout.write(
  "scenario  processes  util real / sim      wasted real / sim   429s real / sim    s real / sim   Jain   CPU ms/call\n",
);
for (const scenario of knownScenarios()) {
  if (!values.only.split(",").includes(scenario.id)) continue;
  const mailboxes = Math.floor(oracleOf(scenario, MEAN_WORK_MS, 0, 2_000 * seconds).served(1_000 * seconds));
  for (const processes of values.processes.split(",").map(Number)) {
    const same: Scenario = { ...scenario, mailboxes, procs: processes, restarts: [] };
    const real = await run(same, mailboxes, processes);
    const sim = simulate(same, governor(), 1);
    process.stdout.write(
      `${scenario.id.padEnd(9)} ${String(processes).padStart(9)} ` +
        `${percent(real.util, 1)} ${percent(sim.util, 1)}    ${percent(real.wasted, 2)} ${percent(sim.wasted, 2)}   ` +
        `${percent(real.requestsRefused, 1)} ${percent(sim.requestsRefused, 1)} ` +
        `${real.endS.toFixed(0).padStart(8)} ${sim.endS.toFixed(0).padStart(6)}   ${real.fairness.toFixed(3)}   ${real.cpuMsPerCall.toFixed(2)}\n`,
    );
  }
}
