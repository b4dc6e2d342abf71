/** A network for commands that are to say within seconds what is wrong: nothing is waited for any longer, and then the last failure is told again. */
import { NetworkError } from "./network.ts";
import type { Network } from "./network.ts";

/** @param patienceMs from now on, over all requests together */
export function hurried(network: Network, patienceMs: number): Network {
  const untilMs = performance.now() + patienceMs;
  let last: NetworkError | undefined;
  return {
    async request(url, request) {
      const leftMs = Math.ceil(untilMs - performance.now());
      if (leftMs <= 0 && last !== undefined) throw last;
      try {
        const timeoutMs = Math.max(1, Math.min(request.timeoutMs, leftMs));
        return await network.request(url, { ...request, timeoutMs });
      } catch (error) {
        if (error instanceof NetworkError) last = error;
        throw error;
      }
    },
    close: () => network.close(),
  };
}
