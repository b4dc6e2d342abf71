/** The figures that answers are to have: look-up, difference, exports, proof, import; each measured by its own bench, in a process of its own. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

export interface Figure {
  readonly what: string;
  /** How much data. */
  readonly size: string;
  readonly measured: number;
  readonly unit: "ms" | "s" | "MB";
  /** The most it may be; undefined where nothing is asked. */
  readonly most: number | undefined;
}

/** Rows and megabytes an export is measured by. */
interface Sizes {
  readonly mailboxes: number;
  readonly grants: number;
  readonly rows: number;
  readonly targets: number;
}

const FULL: Sizes = { mailboxes: 1_000_000, grants: 5_000_000, rows: 1_000_000, targets: 100_000 };
const QUICK: Sizes = { mailboxes: 5_000, grants: 25_000, rows: 20_000, targets: 2_000 };

const LOOK_UP_MS = 50;
const DELTA_SECONDS = 10;
const EXPORT_SECONDS: Readonly<Record<string, number>> = { csv: 30, parquet: 30, xlsx: 120 };
const EXPORT_MEGABYTES = 400;

const times = z.object({
  p50Ms: z.number(),
  p95Ms: z.number(),
  accessesEach: z.number(),
  wholeP50Ms: z.number(),
});
const lookUps = z.object({
  whatCanAccess: times,
  whatCanAccessOfHubs: times,
  whatCanAccessThroughGroups: times,
  whoCanAccess: times,
  indexSeconds: z.number(),
});
const deltas = z.object({ seconds: z.number(), peakMegabytes: z.number(), listed: z.number() });
const exported = z.object({ seconds: z.number(), peakMegabytes: z.number() });
const exports_ = z.object({ csv: exported, parquet: exported, xlsx: exported });
const step = z.object({ seconds: z.number() });
const proofs = z.object({ verify: step, verifyBundle: step });
const imports = z.object({ seconds: z.number(), peakMegabytes: z.number() });

/** @param quick sizes for a look whether it works: seconds, not minutes */
export async function measureAnswers(
  quick: boolean,
  say: (text: string) => void,
): Promise<readonly Figure[]> {
  const { mailboxes, grants, rows, targets } = quick ? QUICK : FULL;
  const questions = quick ? 200 : 2_000;
  const figures: Figure[] = [];
  const add = (what: string, size: string, measured: number, unit: Figure["unit"], most?: number): void =>
    void figures.push({ what, size, measured, unit, most });

  say(`look-ups: ${mailboxes} mailboxes, ${grants} grants`);
  const asked = lookUps.parse(
    await bench(
      "lookup.ts",
      "--groups",
      "--mailboxes",
      mailboxes,
      "--grants",
      grants,
      "--questions",
      questions,
    ),
  );
  const tenant = `${count(mailboxes)} mailboxes, ${count(grants)} grants`;
  const hub = `${count(asked.whatCanAccessOfHubs.accessesEach)} accesses`;
  const through = `${count(asked.whatCanAccessThroughGroups.accessesEach)} accesses`;
  for (const [what, size, { p50Ms, p95Ms }] of [
    ["what-can-access", tenant, asked.whatCanAccess],
    ["what-can-access of a hub, first page", hub, asked.whatCanAccessOfHubs],
    ["what-can-access through groups, first page", through, asked.whatCanAccessThroughGroups],
    ["who-can-access", tenant, asked.whoCanAccess],
  ] as const) {
    add(`${what}, median`, size, p50Ms, "ms", LOOK_UP_MS);
    add(`${what}, 95 of 100`, size, p95Ms, "ms", LOOK_UP_MS);
  }
  add("what-can-access of a hub, all of it", hub, asked.whatCanAccessOfHubs.wholeP50Ms, "ms");
  add("making the index", tenant, asked.indexSeconds, "s");

  say(`difference: two runs of ${rows} rows`);
  const delta = deltas.parse(await bench("delta.ts", "--rows", rows));
  const two = `2 × ${count(rows)} rows, ${count(delta.listed)} changes`;
  add("diff", two, delta.seconds, "s", DELTA_SECONDS);
  add("diff, peak memory", two, delta.peakMegabytes, "MB");

  say(`exports: ${rows} rows`);
  const written = exports_.parse(await bench("exports.ts", "--rows", rows, "--formats", "csv,parquet,xlsx"));
  for (const [format, { seconds, peakMegabytes }] of Object.entries(written)) {
    add(`export ${format}`, `${count(rows)} rows`, seconds, "s", EXPORT_SECONDS[format]);
    add(`export ${format}, peak memory`, `${count(rows)} rows`, peakMegabytes, "MB", EXPORT_MEGABYTES);
  }

  say(`proof: ${targets} targets`);
  const proof = proofs.parse(await bench("journal.ts", "--verify", targets));
  add("runs verify", `${count(targets)} targets`, proof.verify.seconds, "s");
  add("runs verify --bundle", `${count(targets)} targets`, proof.verifyBundle.seconds, "s");

  say(`import: ${rows} lines`);
  const read = imports.parse(await bench("imports.ts", "--lines", rows));
  add("import", `${count(rows)} lines`, read.seconds, "s");
  add("import, peak memory", `${count(rows)} lines`, read.peakMegabytes, "MB");
  return figures;
}

async function bench(file: string, ...words: readonly (string | number)[]): Promise<unknown> {
  const path = join(import.meta.dirname, file);
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    path,
    ...words.map(String),
  ]);
  return JSON.parse(stdout);
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
