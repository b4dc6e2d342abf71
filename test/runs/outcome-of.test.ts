import { expect, test } from "vitest";
import { ExoError, type FailureKind, type Remedy } from "../../src/exo/index.ts";
import { UnusableReply } from "../../src/job/index.ts";
import { JournalError } from "../../src/journal/index.ts";
import { verdictOf } from "../../src/runs/outcome-of.ts";
import { SignInError } from "../../src/tenants/index.ts";

const going = new AbortController().signal;

function exoError(
  remedy: Remedy,
  extra: { readonly kind?: FailureKind; readonly ambiguous?: boolean; readonly retryAfterMs?: number } = {},
): ExoError {
  return new ExoError("Cannot run Get-X", {
    cmdlet: "Get-X",
    kind: "other",
    remedy,
    requestId: "q1",
    exceptionType: "A.B.SomeException",
    ...extra,
  });
}

test.each([
  ["gone", "gone"],
  ["denied", "denied"],
  ["give-up", "failed"],
] as const)("verdictOf settles remedy %s as %s and keeps the request id", (remedy, outcome) => {
  expect(verdictOf(exoError(remedy), going)).toEqual({
    kind: "settle",
    outcome,
    reason: "Cannot run Get-X",
    requestId: "q1",
    fingerprint: "Get-X/other/SomeException",
  });
});

test("verdictOf says unresolved, not failed, when a write may have been executed", () => {
  expect(verdictOf(exoError("give-up", { ambiguous: true }), going)).toMatchObject({
    kind: "settle",
    outcome: "unresolved",
  });
});

test("verdictOf snoozes a mailbox with its own trouble for as long as the service asked", () => {
  expect(verdictOf(exoError("wait", { retryAfterMs: 7_000 }), going)).toMatchObject({
    kind: "snooze",
    forMs: 7_000,
  });
});

test("verdictOf pauses the run when sign-in or role is missing, and says what to do", () => {
  expect(verdictOf(exoError("pause-run", { kind: "forbidden" }), going)).toEqual({
    kind: "pause",
    cause: "auth",
    reason: "Cannot run Get-X",
  });
  const verdict = verdictOf(
    new SignInError("contoso", "the secret is wrong", "Put the right one into EXO_SECRET"),
    going,
  );
  expect(verdict).toEqual({
    kind: "pause",
    cause: "auth",
    reason: 'Cannot sign in to tenant "contoso": the secret is wrong; Put the right one into EXO_SECRET',
  });
});

test("verdictOf pauses the run for the service's sake when it does not answer as it should", () => {
  expect(verdictOf(exoError("pause-run"), going)).toMatchObject({ kind: "pause", cause: "service" });
});

test("verdictOf blames nobody for what a stop cut short", () => {
  const stopped = AbortSignal.abort();
  expect(verdictOf(new DOMException("Aborted", "AbortError"), stopped)).toEqual({ kind: "stopped" });
  expect(verdictOf(exoError("stopped"), going)).toEqual({ kind: "stopped" });
});

test("verdictOf keeps a journal that cannot be written apart from a failed target", () => {
  const error = new JournalError("Cannot write the journal: the disk is full", "Free some space");
  expect(verdictOf(error, going)).toEqual({ kind: "ours", error });
});

test("verdictOf fails a target whose answer cannot be used", () => {
  expect(verdictOf(new UnusableReply("Get-X", "it is incomplete", "q2"), going)).toMatchObject({
    kind: "settle",
    outcome: "failed",
    requestId: "q2",
  });
});

test("verdictOf keeps no message of a bug in a job, because it may quote mailbox data", () => {
  const verdict = verdictOf(new TypeError("Cannot read secret-name@contoso.com"), going);
  expect(verdict).toMatchObject({ kind: "settle", outcome: "failed", fingerprint: "job:TypeError" });
  expect(JSON.stringify(verdict)).not.toContain("secret-name");
});
