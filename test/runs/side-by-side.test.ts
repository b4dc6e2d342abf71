import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { ahead, sideBySide } from "../../src/runs/side-by-side.ts";

test("when one of several tasks fails the others are told, waited for, and its fault is the one that is thrown", async () => {
  const ended: string[] = [];
  const patient = async (signal: AbortSignal): Promise<void> => {
    await sleep(10_000, undefined, { signal }).catch(() => undefined);
    await sleep(20);
    ended.push("patient");
    throw new Error("because I was told to stop");
  };
  const failing = async (): Promise<void> => {
    await sleep(1);
    throw new Error("the page was torn");
  };
  await expect(sideBySide(new AbortController().signal, [patient, failing])).rejects.toThrow(
    "the page was torn",
  );
  expect(ended).toEqual(["patient"]);
});

test("tasks that are told to stop from outside end with what they were told", async () => {
  const stop = new AbortController();
  const waiting = sideBySide(stop.signal, [(signal) => sleep(10_000, undefined, { signal })]);
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("The operation was aborted");
});

test("reading ahead gives the same items, one of them on its way while its predecessor is in use", async () => {
  const asked: number[] = [];
  async function* items(): AsyncGenerator<number> {
    for (let n = 1; n <= 3; n += 1) {
      asked.push(n);
      await sleep(1);
      yield n;
    }
  }
  const seen: [number, number][] = [];
  for await (const item of ahead(items())) {
    await sleep(5);
    seen.push([item, asked.length]);
  }
  expect(seen).toEqual([
    [1, 2],
    [2, 3],
    [3, 3],
  ]);
});

test("a fault of an item is heard when it is its turn, and leaving early ends the source", async () => {
  let open = true;
  async function* items(): AsyncGenerator<string> {
    try {
      yield "first";
      throw new Error("no second");
    } finally {
      open = false;
    }
  }
  const seen: string[] = [];
  const reading = (async () => {
    for await (const item of ahead(items())) {
      await sleep(5);
      seen.push(item);
    }
  })();
  await expect(reading).rejects.toThrow("no second");
  expect(seen).toEqual(["first"]);
  open = true;
  for await (const item of ahead(items())) if (item === "first") break;
  expect(open).toBe(false);
});
