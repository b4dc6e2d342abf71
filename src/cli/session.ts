/** What one command works with: the terminal, the settings, and the app, opened when it is first asked for and closed at the end. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { App } from "../app.ts";
import { DATA_DIR, defaultSettings, parseSettings, SETTINGS_FILE } from "../config.ts";
import type { Settings } from "../config.ts";
import type { StopSignals } from "../process.ts";
import { errorCode, fileFault } from "./error-code.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage.ts";

/** The same warning is said once in this time. */
const SAY_AGAIN_MS = 60_000;

export const FORMATS = ["table", "json", "ndjson", "csv"] as const;
export type Format = (typeof FORMATS)[number];

/** Options every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly data?: string;
  readonly output?: Format;
  readonly color?: boolean;
  readonly debug?: boolean;
}

export interface Session {
  readonly terminal: Terminal;
  readonly signals: StopSignals;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** As the user chose it; commands differ in what they print otherwise. */
  readonly format: Format | undefined;
  readonly debug: boolean;
  /** Absolute. */
  readonly settingsFile: string;
  readonly dataDir: string;
  /** @throws {SettingsError} with every mistake; {UsageError} when a file that was named is not there */
  settings(): Promise<Settings>;
  /** @param patienceMs see `AppOptions`; only of whoever asks first */
  app(patienceMs?: number): Promise<App>;
  close(): Promise<void>;
}

export function openSession(
  terminal: Terminal,
  signals: StopSignals,
  environment: Session["environment"],
  options: GlobalOptions,
): Session {
  let settings: Promise<Settings> | undefined;
  let app: Promise<App> | undefined;
  const settingsFile = resolve(options.config ?? SETTINGS_FILE);
  const session: Session = {
    terminal,
    signals,
    environment,
    format: options.output,
    debug: options.debug === true,
    settingsFile,
    dataDir: resolve(options.data ?? DATA_DIR),
    settings: () => (settings ??= readSettings(settingsFile, options.config)),
    app: (patienceMs) => (app ??= openApp(session, patienceMs)),
    // An app that could not be opened has said so to whoever asked for it.
    close: async () => (await app?.catch(() => undefined))?.stop(),
  };
  return session;
}

async function readSettings(path: string, named: string | undefined): Promise<Settings> {
  try {
    return parseSettings(await readFile(path, "utf8"), named ?? SETTINGS_FILE);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" && named === undefined) return defaultSettings();
    if (code === undefined) throw error;
    throw new UsageError(
      `Cannot read the settings file "${named ?? path}": ${fileFault(error)}`,
      'name another with --config FILE, or make one with "exosweep init"',
      { cause: error },
    );
  }
}

async function openApp(session: Session, patienceMs: number | undefined): Promise<App> {
  const settings = await session.settings();
  // Loaded here and not at the top, so that commands that need no app start at once.
  const [{ createApp }, { catalogue }] = await Promise.all([
    import("../app.ts"),
    import("../../jobs/index.ts"),
  ]);
  const app = await createApp({
    settings,
    dataDir: session.dataDir,
    catalogue,
    environment: session.environment,
    ...(patienceMs === undefined ? {} : { patienceMs }),
    onDeviceCode: (text) => session.terminal.note(text, "bold"),
  });
  const saidAtMs = new Map<string, number>();
  app.telemetry.on("warning", ({ text, tenant }) => {
    const warning = `warning: ${tenant === undefined ? "" : `${tenant}: `}${text}`;
    if (Date.now() - (saidAtMs.get(warning) ?? 0) < SAY_AGAIN_MS) return;
    saidAtMs.set(warning, Date.now());
    session.terminal.note(warning, "yellow");
  });
  return app;
}
