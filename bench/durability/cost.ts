/** What it costs that every outcome is on disk before it is shown: the same run with the journal in memory and on the disk, in turn. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureThroughput } from "../throughput.ts";
import { type Figure, percent } from "./figure.ts";

/** A disk in memory: commits are what they always are, only that nothing has to be waited for. */
const MEMORY = "/dev/shm";
const TURNS = 2;

export async function measureCost(mailboxes: number): Promise<readonly Figure[]> {
  if (!existsSync(MEMORY)) throw new Error(`Cannot compare: this system has no ${MEMORY}`);
  const inMemory: number[] = [];
  const onDisk: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    inMemory.push(await perSecond(MEMORY, mailboxes));
    onDisk.push(await perSecond(tmpdir(), mailboxes));
  }
  const turns = (values: readonly number[], place: string): Figure[] =>
    values.map((value, turn) => ({ what: `journal ${place}, turn ${turn + 1}`, value, unit: "mailboxes/s" }));
  return [
    ...turns(inMemory, "in memory"),
    ...turns(onDisk, "on disk"),
    {
      what: "what the disk costs",
      value: 100 - percent(mean(onDisk), mean(inMemory)),
      unit: "%",
      target: { most: 10 },
    },
  ];
}

async function perSecond(directory: string, mailboxes: number): Promise<number> {
  const place = mkdtempSync(join(directory, "exosweep-journal-"));
  try {
    const journal = `sqlite:${join(place, "journal.db")}`;
    return (await measureThroughput(mailboxes, { journal })).mailboxesPerSecondWhileRunning;
  } finally {
    rmSync(place, { recursive: true });
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
