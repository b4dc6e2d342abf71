/** What a measurement runs on: an emulator and workers as processes of their own, compiled as they are installed, and what the system says they used. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { catalogue } from "../jobs/index.ts";
import { type App, createApp } from "../src/app.ts";
import { parseSettings } from "../src/config.ts";
import { NODE_OPTIONS } from "../src/process.ts";

const ROOT = resolve(import.meta.dirname, "..");
/** Clock ticks per second of `/proc/<pid>/stat`; 100 on every Linux that Node runs on. */
const TICKS = 100;

const readySchema = z.object({
  url: z.url(),
  tenants: z
    .array(z.object({ tenantId: z.string(), domain: z.string(), clientId: z.string(), secret: z.string() }))
    .min(1),
});
export type Access = z.infer<typeof readySchema>["tenants"][number];

export interface Stage {
  readonly url: string;
  readonly access: Access;
  readonly app: App;
  readonly emulator: Measured;
  /** In the order they were started, the dead ones too. */
  readonly workers: readonly Measured[];
  /** One more; does not wait until it works. @param entry of `workers/`; `all` when absent @param settings in place of the stage's */
  startWorker(entry?: string, settings?: Readonly<Record<string, unknown>>): Measured;
  end(): Promise<void>;
}

/** A process, and what it has used so far. */
export interface Measured {
  readonly pid: number;
  cpuMs(): number;
  rssMegabytes(): number;
  /** `kill -9`; waits until it is gone. */
  kill(): Promise<void>;
}

/**
 * @param profile what the emulator takes: a name or a profile
 * @param settings beside the tenant's, as in `exosweep.yaml`
 */
export async function setStage(options: {
  readonly mailboxes: number;
  readonly profile: unknown;
  readonly workers: number;
  readonly settings?: Readonly<Record<string, unknown>>;
}): Promise<Stage> {
  const home = mkdtempSync(join(tmpdir(), "exosweep-bench-"));
  const children: ChildProcess[] = [];
  const start = (
    file: string,
    args: readonly string[],
    environment: Record<string, string> = {},
  ): ChildProcess => {
    const child = spawn(process.execPath, [...NODE_OPTIONS, join(ROOT, "dist", file), ...args], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "ignore"],
    });
    children.push(child);
    return child;
  };
  const emulator = start("src/emulator/main.js", [
    JSON.stringify({ mailboxes: options.mailboxes, profile: options.profile, seed: 1 }),
  ]);
  const ready = readySchema.parse(JSON.parse(await firstLine(emulator)));
  const [access] = ready.tenants;
  if (access === undefined) throw new Error("Cannot measure: the emulator has no tenant");
  const tenants = [
    {
      name: "bench",
      tenantId: access.tenantId,
      domain: access.domain,
      clientId: access.clientId,
      secret: { env: "BENCH_SECRET" },
      cloud: { login: ready.url, exchange: ready.url },
    },
  ];
  const yaml = JSON.stringify({ ...options.settings, tenants });
  const file = join(home, "exosweep.yaml");
  writeFileSync(file, yaml);
  const environment = { ...process.env, BENCH_SECRET: access.secret };
  const app = await createApp({ settings: parseSettings(yaml, file), dataDir: home, catalogue, environment });
  const workers: Measured[] = [];
  const startWorker: Stage["startWorker"] = (entry = "all", settings) => {
    const config = settings === undefined ? file : join(home, `exosweep-${children.length}.yaml`);
    if (settings !== undefined) writeFileSync(config, JSON.stringify({ ...settings, tenants }));
    const child = start(`workers/${entry}.js`, ["--config", config, "--data", home], {
      BENCH_SECRET: access.secret,
    });
    const worker = measured(child);
    workers.push(worker);
    return worker;
  };
  for (let place = 0; place < options.workers; place += 1) startWorker();
  while ((await app.workers()).length < options.workers) {
    if (children.some(({ exitCode }) => exitCode !== null))
      throw new Error("Cannot measure: a worker ended before it worked");
    await sleep(50);
  }
  return {
    url: ready.url,
    access,
    app,
    emulator: measured(emulator),
    workers,
    startWorker,
    async end() {
      for (const child of children.slice(1)) await stopped(child);
      await app.stop();
      await stopped(emulator);
      rmSync(home, { recursive: true });
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("Cannot read what a process says: it has no output");
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error("Cannot measure: a process ended before it was ready");
}

async function stopped(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

function measured(child: ChildProcess): Measured {
  const pid = child.pid ?? 0;
  return {
    pid,
    kill: () => stopped(child, "SIGKILL"),
    cpuMs: () => {
      // Fields 14 and 15 of proc(5), counted after the name in brackets.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS;
    },
    rssMegabytes: () =>
      Math.round(
        Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1_024,
      ),
  };
}
