/** Why a run is paused: the first word of its reason, kept in the journal with it, so that every process and every exit code reads the same. */
const CAUSES = ["auth", "operator", "threshold"] as const;
export type PauseCause = (typeof CAUSES)[number];

export function pauseReason(cause: PauseCause, text: string): string {
  return `${cause}: ${text}`;
}

/** The cause a reason begins with; undefined for a text of another kind. */
export function pauseCauseOf(reason: string | undefined): PauseCause | undefined {
  return CAUSES.find((cause) => reason?.startsWith(`${cause}: `));
}
