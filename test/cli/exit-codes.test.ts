import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SettingsError } from "../../src/config.ts";
import { EXIT, exitCodeOfError, exitCodeOfRun } from "../../src/cli/exit-codes.ts";
import { UsageError } from "../../src/cli/usage.ts";
import { ExoError } from "../../src/exo/index.ts";
import type { FailureKind, Remedy } from "../../src/exo/index.ts";
import { JournalError, RunOpenError } from "../../src/journal/index.ts";
import { Stopped } from "../../src/process.ts";
import { RedisError } from "../../src/queue/index.ts";
import { ReportError } from "../../src/reports/index.ts";
import { RunError } from "../../src/runs/index.ts";
import { SignInError } from "../../src/tenants/index.ts";
import { aRun } from "../support/a-run.ts";

function exo(kind: FailureKind, remedy: Remedy, ambiguous = false): ExoError {
  return new ExoError("Cannot run Get-Mailbox: it failed", {
    cmdlet: "Get-Mailbox",
    kind,
    remedy,
    ambiguous,
  });
}

test("the documented table is the table of the program", async () => {
  const text = await readFile(join(import.meta.dirname, "../../docs/exit-codes.md"), "utf8");
  const documented = [...text.matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
  expect(documented).toEqual(Object.values(EXIT).sort((one, other) => one - other));
});

describe("an error ends with", () => {
  test.each([
    [1, "what nobody knows", new Error("?")],
    [1, "a thrown text", "text"],
    [1, "a cmdlet that fails for good", exo("not-found", "gone")],
    [2, "a wrong word", new UsageError("a", "b")],
    [2, "a wrong settings file", new SettingsError("x.yaml", ["line 1: bad"])],
    [2, "an unknown job", new RunError("unknown-job", "a", "b")],
    [2, "an unknown tenant", new RunError("unknown-tenant", "a", "b")],
    [2, "an unknown run", new RunError("unknown-run", "a", "b")],
    [2, "a bad parameter", new RunError("bad-parameter", "a", "b")],
    [2, "a bad list", new RunError("bad-list", "a", "b")],
    [2, "a bad filter", new RunError("bad-filter", "a", "b")],
    [2, "a move that is not allowed", new RunError("not-allowed", "a", "b")],
    [2, "a call we refuse ourselves", exo("refused-here", "give-up")],
    [5, "a sign-in that is refused", new SignInError("contoso", "wrong secret", "renew it")],
    [5, "a cmdlet without a role", exo("forbidden", "pause-run")],
    [5, "an object we may not read", exo("forbidden", "denied")],
    [7, "a write whose reply was lost", exo("timeout", "give-up", true)],
    [9, "an open run", new RunOpenError("job", "contoso", "rabc")],
    [9, "an open run, as the heart says it", new RunError("run-open", "a", "b")],
    [10, "a sign-in service that is down", new SignInError("contoso", "503", "wait", true)],
    [10, "a journal that cannot be written", new JournalError("disk full", "free some")],
    [10, "a Redis that is not there", new RedisError("a", "b")],
    [10, "a dependency the heart misses", new RunError("dependency-down", "a", "b")],
    [10, "a network that is down", exo("network", "give-up")],
    [10, "a service that throttles for ever", exo("throttled", "wait")],
    [10, "a service that cannot be reached", exo("not-sent", "pause-run")],
    [10, "a service that answers in riddles", exo("malformed", "pause-run")],
    [10, "a full disk", Object.assign(new Error("no space"), { code: "ENOSPC" })],
    [10, "a port that is taken", Object.assign(new Error("in use"), { code: "EADDRINUSE" })],
    [
      10,
      "an export to a full disk",
      new ReportError("a", "b", { cause: Object.assign(new Error("x"), { code: "ENOSPC" }) }),
    ],
    [
      2,
      "an export into a folder that is not there",
      new ReportError("a", "b", { cause: Object.assign(new Error("x"), { code: "ENOENT" }) }),
    ],
    [2, "a data directory we may not write to", Object.assign(new Error("x"), { code: "EACCES" })],
    [130, "Ctrl-C", new Stopped("SIGINT")],
    [143, "SIGTERM", new Stopped("SIGTERM")],
    [143, "a closed terminal", new Stopped("SIGHUP")],
  ])("%i for %s", (code, _what, error) => {
    expect(exitCodeOfError(error)).toBe(code);
  });
});

describe("a run ends with", () => {
  test.each([
    [0, "when it is complete", aRun({ state: "complete", outcomes: { ok: 3, gone: 1 } })],
    [0, "while it goes on", aRun({ state: "running" })],
    [1, "when it was cancelled", aRun({ state: "cancelled", reason: "by anna" })],
    [
      7,
      "when nobody knows what became of a write that somebody else's change covers",
      aRun({ state: "complete_with_failures", outcomes: { ok: 1, conflict: 1 } }),
    ],
    [3, "when targets failed", aRun({ state: "complete_with_failures", outcomes: { ok: 1, failed: 1 } })],
    [4, "when a person paused it", aRun({ state: "paused", reason: "operator: by anna" })],
    [4, "when too much went wrong", aRun({ state: "paused", reason: "threshold: 30 % failed" })],
    [4, "when it paused for a cause nobody knows", aRun({ state: "paused", reason: undefined })],
    [
      5,
      "when sign-in failed or a role is missing",
      aRun({ state: "paused", reason: "auth: Cannot sign in" }),
    ],
    [
      10,
      "when the service does not answer as it should",
      aRun({ state: "paused", reason: "service: Cannot run" }),
    ],
    [
      7,
      "when a write is unresolved",
      aRun({ state: "complete_with_failures", outcomes: { failed: 2, unresolved: 1 } }),
    ],
  ])("%i %s", (code, _when, run) => {
    expect(exitCodeOfRun(run)).toBe(code);
  });
});
