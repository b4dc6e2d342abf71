/** The power goes: what was written and not synced is lost in part, sector by sector; what was told to anybody is there. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqliteJournal } from "../../../src/journal/index.ts";
import { afterPowerLoss, type DiskEvent, type Fate, traced, whyNoTrace } from "../../support/disk-trace.ts";
import { mailboxes, startRun } from "../samples.ts";

const PROCESS = resolve(import.meta.dirname, "../../support/journal-process.ts");
const TARGETS = 120;
const CUTS = 60;

let home: string;
beforeEach(async ({ skip }) => {
  const reason = await whyNoTrace();
  skip(reason !== undefined, reason);
  home = await mkdtemp(join(tmpdir(), "exosweep-power-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** A run whose targets a process is about to settle; the files as they are then. */
async function prepared(): Promise<{ readonly where: string; readonly before: ReadonlyMap<string, Buffer> }> {
  const folder = join(home, "true");
  const where = join(folder, "journal.db");
  const journal = await openSqliteJournal({ path: where });
  await startRun(journal, "r1", mailboxes(TARGETS));
  await journal.close();
  const names = await readdir(folder);
  const files = names.map(async (name): Promise<[string, Buffer]> => {
    const path = join(folder, name);
    return [path, await readFile(path)];
  });
  return { where, before: new Map(await Promise.all(files)) };
}

/** Mulberry32, so that a failure can be had again. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** All of it, none of it, the first of it, or any of it. */
function fateOf(chance: () => number): Fate {
  const kind = chance();
  if (kind < 0.25) return () => "lost";
  if (kind < 0.4) return () => "kept";
  const kept = Math.floor(chance() * 40);
  return kind < 0.7
    ? (sector) => (sector <= kept ? "kept" : "lost")
    : () => (chance() < 0.5 ? "kept" : "lost");
}

/** What had been told before event number `until`, as far as a journal must still know it. */
function toldBefore(events: readonly DiskEvent[], until: number) {
  const words = events
    .slice(0, until)
    .flatMap((event) => (event.is === "said" ? event.text.split("\n") : []));
  const linesOf = (word: string): number[] =>
    words.filter((each) => each.startsWith(`${word} `)).map((each) => Number(each.split(" ")[1]));
  return { settled: linesOf("settled"), sent: linesOf("sent") };
}

interface Checked {
  readonly told: number;
  readonly lostSectors: number;
  /** What was told and is not there, and what is wrong with the rest. */
  readonly wrong: readonly string[];
}

async function check(
  before: ReadonlyMap<string, Buffer>,
  events: readonly DiskEvent[],
  until: number,
  fate: Fate,
  lies = false,
): Promise<Checked> {
  const { files, lostSectors } = afterPowerLoss(before, events, until, fate, lies);
  const folder = await mkdtemp(join(home, "after-"));
  // What lies in shared memory between the processes is no part of the disk.
  const kept = [...files].filter(([path]) => !path.endsWith("-shm"));
  await Promise.all(kept.map(([path, bytes]) => writeFile(join(folder, basename(path)), bytes)));
  const told = toldBefore(events, until);
  const wrong: string[] = [];
  const journal = await openSqliteJournal({ path: join(folder, "journal.db") });
  try {
    for (const line of told.settled)
      if ((await journal.target("r1", line))?.outcome !== "ok")
        wrong.push(`line ${line} was told to be settled`);
    for (const line of told.sent)
      if ((await journal.intents("r1", line)).length === 0) wrong.push(`line ${line} was sent unannounced`);
    wrong.push(...(await journal.verify("r1")).problems);
  } finally {
    await journal.close();
  }
  await rm(folder, { recursive: true });
  return { told: told.settled.length + told.sent.length, lostSectors, wrong };
}

test.each(["settle", "write"] as const)(
  "whenever the power goes while outcomes are recorded (%s), what was told is on the disk, and the rest is whole",
  { timeout: 120_000 },
  async (task) => {
    const { where, before } = await prepared();
    const events = await traced([PROCESS, task, where, "r1", "w1"], join(home, "strace"));
    expect(toldBefore(events, events.length).settled).toHaveLength(TARGETS);
    let [told, lostSectors] = [0, 0];
    for (let seed = 1; seed <= CUTS; seed += 1) {
      const chance = dice(seed);
      const checked = await check(before, events, Math.floor(chance() * events.length), fateOf(chance));
      expect(checked.wrong, `power loss ${seed}`).toEqual([]);
      told += checked.told;
      lostSectors += checked.lostSectors;
    }
    expect(told, "promises looked after").toBeGreaterThan(TARGETS);
    expect(lostSectors, "sectors lost").toBeGreaterThan(CUTS);
  },
);

test(
  "a disk that says it has synced and has not is found out by the same look",
  { timeout: 60_000 },
  async () => {
    const { where, before } = await prepared();
    const events = await traced([PROCESS, "settle", where, "r1", "w1"], join(home, "strace"));
    const last = events.findLastIndex((event) => event.is === "said" && event.text.includes("settled"));
    const { wrong } = await check(before, events, last + 1, () => "lost", true);
    expect(wrong).toContain("line 1 was told to be settled");
  },
);
