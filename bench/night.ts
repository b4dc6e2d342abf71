/**
 * What a night asks the tenant, beside what its jobs ask when each is run alone: over HTTP, no throttle, no latency. Prints JSON.
 *
 *     npm run build && node bench/night.ts [--mailboxes 5000]
 */
import { parseArgs } from "node:util";
import { ensureRedisServer } from "../src/queue/index.ts";
import { DEFAULT_TYPES } from "../src/runs/index.ts";
import { type Stage, setStage } from "./stage.ts";

/** What a tenant's limit counts: calls in batches, and pages after a first one. */
interface Asked {
  readonly calls: number;
  readonly requests: number;
  readonly seconds: number;
}

const { values } = parseArgs({ options: { mailboxes: { type: "string", default: "5000" } } });

async function asked({ app }: Stage, job: string): Promise<{ readonly id: string; readonly asked: Asked }> {
  const scope = { kind: "all" as const, types: [...DEFAULT_TYPES] };
  const started = await app.runs.start({ job, tenant: "bench", params: {}, scope });
  let run = started;
  for await (const snapshot of app.runs.watch(started.id, new AbortController().signal)) run = snapshot.run;
  if (run.state !== "complete") throw new Error(`Cannot measure: the run of ${job} is ${run.state}`);
  const { items, pages, batches } = run.calls;
  const seconds = Math.round(((run.endedAtMs ?? 0) - (run.startedAtMs ?? 0)) / 100) / 10;
  return { id: run.id, asked: { calls: items + pages, requests: batches + pages, seconds } };
}

await ensureRedisServer((text) => void process.stderr.write(`${text}\n`));
const stage = await setStage({ mailboxes: Number(values.mailboxes), profile: "off", workers: 1 });
try {
  const night = await asked(stage, "nightly");
  const run = await stage.app.runs.get(night.id);
  const apart: Record<string, Asked> = {};
  for (const { job } of await stage.app.reports.runsOf(run)) apart[job] = (await asked(stage, job)).asked;
  const sum = (of: keyof Asked): number =>
    Math.round(10 * Object.values(apart).reduce((all, one) => all + one[of], 0)) / 10;
  const together = { calls: sum("calls"), requests: sum("requests"), seconds: sum("seconds") };
  const savedPercent = Math.round((1 - night.asked.calls / together.calls) * 100);
  process.stdout.write(
    `${JSON.stringify({ mailboxes: Number(values.mailboxes), apart, together, night: night.asked, savedPercent }, undefined, 2)}\n`,
  );
} finally {
  await stage.end();
}
