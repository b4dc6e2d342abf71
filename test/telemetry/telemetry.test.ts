import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { logEvents, Telemetry } from "../../src/telemetry/index.ts";

test("Telemetry hands an event to every listener in the order they came, until they stop listening", () => {
  const telemetry = new Telemetry();
  const heard: string[] = [];
  const off = telemetry.on("warning", ({ text }) => heard.push(`a ${text}`));
  telemetry.on("warning", ({ text }) => heard.push(`b ${text}`));
  telemetry.emit("warning", { text: "1" });
  off();
  telemetry.emit("warning", { text: "2" });
  expect(heard).toEqual(["a 1", "b 1", "b 2"]);
});

test("logEvents writes one JSON line per event, whatever control characters the text holds, to a file only its owner reads", () => {
  const dir = mkdtempSync(join(tmpdir(), "exosweep-log-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "logs", "worker.log");
  const telemetry = new Telemetry();
  const end = logEvents(telemetry, { to: file, worker: "w1", verbose: false });
  telemetry.emit("warning", { text: 'line one\nline two \u001b[31m"quoted"' });
  telemetry.emit("task:ended", { run: "r1", line: 1, outcome: "ok", tookMs: 1 });
  end();
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    worker: "w1",
    msg: 'line one\nline two \u001b[31m"quoted"',
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
