/** When a message is tried again. Pure. */
import type { DeliveryEnd } from "../journal/index.ts";
import type { Answer } from "./sinks/sink.ts";

const FACTOR = 3;
const LONGEST_MS = 3_600_000;

export interface Patience {
  readonly retryDelayMs: number;
  readonly giveUpMs: number;
}

/**
 * @param tries made so far, this one included
 * @param chance in [0, 1): spreads what failed together
 */
export function endOf(
  { is, retryAfterMs = 0 }: Pick<Answer, "is" | "retryAfterMs">,
  tried: {
    readonly tries: number;
    readonly createdAtMs: number;
    readonly nowMs: number;
    readonly chance: number;
  },
  { retryDelayMs, giveUpMs }: Patience,
): DeliveryEnd {
  if (is === "accepted") return { state: "sent" };
  if (is === "refused") return { state: "failed" };
  const { tries, createdAtMs, nowMs, chance } = tried;
  const growing = Math.min(LONGEST_MS, retryDelayMs * FACTOR ** (tries - 1));
  const nextAtMs = Math.ceil(nowMs + Math.max(growing * (0.75 + chance / 2), retryAfterMs));
  return nextAtMs - createdAtMs > giveUpMs ? { state: "failed" } : { state: "waiting", nextAtMs };
}
