/** Mailboxes per second through the whole stack, and what each part of it used: two worker processes, no throttle, no latency. */
import { DEFAULT_TYPES } from "../src/runs/index.ts";
import { connectRedis } from "../src/queue/index.ts";
import { Telemetry } from "../src/telemetry/index.ts";
import { setStage, type Stage } from "./stage.ts";

export interface Throughput {
  readonly mailboxes: number;
  readonly mailboxesPerSecond: number;
  /** From the first settled target to the last. */
  readonly mailboxesPerSecondWhileRunning: number;
  readonly secondsToFirstRow: number;
  readonly secondsInAll: number;
  readonly cpuMsPerMailbox: { readonly workers: number; readonly emulator: number };
  readonly redisBytesPerQueuedTask: number;
  readonly redisPeakMegabytes: number;
  readonly rssMegabytes: { readonly workers: readonly number[]; readonly emulator: number };
  readonly callsPerBatch: number;
}

/** @param settings other than the defaults */
export async function measureThroughput(
  mailboxes: number,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Throughput> {
  const stage = await setStage({ mailboxes, profile: "off", workers: 2, settings });
  try {
    return await measure(stage, mailboxes);
  } finally {
    await stage.end();
  }
}

async function measure({ app, emulator, workers }: Stage, mailboxes: number): Promise<Throughput> {
  const redis = await connectRedis({ dataDir: app.dataDir }, new Telemetry());
  const usedBytes = async (): Promise<number> =>
    Number(/used_memory:(\d+)/.exec(await redis.patient.info("memory"))?.[1]);
  const redisBefore = await usedBytes();
  const cpu = (): { workers: number; emulator: number } => ({
    workers: workers.reduce((sum, worker) => sum + worker.cpuMs(), 0),
    emulator: emulator.cpuMs(),
  });
  const cpuBefore = cpu();
  const startedMs = performance.now();
  const started = await app.runs.start({
    job: "permission-audit",
    tenant: "bench",
    params: {},
    scope: { kind: "all", types: [...DEFAULT_TYPES] },
  });
  let firstMs: number | undefined;
  let redisPeak = redisBefore;
  let run = started;
  for await (const snapshot of app.runs.watch(started.id, new AbortController().signal)) {
    run = snapshot.run;
    if (firstMs === undefined && run.rows > 0) firstMs = performance.now();
    redisPeak = Math.max(redisPeak, await usedBytes());
  }
  const endedMs = performance.now();
  const cpuAfter = cpu();
  await redis.close();
  if (run.state !== "complete") throw new Error(`Cannot measure: the run is ${run.state}`);
  const seconds = (endedMs - startedMs) / 1_000;
  const window = app.settings.tasks.window;
  return {
    mailboxes,
    mailboxesPerSecond: Math.round(mailboxes / seconds),
    mailboxesPerSecondWhileRunning: Math.round(mailboxes / ((endedMs - (firstMs ?? startedMs)) / 1_000)),
    secondsToFirstRow: round(((firstMs ?? endedMs) - startedMs) / 1_000),
    secondsInAll: round(seconds),
    cpuMsPerMailbox: {
      workers: round((cpuAfter.workers - cpuBefore.workers) / mailboxes),
      emulator: round((cpuAfter.emulator - cpuBefore.emulator) / mailboxes),
    },
    redisBytesPerQueuedTask: Math.round((redisPeak - redisBefore) / Math.min(window, mailboxes)),
    redisPeakMegabytes: round(redisPeak / 1e6),
    rssMegabytes: {
      workers: workers.map((worker) => worker.rssMegabytes()),
      emulator: emulator.rssMegabytes(),
    },
    callsPerBatch: round(run.calls.busyBatches === 0 ? 0 : run.calls.busyItems / run.calls.busyBatches),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
