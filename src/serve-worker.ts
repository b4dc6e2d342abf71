/** Runs one worker process from its arguments to its exit code: `workers/*.ts` and `exosweep worker` are this with different roles. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type App, createApp, type Role } from "./app.ts";
import { DATA_DIR, defaultSettings, parseSettings, SETTINGS_FILE, type Settings } from "./config.ts";
import type { Job } from "./job/index.ts";
import { listenForStop, serveUntilStopped } from "./process.ts";
import { logEvents } from "./telemetry/index.ts";

/**
 * Reads `--config FILE`, `--data DIR` and `--verbose` from the command line and works until a signal. Logs go to stderr, one JSON line each.
 * @returns the exit code
 */
export async function serveWorker(roles: readonly Role[], catalogue: readonly Job[]): Promise<number> {
  const { values } = parseArgs({
    options: { config: { type: "string" }, data: { type: "string" }, verbose: { type: "boolean" } },
  });
  try {
    const app = await createApp({
      settings: await readSettings(values.config),
      dataDir: resolve(values.data ?? DATA_DIR),
      catalogue,
      environment: process.env,
    });
    return await workUntilStopped(app, roles, values.verbose ?? false);
  } catch (error) {
    const advice =
      error instanceof Error && "advice" in error && typeof error.advice === "string"
        ? `\n  next: ${error.advice}`
        : "";
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}${advice}\n`);
    return 10;
  }
}

/** Works until a signal, then drains and closes the app. @returns 130 or 143 */
export async function workUntilStopped(app: App, roles: readonly Role[], verbose: boolean): Promise<number> {
  using signals = listenForStop();
  const endLog = logEvents(app.telemetry, { to: 2, worker: `${process.pid}`, verbose });
  try {
    const worker = await app.startWorker(roles);
    return await serveUntilStopped(worker, signals, app.settings.tasks.drainMs);
  } finally {
    await app.stop();
    endLog();
  }
}

async function readSettings(file: string | undefined): Promise<Settings> {
  try {
    return parseSettings(await readFile(resolve(file ?? SETTINGS_FILE), "utf8"), file ?? SETTINGS_FILE);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (missing && file === undefined) return defaultSettings();
    throw error;
  }
}
