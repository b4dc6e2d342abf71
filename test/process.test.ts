import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { listenForStop, NODE_OPTIONS, stopInSteps } from "../src/process.ts";

/** A serving process, and the lines it says. */
async function serve(...times: readonly number[]) {
  const script = join(import.meta.dirname, "support/service-process.ts");
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", script, ...times.map(String)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  reader.on("line", (line) => lines.push(line));
  const said = async (line: string): Promise<void> => {
    while (!lines.includes(line)) await once(reader, "line");
  };
  const closed = once(child, "close");
  await said("ready");
  return { child, said, lines, ended: async () => (await closed) as [number | null, string | null] };
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 143],
] as const)("%s lets a service finish what it has in hand, and ends with %i", async (signal, exitCode) => {
  const { child, lines, ended } = await serve(50, 1_234);
  child.kill(signal);
  expect(await ended()).toEqual([exitCode, null]);
  expect(lines).toEqual(["ready", "stopping", "stop 1234", "stopped"]);
});

test("a second signal stops at once what would take long", async () => {
  const { child, said, lines, ended } = await serve(60_000, 60_000);
  child.kill("SIGINT");
  await said("stop 60000");
  const before = performance.now();
  child.kill("SIGINT");
  expect(await ended()).toEqual([130, null]);
  expect(performance.now() - before).toBeLessThan(1_500);
  expect(lines).toEqual(["ready", "stopping", "stop 60000", "stop 0", "stopped"]);
});

test("the code is that of the first signal", async () => {
  const { child, said, ended } = await serve(60_000, 60_000);
  child.kill("SIGTERM");
  await said("stop 60000");
  child.kill("SIGINT");
  expect(await ended()).toEqual([143, null]);
});

test("a service that does not even stop hard is left behind", async () => {
  const { child, said, lines, ended } = await serve(60_000, 60_000, 60_000);
  child.kill("SIGTERM");
  await said("stop 60000");
  child.kill("SIGTERM");
  expect(await ended()).toEqual([143, null]);
  expect(lines.at(-1)).toBe("stopped");
});

test("a third signal kills", async () => {
  const { child, said, ended } = await serve(60_000, 60_000, 60_000);
  child.kill("SIGINT");
  await said("stop 60000");
  child.kill("SIGINT");
  await said("stop 0");
  child.kill("SIGINT");
  expect(await ended()).toEqual([null, "SIGINT"]);
});

test("signals are given back when nobody listens any more", () => {
  const before = process.listenerCount("SIGTERM");
  const signals = listenForStop();
  expect(process.listenerCount("SIGTERM")).toBe(before + 1);
  signals[Symbol.dispose]();
  expect(process.listenerCount("SIGTERM")).toBe(before);
});

test("a soft stop that fails says so", async () => {
  using signals = listenForStop();
  const failing = { stop: () => Promise.reject(new Error("the journal is gone")) };
  await expect(stopInSteps(failing, signals, 10)).rejects.toThrow("the journal is gone");
});

test.each([
  ["package.json", `"demo": "node ${NODE_OPTIONS.join(" ")} src/cli/main.ts demo"`],
  ["package.json", `"exosweep": "node ${NODE_OPTIONS.join(" ")} src/cli/main.ts"`],
  ["Dockerfile", `ENTRYPOINT ${JSON.stringify(["node", ...NODE_OPTIONS]).replaceAll(",", ", ")}`],
])("%s starts our processes with the options of Node they need", (file, words) => {
  expect(readFileSync(join(import.meta.dirname, "..", file), "utf8")).toContain(words);
});

test.runIf(process.platform === "linux")(
  "the installed command gives itself the options it needs",
  async () => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "../src/cli/main.ts"), "emulator", "--mailboxes", "1"],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    onTestFinished(() => void child.kill("SIGKILL"));
    const closed = once(child, "close");
    await once(createInterface(child.stdout), "line");
    const words = readFileSync(`/proc/${child.pid}/cmdline`, "utf8").split("\0");
    expect(words.slice(1, 1 + NODE_OPTIONS.length)).toEqual(NODE_OPTIONS);
    child.kill("SIGTERM");
    expect(await closed).toEqual([143, null]);
  },
);
