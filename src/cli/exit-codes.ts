/** What the exit code says, in one table. `docs/exit-codes.md` shows the same table to people, and a test compares the two. */
import { ExoError } from "../exo/index.ts";
import { ImportError } from "../imports/index.ts";
import { BundleError, IN_DOUBT, JournalError, RunOpenError } from "../journal/index.ts";
import type { RunRecord } from "../journal/index.ts";
import { Stopped } from "../process.ts";
import { RedisError } from "../queue/index.ts";
import { NameError, ReportError } from "../reports/index.ts";
import { pauseCauseOf, RunError } from "../runs/index.ts";
import type { PauseCause } from "../runs/index.ts";
import { ScheduleError } from "../schedule/index.ts";
import { SettingsError } from "../config.ts";
import { SignInError } from "../tenants/index.ts";
import { errorCode } from "./error-code.ts";
import { UsageError } from "./usage.ts";

export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  itemFailures: 3,
  paused: 4,
  notAllowed: 5,
  // 6 is kept for budgets.
  unresolvedWrites: 7,
  stalePlan: 8,
  runOpen: 9,
  dependencyDown: 10,
  findings: 20,
  interrupted: 130,
  terminated: 143,
} as const;

/** Errors of the operating system that mean something we depend on is missing: disk, network, a server. */
const DEPENDENCY = new Set([
  "ENOSPC",
  "EDQUOT",
  "EIO",
  "EROFS",
  "EMFILE",
  "ENFILE",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EADDRINUSE",
]);

/** A path that was named does not do. */
const WRONG_PATH = new Set(["ENOENT", "ENOTDIR", "EISDIR", "EACCES", "EPERM", "EEXIST"]);

/** The code for an error; one nobody knows is 1. */
export function exitCodeOfError(error: unknown): number {
  if (error instanceof Stopped) return error.exitCode;
  if (error instanceof UsageError || error instanceof SettingsError || error instanceof BundleError)
    return EXIT.usage;
  if (error instanceof ScheduleError || error instanceof ImportError) return EXIT.usage;
  if (error instanceof SignInError) return error.transient ? EXIT.dependencyDown : EXIT.notAllowed;
  if (error instanceof NameError || (error instanceof ReportError && error.impossible)) return EXIT.usage;
  if (error instanceof RunOpenError) return EXIT.runOpen;
  if (error instanceof JournalError || error instanceof RedisError) return EXIT.dependencyDown;
  if (error instanceof RunError) return ofRunError(error);
  if (error instanceof ExoError) return ofExoError(error);
  return ofSystemError(errorCode(error) ?? errorCode(error instanceof ReportError ? error.cause : undefined));
}

function ofSystemError(code: string | undefined): number {
  if (code === undefined) return EXIT.unexpected;
  if (WRONG_PATH.has(code)) return EXIT.usage;
  return DEPENDENCY.has(code) ? EXIT.dependencyDown : EXIT.unexpected;
}

function ofRunError(error: RunError): number {
  switch (error.code) {
    case "unknown-job":
    case "unknown-tenant":
    case "unknown-run":
    case "bad-parameter":
    case "bad-list":
    case "bad-filter":
    case "not-allowed":
      return EXIT.usage;
    case "stale-plan":
      return EXIT.stalePlan;
    case "run-open":
      return EXIT.runOpen;
    case "dependency-down":
      return EXIT.dependencyDown;
  }
}

function ofExoError(error: ExoError): number {
  if (error.remedy === "denied") return EXIT.notAllowed;
  if (error.ambiguous) return EXIT.unresolvedWrites;
  switch (error.kind) {
    case "unauthorized":
    case "forbidden":
      return EXIT.notAllowed;
    case "refused-here":
      return EXIT.usage;
    case "not-sent":
    case "network":
    case "timeout":
    case "throttled":
    case "mailbox-busy":
    case "server-error":
    case "transient":
      return EXIT.dependencyDown;
    case "not-found":
    case "ambiguous-identity":
    case "wrong-identity":
    case "bad-request":
    case "cursor-expired":
    case "incomplete":
    case "malformed":
    case "too-large":
    case "unsafe-link":
    case "stopped":
    case "other":
      // What would pause a run is the whole service's trouble.
      return error.remedy === "pause-run" ? EXIT.dependencyDown : EXIT.unexpected;
  }
}

/** By what the pause says of its cause. */
const PAUSED: Readonly<Record<PauseCause, number>> = {
  auth: EXIT.notAllowed,
  operator: EXIT.paused,
  threshold: EXIT.paused,
  service: EXIT.dependencyDown,
};

/** The code for a run as it stands: what `run` and `runs watch` end with. */
export function exitCodeOfRun(run: Pick<RunRecord, "state" | "reason" | "outcomes">): number {
  switch (run.state) {
    case "complete":
      return EXIT.ok;
    case "complete_with_failures":
      return IN_DOUBT.some((outcome) => (run.outcomes[outcome] ?? 0) > 0)
        ? EXIT.unresolvedWrites
        : EXIT.itemFailures;
    case "paused":
      return PAUSED[pauseCauseOf(run.reason) ?? "operator"];
    case "cancelled":
      return EXIT.unexpected;
    case "planned":
    case "importing":
    case "awaiting_approval":
    case "enumerating":
    case "running":
    case "throttled":
    case "draining":
      return EXIT.ok; // it goes on: nothing to complain of yet
  }
}
