/** The contract of a sink: one message out, and what came back in words. */
import type { Message } from "../message.ts";

/** One message on its way; the same id for every try of it. */
export interface Outgoing {
  readonly id: string;
  readonly message: Message;
  /** Of this try. */
  readonly atMs: number;
}

/**
 * What came back, in words without secrets. `accepted`: the other side has it. `refused`: it will not take it another time either. `trouble`:
 * it may another time.
 */
export interface Answer {
  readonly is: "accepted" | "refused" | "trouble";
  readonly said: string;
  /** How long the other side wants to be left alone. */
  readonly retryAfterMs?: number | undefined;
}

export interface Sink {
  readonly name: string;
  readonly kind: "webhook" | "teams" | "email";
  /**
   * @param signal ends it; what is still on the way then may or may not arrive
   * @throws when our own side cannot: a secret that is not there, a network that is down
   */
  send(outgoing: Outgoing, signal: AbortSignal): Promise<Answer>;
}

/** Our own side cannot send as it is set up. The message names no secret. */
export class SinkError extends Error {
  override readonly name = "SinkError";
}
