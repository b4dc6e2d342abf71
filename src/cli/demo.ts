/** The demo: an embedded Redis, an emulator, worker processes and one audit, each a real process, and what they have to show at the end. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { z } from "zod";
import { createApp, type App } from "../app.ts";
import { parseSettings } from "../config.ts";
import { PROFILES } from "../emulator/index.ts";
import type { RunRecord } from "../journal/index.ts";
import { ensureRedisServer } from "../queue/index.ts";
import { exportFileName, exportRun } from "../reports/index.ts";
import { DEFAULT_TYPES } from "../runs/index.ts";
import { catalogue } from "../../jobs/index.ts";
import { startChild, type Child } from "./child.ts";
import { forecast } from "./demo-forecast.ts";
import { settingsFor } from "./emulator-settings.ts";
import { follow } from "./follow.ts";
import { printRun } from "./run-report.ts";
import type { Session } from "./session.ts";
import { suggestion, UsageError } from "./usage.ts";
import { count, duration } from "./words.ts";

const MAILBOXES = 2_000;
const WORKERS = 2;
const JOB = "permission-audit";

export interface DemoOptions {
  readonly mailboxes?: number;
  /** Name of an emulator profile. */
  readonly throttle?: string;
  /** Worker processes. */
  readonly workers?: number;
}

/** What the emulator's process says when it is ready. */
const readySchema = z.object({
  url: z.url(),
  tenants: z
    .array(z.object({ tenantId: z.string(), domain: z.string(), clientId: z.string(), secret: z.string() }))
    .min(1),
});

export async function runDemo(session: Session, options: DemoOptions): Promise<number> {
  const mailboxes = options.mailboxes ?? MAILBOXES;
  const profile = profileNamed(options.throttle ?? "demo");
  const home = join(session.dataDir, "demo");
  const { terminal, signals } = session;
  await ensureRedisServer((text) => terminal.note(text));
  await mkdir(home, { recursive: true, mode: 0o700 });

  await using children = new Children();
  terminal.note(
    `emulator: ${count(mailboxes)} mailboxes, throttle "${profile}"; about ${duration(forecast(PROFILES[profile], mailboxes))}`,
  );
  const emulator = children.add(
    startChild("src/emulator/main.ts", [JSON.stringify({ mailboxes, profile })], session.environment),
  );
  const ready = readySchema.parse(JSON.parse(await emulator.firstLine(signals.soft)));
  const { yaml, variables } = settingsFor(new URL(ready.url), ready.tenants);
  const settingsFile = join(home, "exosweep.yaml");
  await writeFile(settingsFile, `${yaml}\n`, { mode: 0o600 });

  const environment = { ...session.environment, ...variables };
  const app = await createApp({
    settings: parseSettings(yaml, settingsFile),
    dataDir: home,
    catalogue,
    environment,
  });
  try {
    return await audit(session, app, children, {
      home,
      settingsFile,
      environment,
      workers: options.workers ?? WORKERS,
    });
  } finally {
    // Workers first: the embedded Redis goes with its last user.
    await children.stop("workers/all.ts");
    await app.stop();
  }
}

interface Stage {
  readonly home: string;
  readonly settingsFile: string;
  readonly environment: Session["environment"];
  readonly workers: number;
}

async function audit(session: Session, app: App, children: Children, stage: Stage): Promise<number> {
  const { terminal, signals } = session;
  // What an earlier demo left unfinished belongs to an emulator that is gone.
  await app.runs.cancelAll("a new demo was started");
  const tenant = app.tenants[0]?.name ?? "";
  for (let number = 1; number <= stage.workers; number += 1)
    children.add(
      startChild("workers/all.ts", ["--config", stage.settingsFile, "--data", stage.home], stage.environment),
    );
  await workersReady(app, stage.workers, signals.soft);
  const started = await app.runs.start({
    job: JOB,
    tenant,
    params: {},
    scope: { kind: "all", types: [...DEFAULT_TYPES] },
  });
  terminal.note(`run ${started.id}: ${JOB} of tenant "${tenant}" with ${stage.workers} worker processes`);
  const { run, exitCode } = await follow(session, app, started.id);
  if (signals.soft.aborted) {
    terminal.note("the demo ends here, and its workers and its emulator with it");
    return exitCode;
  }
  await printRun(session, app, run, { exitCode, nextSteps: false });
  await printRecordOfDemo(session, app, run);
  const job = app.catalogue.find((known) => known.name === run.job);
  if (job === undefined) return exitCode;
  const csv = join(stage.home, exportFileName(run, "csv"));
  const exported = await exportRun({ journal: app.journal, run, job, format: "csv", out: csv });
  await terminal.text(`\n${count(exported.rows)} rows: ${relative(process.cwd(), csv)}`);
  const dir = relative(process.cwd(), stage.home);
  await terminal.text(
    [
      "",
      "Try next:",
      `  npm run -s exosweep -- --data ${dir} runs verify ${run.id}`,
      `  npm run -s exosweep -- --data ${dir} export ${run.id} --format ndjson --include-noise --out audit.ndjson`,
      "  npm run -s exosweep -- init        (a tenant of your own: README.md, quick start)",
    ].join("\n"),
  );
  return exitCode;
}

/** What the run's own record says about how it was done. */
async function printRecordOfDemo(session: Session, app: App, run: RunRecord): Promise<void> {
  const { calls } = run;
  const events = await app.runs.events(run.id, 1_000);
  const reaction = events.find((event) => event.kind === "throttled")?.data;
  const words =
    reaction !== null &&
    typeof reaction === "object" &&
    "reaction" in reaction &&
    typeof reaction["reaction"] === "string"
      ? reaction["reaction"]
      : "none was needed";
  const perBatch =
    calls.busyBatches === 0
      ? "no batch had to wait"
      : `${(calls.busyItems / calls.busyBatches).toFixed(1)} calls per batch while the gate was busy`;
  await session.terminal.text(
    [
      "How it was done",
      `  workers    ${run.workers.length} processes settled targets`,
      `  batches    ${count(calls.batches)} requests, ${perBatch}`,
      `  throttle   ${count(calls.throttledItems)} calls refused in ${count(events.filter((event) => event.kind === "throttled").length)} events; first reaction: ${words}`,
      `  SendAs     read in ${count(run.counts["send-as-pages"] ?? 0)} bulk pages of the whole tenant, not mailbox by mailbox`,
    ].join("\n"),
  );
}

async function workersReady(app: App, wanted: number, signal: AbortSignal): Promise<void> {
  for (let looks = 0; looks < 150; looks += 1) {
    signal.throwIfAborted();
    if ((await app.workers()).length >= wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Cannot start the demo: its worker processes did not come up within 15 s");
}

function profileNamed(name: string): keyof typeof PROFILES {
  const names = Object.keys(PROFILES) as (keyof typeof PROFILES)[];
  const found = names.find((known) => known === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot use --throttle "${name}": there is no such profile`,
    `${suggestion(name, names)}choose one of: ${names.join(", ")}`,
  );
}

/** The demo's processes, ended with it in whatever way it ends. */
class Children implements AsyncDisposable {
  readonly #all: Child[] = [];

  add(child: Child): Child {
    this.#all.push(child);
    return child;
  }

  async stop(program: string): Promise<void> {
    await Promise.all(this.#all.filter((child) => child.program === program).map((child) => child.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((child) => child.stop()));
  }
}
