/** Why a run is paused: the first word of its reason, kept in the journal with it, so that every process and every exit code reads the same. */
import { ExoError } from "../exo/index.ts";
import { SignInError } from "../tenants/index.ts";

const CAUSES = ["auth", "operator", "threshold", "service"] as const;
export type PauseCause = (typeof CAUSES)[number];

/** Sign-in or a role is missing, or else the service does not answer as it should. */
export function causeOfError(error: unknown): PauseCause {
  if (error instanceof SignInError) return "auth";
  const denied = error instanceof ExoError && (error.kind === "unauthorized" || error.kind === "forbidden");
  return denied ? "auth" : "service";
}

export function pauseReason(cause: PauseCause, text: string): string {
  return `${cause}: ${text}`;
}

/** The cause a reason begins with; undefined for a text of another kind. */
export function pauseCauseOf(reason: string | undefined): PauseCause | undefined {
  return CAUSES.find((cause) => reason?.startsWith(`${cause}: `));
}
