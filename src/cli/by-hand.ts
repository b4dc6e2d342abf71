/** Who did it, and why if they said so. */
import type { Session } from "./session.ts";

/** A user without a name (in a container, say) is a number. */
export function userName({ environment }: Session): string {
  return environment["USER"] ?? environment["USERNAME"] ?? `user ${process.getuid?.() ?? "unknown"}`;
}

export function byHand(session: Session, reason: string | undefined): string {
  return `by ${userName(session)}${reason === undefined ? "" : `: ${reason}`}`;
}
