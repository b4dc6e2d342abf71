/**
 * Measures the product. Tables for people, or JSON with --json.
 *
 *     npm run bench                    everything: the answers of a million rows take half an hour on two cores
 *     npm run bench -- --quick         the answers of a small tenant, in a minute: does it work?
 *     npm run bench -- --only answers  or throughput, rivals, corpora
 *     npm run bench -- --long          200,000 mailboxes as well: is memory flat?
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { ensureRedisServer } from "../src/queue/index.ts";
import { measureAnswers } from "./answers.ts";
import { corpora } from "./corpora.ts";
import { compareRivals } from "./rivals.ts";
import { corpusTable, figureTable } from "./table.ts";
import { measureThroughput } from "./throughput.ts";

const PARTS = ["throughput", "rivals", "answers", "corpora"] as const;
type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const { quick, only = quick ? "answers,corpora" : PARTS.join(",") } = values;
const named = only.split(",").map((name) => name.trim());
const unknown = named.find((name) => !PARTS.some((part) => part === name));
if (unknown !== undefined) throw new RangeError(`Cannot measure "${unknown}": expected ${PARTS.join(", ")}`);
const wants = (part: Part): boolean => named.includes(part);

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const figures: Record<string, unknown> = { cores: cpus().length, node: process.version, quick };
const tables: string[] = [`${cpus().length} cores, Node ${process.version}`];

if (wants("throughput") || wants("rivals")) await ensureRedisServer(say);
if (wants("throughput"))
  for (const mailboxes of values.long ? [20_000, 200_000] : [20_000]) {
    say(`throughput: ${mailboxes} mailboxes`);
    const measured = await measureThroughput(mailboxes);
    figures[mailboxes === 20_000 ? "throughput" : "throughputLong"] = measured;
    tables.push(`throughput, ${mailboxes} mailboxes:\n${JSON.stringify(measured, undefined, 2)}`);
  }
if (wants("rivals")) {
  say("rivals: 2,000 mailboxes, realistic latency and throttle");
  const compared = await compareRivals(2_000, 60);
  figures["rivals"] = compared;
  tables.push(`beside the usual ways:\n${JSON.stringify(compared, undefined, 2)}`);
}
if (wants("answers")) {
  const answers = await measureAnswers(quick, say);
  figures["answers"] = answers;
  tables.push(figureTable(answers, !quick));
}
if (wants("corpora")) {
  const counted = corpora();
  figures["corpora"] = counted;
  tables.push(corpusTable(counted));
}
console.log(values.json ? JSON.stringify(figures, undefined, 2) : tables.join("\n\n"));
