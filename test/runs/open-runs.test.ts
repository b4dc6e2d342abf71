import { expect, onTestFinished, test } from "vitest";
import { OpenRuns } from "../../src/runs/open-runs.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { freshJournal, newRun } from "../support/journal.ts";

async function setup() {
  const journal = await freshJournal();
  await journal.createRun(newRun());
  await journal.moveRun("run-1", ["planned"], "enumerating");
  await journal.sealManifest("run-1");
  await journal.moveRun("run-1", ["enumerating"], "running");
  const open = new OpenRuns(journal, new Telemetry(), 60_000);
  await open.start();
  onTestFinished(() => open.stop());
  return { journal, open };
}

test("OpenRuns lets calls leave for a running run, and stops them when any process pauses it", async () => {
  const { journal, open } = await setup();
  const signal = open.signal("run-1");
  expect(signal.aborted).toBe(false);
  await journal.moveRun("run-1", ["running"], "paused", "operator: lunch");
  await open.look();
  expect(signal.aborted).toBe(true);
  expect(open.state("run-1")).toBe("paused");
});

test("OpenRuns gives a resumed run a new signal", async () => {
  const { journal, open } = await setup();
  await journal.moveRun("run-1", ["running"], "paused");
  await open.look();
  expect(open.signal("run-1").aborted).toBe(true);
  await journal.moveRun("run-1", ["paused"], "running");
  await open.look();
  expect(open.signal("run-1").aborted).toBe(false);
});

test("OpenRuns forgets a run that is over and aborts what it still had", async () => {
  const { journal, open } = await setup();
  const signal = open.signal("run-1");
  await journal.moveRun("run-1", ["running"], "cancelled", "enough");
  await open.look();
  expect(signal.aborted).toBe(true);
  expect(open.all).toEqual([]);
});

test("OpenRuns treats a run it does not know as one for which nothing may leave", async () => {
  const { open } = await setup();
  expect(open.signal("run-2").aborted).toBe(true);
});

test("OpenRuns stops also when its last look fails", async () => {
  const { journal, open } = await setup();
  const { promise, reject } = Promise.withResolvers<never>();
  const { openRuns } = journal;
  journal.openRuns = () => promise;
  const looking = open.look();
  const stopping = open.stop();
  reject(new Error("disk I/O error"));
  await expect(looking).rejects.toThrow("disk I/O error");
  await expect(stopping).resolves.toBeUndefined();
  journal.openRuns = openRuns;
});
