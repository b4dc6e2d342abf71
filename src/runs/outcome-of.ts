/** What an error means for a task: one place, and it says what an unknown error means. Reads `remedy`, never a message. */
import { WriteEnded, WriteLater } from "../changes/index.ts";
import { ExoError } from "../exo/index.ts";
import { UnusableReply } from "../job/index.ts";
import type { Outcome } from "../journal/index.ts";
import { JournalError } from "../journal/index.ts";
import { RedisError } from "../queue/index.ts";
import { SignInError } from "../tenants/index.ts";
import { RunError } from "./errors.ts";
import { causeOfError, type PauseCause } from "./pause.ts";

export type Verdict =
  | {
      readonly kind: "settle";
      readonly outcome: Outcome;
      readonly reason: string;
      readonly requestId: string | undefined;
      readonly fingerprint: string;
    }
  /** The mailbox has its own trouble. */
  | {
      readonly kind: "snooze";
      readonly forMs: number;
      readonly reason: string;
      readonly requestId: string | undefined;
      readonly fingerprint: string;
    }
  /** Nobody can say yet what became of a write; waiting for that is no trouble of the mailbox. */
  | { readonly kind: "later"; readonly forMs: number }
  /** Nothing on this tenant can go on. */
  | { readonly kind: "pause"; readonly cause: PauseCause; readonly reason: string }
  /** We were told to stop: the work is not at fault and goes back untouched. */
  | { readonly kind: "stopped" }
  /** Our own trouble, such as a journal that cannot be written: try again later. */
  | { readonly kind: "ours"; readonly error: unknown };

/** Wait of a mailbox whose refusal names none. */
const WAIT_MS = 30_000;

export function verdictOf(error: unknown, signal: AbortSignal): Verdict {
  if (error instanceof ExoError) return exoVerdict(error);
  if (error instanceof WriteLater) return { kind: "later", forMs: error.forMs };
  if (error instanceof WriteEnded) {
    const { outcome, message: reason, fingerprint } = error;
    return { kind: "settle", outcome, reason, requestId: undefined, fingerprint };
  }
  if (signal.aborted) return { kind: "stopped" };
  if (error instanceof SignInError)
    return { kind: "pause", cause: causeOfError(error), reason: `${error.message}; ${error.advice}` };
  // No job throws these: they come from this process, which cannot reach the tenant, the queue or the journal.
  if (error instanceof RunError)
    return { kind: "pause", cause: "service", reason: `${error.message}; ${error.advice}` };
  if (error instanceof JournalError || error instanceof RedisError) return { kind: "ours", error };
  if (error instanceof UnusableReply) {
    return {
      kind: "settle",
      outcome: "failed",
      reason: error.message,
      requestId: error.requestId,
      fingerprint: `${error.cmdlet}/unusable`,
    };
  }
  // A bug in a job: trying again would only hide it. Its message may quote mailbox data, so only its name is kept.
  const name = error instanceof Error ? error.name : typeof error;
  return {
    kind: "settle",
    outcome: "failed",
    reason: `The job threw ${name}: a fault of the job, not of the mailbox`,
    requestId: undefined,
    fingerprint: `job:${name}`,
  };
}

function exoVerdict(error: ExoError): Verdict {
  const fingerprint = [error.cmdlet, error.kind, error.exceptionType?.split(".").at(-1)]
    .filter((part) => part !== undefined && part !== "")
    .join("/");
  const facts = { reason: error.message, requestId: error.requestId, fingerprint };
  switch (error.remedy) {
    case "stopped":
      return { kind: "stopped" };
    case "pause-run":
      return { kind: "pause", cause: causeOfError(error), reason: error.message };
    case "wait":
      return { kind: "snooze", forMs: error.retryAfterMs ?? WAIT_MS, ...facts };
    case "gone":
      return { kind: "settle", outcome: "gone", ...facts };
    case "denied":
      return { kind: "settle", outcome: "denied", ...facts };
    case "give-up":
      return { kind: "settle", outcome: error.ambiguous ? "unresolved" : "failed", ...facts };
  }
}
