import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAlive, markText, markOf, parseMark } from "../../src/queue/process-mark.ts";
import { withLock } from "../../src/queue/ticket-lock.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "exosweep-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("one holds the lock at a time, and leaves one small file behind", async () => {
  let inside = 0;
  let most = 0;
  let entered = 0;
  await Promise.all(
    Array.from({ length: 8 }, () =>
      withLock(directory, async () => {
        inside += 1;
        entered += 1;
        most = Math.max(most, inside);
        await sleep(2);
        inside -= 1;
      }),
    ),
  );
  expect([entered, most]).toEqual([8, 1]);
  expect(readdirSync(directory)).toEqual(["lock.8"]);
});

test("the lock of a dead process is free, that of a living one is not", async () => {
  writeFileSync(join(directory, "lock.7"), "999999999 1");
  expect(await withLock(directory, async () => "mine")).toBe("mine");
  writeFileSync(join(directory, "lock.9"), markText(markOf(process.pid)));
  await expect(withLock(directory, async () => "mine", AbortSignal.timeout(80))).rejects.toThrow("aborted");
});

test("an error inside frees the lock", async () => {
  await expect(withLock(directory, () => Promise.reject(new Error("inside")))).rejects.toThrow("inside");
  expect(await withLock(directory, async () => "next")).toBe("next");
});

test("a process is alive while it is itself, and not when another has its number", () => {
  const mark = markOf(process.pid);
  expect(isAlive(mark)).toBe(true);
  expect(parseMark(markText(mark))).toEqual(mark);
  expect(parseMark("")).toBeUndefined();
  expect(parseMark("-1 5")).toBeUndefined();
  // Where the system does not tell when a process started, its number alone decides.
  expect(isAlive({ ...mark, started: "1" })).toBe(mark.started === "");
});
