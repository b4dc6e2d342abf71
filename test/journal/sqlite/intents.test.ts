import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqliteJournal } from "../../../src/journal/index.ts";
import { intent, mailboxes, settlement, startRun } from "../samples.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
  path = join(directory, "journal.db");
});

afterEach(() => rmSync(directory, { recursive: true }));

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** Commits in the write-ahead log: frames that say how long the file is after them (https://www.sqlite.org/fileformat.html, 4.1). */
function commits(): number {
  const log = readFileSync(`${path}-wal`);
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8);
  const frames = Math.floor((log.length - WAL_HEADER_BYTES) / frameBytes);
  return Array.from({ length: frames }, (_, n) =>
    log.readUInt32BE(WAL_HEADER_BYTES + n * frameBytes + 4),
  ).filter((pages) => pages > 0).length;
}

test("intents announced together, and outcomes with them, share a commit", async () => {
  const journal = await openSqliteJournal({ path });
  await startRun(journal, "r1", mailboxes(400));
  const before = commits();
  const announced = Array.from({ length: 200 }, (_, n) => journal.openIntent(intent("r1", n + 1)));
  const settled = Array.from({ length: 200 }, (_, n) => journal.settle(settlement("r1", n + 201)));
  await Promise.all([...announced, ...settled]);
  expect(commits() - before).toBe(1);
  await journal.close();
});
