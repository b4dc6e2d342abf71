/**
 * What notifying costs a run: a scheduled night, while messages wait for a sink that takes them, one that turns them away for now and one that
 * hangs. Two schedulers are there, processes of their own, one with these sinks and one without: what the one used more than the other is what
 * notifying used, beside what the run used in the same time. What follows the run is measured by itself. Prints JSON.
 *
 *     npm run build && node bench/notify.ts [--mailboxes 5000] [--waiting 3]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { RunRecord } from "../src/journal/index.ts";
import { ensureRedisServer } from "../src/queue/index.ts";
import { DEFAULT_TYPES } from "../src/runs/index.ts";
import { type Measured, type Stage, setStage } from "./stage.ts";

const { values } = parseArgs({
  options: { mailboxes: { type: "string", default: "5000" }, waiting: { type: "string", default: "3" } },
});
const [mailboxes, waiting] = [Number(values.mailboxes), Number(values.waiting)];

const SCHEDULE = "night";
const TOLD = "night-told";
const SETTLE_MS = 5_000;

/** What each sink does with a request. */
const SINKS: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  takes: (response) => response.writeHead(202).end(),
  busy: (response) => response.writeHead(503).end(),
  hangs: () => undefined,
};

async function openSink(answer: (response: ServerResponse) => unknown): Promise<Server> {
  const server = createServer((request, response) => void request.resume().on("end", () => answer(response)));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}

interface Night {
  readonly run: RunRecord;
  /** Of planner and tasks, while the run went on; and of each scheduler. */
  readonly runCpuMs: number;
  readonly schedulersCpuMs: readonly number[];
  /** From the end of the run until it was told of. */
  readonly afterMs: number;
  readonly afterCpuMs: number;
}

async function night(
  { app }: Stage,
  own: readonly Measured[],
  schedulers: readonly Measured[],
): Promise<Night> {
  const used = (of: readonly Measured[]): number => of.reduce((sum, one) => sum + one.cpuMs(), 0);
  const [before, each] = [used(own), schedulers.map((one) => one.cpuMs())];
  const started = await app.schedules.runNow(SCHEDULE, new AbortController().signal);
  let run = started;
  for await (const snapshot of app.runs.watch(started.id, new AbortController().signal)) run = snapshot.run;
  if (run.state !== "complete") throw new Error(`Cannot measure: the run is ${run.state}`);
  const [after, eachAfter, endedMs] = [used(own), schedulers.map((one) => one.cpuMs()), performance.now()];
  while (!(await app.journal.events(run.id, 100)).some(({ kind }) => kind === TOLD)) await sleep(20);
  return {
    run,
    runCpuMs: after - before,
    schedulersCpuMs: eachAfter.map((ms, place) => ms - (each[place] ?? 0)),
    afterMs: performance.now() - endedMs,
    afterCpuMs: used(schedulers) - eachAfter.reduce((sum, ms) => sum + ms, 0),
  };
}

const seconds = (ms: number): number => Math.round(ms / 10) / 100;
const percent = (part: number, whole: number): number => Math.round((10_000 * part) / whole) / 100;

await ensureRedisServer((text) => void process.stderr.write(`${text}\n`));
const home = mkdtempSync(join(tmpdir(), "exosweep-bench-"));
const secret = join(home, "hook.secret");
writeFileSync(secret, `whsec_${Buffer.alloc(32, 7).toString("base64")}`, { mode: 0o600 });
const servers = await Promise.all(
  Object.entries(SINKS).map(async ([name, answer]) => ({ name, server: await openSink(answer) })),
);
const sinks = servers.map(({ name, server }) => ({
  name,
  webhook: {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secret: { file: secret },
  },
}));
const stage = await setStage({ mailboxes, profile: "off", workers: 0, settings: { notify: { sinks } } });
try {
  const own = [stage.startWorker("planner"), stage.startWorker("tasks")];
  const scheduler = stage.startWorker("scheduler");
  while ((await stage.app.workers()).length < 2 || (await stage.app.schedulers()).length < 1) await sleep(50);
  await stage.app.schedules.add({
    name: SCHEDULE,
    job: "permission-audit",
    tenant: "bench",
    params: {},
    scope: { kind: "all", types: [...DEFAULT_TYPES] },
    cron: "0 3 1 1 *",
  });
  // What the second night is compared with; its messages go to all sinks.
  const first = await night(stage, own, [scheduler]);
  const [written] = await stage.app.journal.deliveries({ schedule: SCHEDULE }, 1);
  if (written === undefined) throw new Error("Cannot measure: the first night brought no message");
  await stage.app.journal.addDeliveries(
    sinks.flatMap(({ name }) =>
      Array.from({ length: waiting }, (_, n) => ({
        id: `waiting-${name}-${n}`,
        sink: name,
        schedule: SCHEDULE,
        run: first.run.id,
        message: written.message,
        createdAtMs: Date.now(),
      })),
    ),
  );
  // The other one has sent messages and told of a night by now: what it is compared with is given time to begin.
  const without = stage.startWorker("scheduler", {});
  while ((await stage.app.schedulers()).length < 2) await sleep(50);
  await sleep(SETTLE_MS);
  const second = await night(stage, own, [scheduler, without]);
  const { run, runCpuMs, schedulersCpuMs, afterMs, afterCpuMs } = second;
  const [withSinks = 0, withoutSinks = 0] = schedulersCpuMs;
  const notifyCpuMs = withSinks - withoutSinks;
  const [fromMs, toMs] = [run.startedAtMs ?? 0, run.endedAtMs ?? 0];
  const log = await stage.app.journal.deliveries({}, 10_000);
  const tries = log
    .flatMap((delivery) => delivery.tries)
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const figures = {
    mailboxes,
    waiting: 3 * waiting,
    triesDuringRun: tries.length,
    run: { seconds: seconds(toMs - fromMs), cpuSeconds: seconds(runCpuMs) },
    schedulers: { withSinksCpuSeconds: seconds(withSinks), withoutSinksCpuSeconds: seconds(withoutSinks) },
    notifying: { cpuSeconds: seconds(notifyCpuMs), percentOfRun: percent(notifyCpuMs, runCpuMs) },
    afterRun: {
      seconds: seconds(afterMs),
      cpuSeconds: seconds(afterCpuMs),
      percentOfRun: percent(afterCpuMs, runCpuMs),
    },
  };
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
} finally {
  await stage.end();
  for (const { server } of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(home, { recursive: true });
}
