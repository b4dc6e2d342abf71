/**
 * Measures the product and prints JSON.
 *
 *     npm run bench                    20,000 mailboxes, and the comparison
 *     npm run bench -- --long          200,000 mailboxes as well: is memory flat?
 */
import { cpus } from "node:os";
import { ensureRedisServer } from "../src/queue/index.ts";
import { compareRivals } from "./rivals.ts";
import { measureThroughput } from "./throughput.ts";

await ensureRedisServer((text) => process.stderr.write(`${text}\n`));
const figures: Record<string, unknown> = { cores: cpus().length, node: process.version };
const say = (text: string): void => void process.stderr.write(`${text}\n`);

say("throughput: 20,000 mailboxes");
figures["throughput"] = await measureThroughput(20_000);
if (process.argv.includes("--long")) {
  say("throughput: 200,000 mailboxes");
  figures["throughputLong"] = await measureThroughput(200_000);
}
say("rivals: 2,000 mailboxes, realistic latency and throttle");
figures["rivals"] = await compareRivals(2_000, 60);
console.log(JSON.stringify(figures, undefined, 2));
