/** One POST, and what its answer means. Never repeats anything of a body or an address: either may be a secret. */
import type { Network, NetworkReply } from "../../network/index.ts";
import type { Answer } from "./sink.ts";

export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Nobody has much to say to a message. */
const MOST_BYTES = 256 * 1_024;

/** @throws {NetworkError} */
export function post(network: Pick<Network, "request">, url: URL, request: Post): Promise<NetworkReply> {
  return network.request(url, {
    ...request,
    method: "POST",
    headers: { "user-agent": "exosweep", ...request.headers },
    maxBytes: MOST_BYTES,
  });
}

/** Statuses of the other side's own trouble, beside those from 500 on. */
const PASSING = new Set([408, 425, 429]);

export function answerOf(
  { status, headers }: Pick<NetworkReply, "status" | "headers">,
  nowMs: number,
): Answer {
  if (status >= 200 && status < 300) return { is: "accepted", said: `${status}` };
  if (status >= 300 && status < 400)
    return {
      is: "refused",
      said: `${status}: it leads to another address, and is not followed; name that address`,
    };
  if (status >= 500 || PASSING.has(status))
    return { is: "trouble", said: `${status}`, retryAfterMs: retryAfterMs(headers["retry-after"], nowMs) };
  return { is: "refused", said: `${status}` };
}

/** Seconds, or a date. */
function retryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
