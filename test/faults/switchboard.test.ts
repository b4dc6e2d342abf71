/** The module that reaches into processes of ours: they die and stand still where they are told, in every thread. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Orders, toEnvironment } from "./orders.ts";

const POINTS = resolve("src/test-points.ts");

/** Runs a script in a process and a thread of it; both pass `run.created`, and then only the thread `settle.committed`, twice. */
const PROGRAM = `
import { isMainThread, Worker } from "node:worker_threads";
import { crashPoint, planted } from ${JSON.stringify(POINTS)};
crashPoint("run.created");
if (isMainThread) {
  console.log("planted", planted("guess-ok"), planted("settle-twice"));
  new Worker(new URL(import.meta.url));
} else {
  crashPoint("settle.committed");
  crashPoint("settle.committed");
  console.log("over");
}
`;

function start(orders: Orders) {
  const directory = mkdtempSync(join(tmpdir(), "exosweep-switchboard-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const notes = join(directory, "notes");
  const program = join(directory, "program.mjs");
  writeFileSync(program, PROGRAM);
  const preload = resolve("test/faults/switchboard.ts");
  const child = spawn(process.execPath, ["--import", preload, program], {
    env: { ...process.env, ...toEnvironment({ ...orders, notes }) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  return {
    child,
    said: () => said,
    noted: () =>
      readFileSync(notes, { encoding: "utf8", flag: "a+" })
        .trim()
        .split("\n")
        .map((line) => line.replace(/^\d+ /, "")),
  };
}

test("a process dies at the passing it was told, also in a thread", async () => {
  const { child, noted, said } = start({ dieAt: { point: "settle.committed", nth: 2 } });
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  expect(signal).toBe("SIGKILL");
  expect(said()).not.toContain("over");
  expect(noted()).toEqual([
    "reached run.created",
    "reached run.created",
    "reached settle.committed",
    "died settle.committed",
  ]);
});

test("a process stands still where it was told, until it is let go", async () => {
  const { child, noted, said } = start({ stopAt: { point: "settle.committed", nth: 1 } });
  await expect.poll(() => noted().at(-1), { timeout: 10_000 }).toBe("stopped settle.committed");
  expect(said()).not.toContain("over");
  child.kill("SIGCONT");
  const [code] = (await once(child, "close")) as [number | null];
  expect(code).toBe(0);
  expect(said()).toContain("over");
});

test("a process has the defects it was told to have, and no others", async () => {
  const { child, said } = start({ bugs: ["guess-ok"] });
  await once(child, "close");
  expect(said()).toContain("planted true false");
});
