import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { JournalError, type Journal } from "../../src/journal/index.ts";
import { CallTally, COUNTED_MS } from "../../src/runs/call-tally.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { freshJournal, newRun } from "../support/journal.ts";

/** A tally of one run, over a journal whose writes of counts fail while `full` says so. */
async function setup(full: () => boolean = () => false) {
  const real = await freshJournal();
  await real.createRun(newRun());
  const addCalls: Journal["addCalls"] = (id, delta) =>
    full()
      ? Promise.reject(new JournalError("Cannot write the journal: the disk is full", "Free space"))
      : real.addCalls(id, delta);
  const journal = new Proxy(real, {
    get(target, name) {
      const method: unknown = name === "addCalls" ? addCalls : Reflect.get(target, name);
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
  const telemetry = new Telemetry();
  const warnings: string[] = [];
  telemetry.on("warning", ({ text }) => warnings.push(text));
  const tally = new CallTally(journal, telemetry, () => ["run-1"]);
  onTestFinished(() => tally.stop());
  const answered = (calls: number): void =>
    telemetry.emit("exo:answered", {
      tenant: "contoso",
      runs: [{ run: "run-1", calls, throttledItems: 1 }],
      calls,
      throttledItems: 1,
      throttledBatch: false,
      tookMs: 1,
      waiting: 0,
      status: 200,
      page: false,
    });
  const calls = async () => (await real.run("run-1"))?.calls;
  return { tally, answered, calls, warnings };
}

test("CallTally has what was counted in the journal after the time that others wait for it", async () => {
  const { answered, calls } = await setup();
  answered(10);
  answered(5);
  await sleep(COUNTED_MS);
  expect(await calls()).toMatchObject({ batches: 2, items: 15, throttledItems: 2 });
});

test("CallTally keeps counts that could not be written, and writes them with the next", async () => {
  let full = true;
  const { answered, calls, warnings } = await setup(() => full);
  answered(10);
  await expect.poll(() => warnings).toContainEqual(expect.stringContaining("trying again"));
  expect(await calls()).toMatchObject({ batches: 0, items: 0 });
  full = false;
  answered(5);
  await expect.poll(calls, { timeout: 5_000 }).toMatchObject({ batches: 2, items: 15, throttledItems: 2 });
});

test("CallTally writes what is left when it stops", async () => {
  const { tally, answered, calls } = await setup();
  answered(3);
  await tally.stop();
  expect(await calls()).toMatchObject({ batches: 1, items: 3 });
});
