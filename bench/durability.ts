/**
 * What holds when things break, in figures: `npm run build`, then
 *
 *     node bench/durability.ts [--only flushall,kills,lost-writes,cost] [--mailboxes N] [--writes N] [-o json]
 *
 *   flushall      Redis emptied at 10, 50 and 90 % of an audit of 100,000 mailboxes, and in the middle of a plan of 1,000 writes
 *   kills         kill -9 of a random worker every 15 s, beside the same run in peace; 20,000 mailboxes each
 *   lost-writes   1,000 writes whose every first answer is lost
 *   cost          the journal on disk beside the journal in memory, in turn; 20,000 mailboxes each
 *
 * Everything but `cost` runs against a service that takes its time, so that its speed is not that of the cores. A figure that misses its
 * target ends the command with code 1. The load of the machine is told: figures from a machine that is busy with something else say little.
 */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { ensureRedisServer } from "../src/queue/index.ts";
import { measureCost } from "./durability/cost.ts";
import { type Figure, isMet, round, tableOf } from "./durability/figure.ts";
import { measureFlushAll } from "./durability/flushall.ts";
import { measureKills } from "./durability/kills.ts";
import { measureLostWrites } from "./durability/lost-writes.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    mailboxes: { type: "string" },
    writes: { type: "string", default: "1000" },
    output: { type: "string", short: "o", default: "table" },
  },
});
const writes = Number(values.writes);
const mailboxes = (usual: number): number => Number(values.mailboxes ?? usual);
const MEASURES: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  flushall: () => measureFlushAll(mailboxes(100_000), writes),
  kills: () => measureKills(mailboxes(20_000)),
  "lost-writes": () => measureLostWrites(writes),
  cost: () => measureCost(mailboxes(20_000)),
};

const names = values.only?.split(",") ?? Object.keys(MEASURES);
const unknown = names.find((name) => !Object.hasOwn(MEASURES, name));
if (unknown !== undefined)
  throw new Error(`Cannot measure "${unknown}": choose of ${Object.keys(MEASURES).join(", ")}`);
await ensureRedisServer((text) => process.stderr.write(`${text}\n`));

const measured: Record<string, unknown> = { cores: cpus().length, node: process.version };
for (const name of names) {
  const load = loadavg()[0] ?? 0;
  const startedMs = performance.now();
  const figures = (await MEASURES[name]?.()) ?? [];
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  const loads = [load, loadavg()[0] ?? 0].map(round);
  measured[name] = {
    seconds,
    loadBeforeAndAfter: loads,
    figures: figures.map((figure) => ({ ...figure, met: isMet(figure) })),
  };
  if (values.output !== "json")
    console.log(`${name} (${seconds} s; load ${loads.join(" before, ")} after)\n${tableOf(figures)}\n`);
  if (!figures.every(isMet)) process.exitCode = 1;
}
if (values.output === "json") console.log(JSON.stringify(measured, undefined, 2));
