import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { expect, onTestFinished, test } from "vitest";
import {
  JournalError,
  type NewTarget,
  openThreadedJournal,
  RunOpenError,
} from "../../../src/journal/index.ts";
import { newRun } from "../../support/journal.ts";

async function setup(options: { readonly maxBytes?: number } = {}) {
  const directory = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
  const journal = await openThreadedJournal({ path: join(directory, "journal.db"), ...options });
  onTestFinished(async () => {
    await journal.close();
    chmodSync(directory, 0o700);
    rmSync(directory, { recursive: true });
  });
  return journal;
}

function targets(count: number): NewTarget[] {
  return Array.from({ length: count }, (_, place) => ({
    kind: "mailbox",
    id: `m${place}`,
    objectId: "",
    label: `mailbox ${place}`,
    data: { text: "x".repeat(200) },
  }));
}

test("a threaded journal hands errors of its thread over as what they are", async () => {
  const journal = await setup();
  await journal.createRun(newRun());
  const error: unknown = await journal.createRun(newRun({ id: "run-2" })).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RunOpenError);
  expect(error).toMatchObject({ run: "run-1", message: expect.stringContaining("permission-audit") });
});

test("a threaded journal on a full disk says so, with advice", async () => {
  const journal = await setup({ maxBytes: 400_000 });
  await journal.createRun(newRun());
  const error: unknown = await journal.addTargets("run-1", targets(5_000)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(JournalError);
  expect(error).toMatchObject({ advice: expect.stringMatching(/space/i) });
});

test("a threaded journal whose thread cannot open the file says why, each time it is asked", async () => {
  const directory = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
  const path = join(directory, "journal.db");
  const journal = await openThreadedJournal({ path });
  onTestFinished(async () => {
    await journal.close();
    rmSync(directory, { recursive: true });
  });
  // Taken away between the opening and the first write, which starts the thread.
  rmSync(path);
  mkdirSync(path);
  for (const id of ["run-1", "run-2"])
    await expect(journal.createRun(newRun({ id }))).rejects.toMatchObject({
      name: "JournalError",
      message: `Cannot open the journal "${path}": the file cannot be opened`,
      advice: expect.stringContaining("Check that the path is right"),
    });
});

test("a threaded journal finishes what was asked for before it closes, and refuses more after", async () => {
  const journal = await setup();
  await journal.createRun(newRun());
  const adding = journal.addTargets("run-1", targets(2_000));
  await journal.close();
  expect(await adding).toBe(2_000);
  await expect(journal.addTargets("run-1", targets(1))).rejects.toThrow(JournalError);
});

test("a threaded journal lets its process go on while it writes", async () => {
  const journal = await setup();
  await journal.createRun(newRun());
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let beats = 0;
  const heart = setInterval(() => (beats += 1), 1);
  delay.enable();
  await Promise.all([
    journal.addTargets("run-1", targets(10_000)),
    journal.putIndex(
      "run-1",
      targets(5_000).map(({ id }) => ({ id, keys: [id, `${id}@contoso.com`], value: id })),
    ),
  ]);
  delay.disable();
  clearInterval(heart);
  // In one thread the same work leaves the loop room only between its transactions.
  expect(beats).toBeGreaterThan(20);
});
