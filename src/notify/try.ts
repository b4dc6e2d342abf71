/** One try of one message: it ends in time, and never throws. */
import { setTimeout as sleep } from "node:timers/promises";
import { NetworkError } from "../network/index.ts";
import { SignInError } from "../tenants/index.ts";
import { type Answer, type Outgoing, type Sink, SinkError } from "./sinks/sink.ts";

/** @param timeoutMs of the whole try, sign-in included: also of a sink that hears no signal */
export async function trySink(
  sink: Sink,
  outgoing: Outgoing,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  const late: Answer = { is: "trouble", said: `no answer within ${timeoutMs} ms` };
  const stopped: Answer = { is: "trouble", said: "this process was stopped" };
  const over = new AbortController();
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const sent = sink.send(outgoing, within).catch((error: unknown): Answer => {
    if (signal.aborted) return stopped;
    return within.aborted ? late : answerTo(error);
  });
  const ended = sleep(timeoutMs, undefined, { signal: AbortSignal.any([over.signal, signal]) });
  try {
    return await Promise.race([sent, ended.then(() => late).catch(() => stopped)]);
  } finally {
    over.abort();
  }
}

/** Our own side, or the way there: both may be put right while the message waits. */
function answerTo(error: unknown): Answer {
  const is = "trouble";
  if (error instanceof SinkError) return { is, said: error.message };
  if (error instanceof SignInError) return { is, said: `${error.message}. ${error.advice}` };
  if (error instanceof NetworkError) {
    const own = error.code === "ADDRESS_REFUSED" ? ": is it yours? Then name it in notify.privateHosts" : "";
    return { is, said: `${error.message}${own}` };
  }
  // Its text may hold anything.
  return { is, said: error instanceof Error ? error.name : typeof error };
}
