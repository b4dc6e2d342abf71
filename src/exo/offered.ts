/** The cmdlets the app may run, as the service lists them (`exo-protocol.md` 1.3). Waited for no longer than this answer is worth. */
import type { Answer } from "./call.ts";
import { ExoError } from "./errors.ts";
import type { FailureKind } from "./errors.ts";

/** What the question is called where a cmdlet is named. */
export const DISCOVERY = "cmdlet discovery";

/**
 * @param ask sends the question; withdraws it by the signal if it has not left yet
 * @throws {ExoError} `timeout` when no answer comes in time, `malformed` when it names no list; what `ask` throws
 */
export async function readOffered(
  ask: (signal: AbortSignal) => Promise<Answer>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const enough = new AbortController();
  const patience = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    patience.reject(failure("timeout", `no answer came within ${Math.ceil(timeoutMs / 1000)} s`, undefined));
    enough.abort();
  }, timeoutMs);
  const given = signal === undefined ? [enough.signal] : [signal, enough.signal];
  try {
    return namesIn(await Promise.race([ask(AbortSignal.any(given)), patience.promise]));
  } finally {
    clearTimeout(timer);
  }
}

/** One text with commas, in each of the files the answer holds. */
function namesIn({ rows, requestId }: Answer): readonly string[] {
  const texts = rows.map((row) => row["exportedCmdlets"]).filter((text) => typeof text === "string");
  if (texts.length === 0) throw failure("malformed", "the answer holds no list of them", requestId);
  const names = texts
    .flatMap((text) => text.split(","))
    .map((name) => name.trim())
    .filter((name) => /^[a-z]{2,40}-[a-z0-9]{2,80}$/i.test(name));
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
}

function failure(kind: FailureKind, cause: string, requestId: string | undefined): ExoError {
  return new ExoError(`Cannot list the cmdlets the app may run: ${cause}`, {
    cmdlet: DISCOVERY,
    kind,
    remedy: "give-up",
    requestId,
  });
}
