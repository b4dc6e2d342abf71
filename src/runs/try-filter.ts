/** Whether Exchange takes a scope's filter: asked for one mailbox before anything is started, so that a slip of the pen is the user's to correct and no run's trouble. */
import { ExoError, type Exchange } from "../exo/index.ts";
import { RunError } from "./errors.ts";
import type { Scope } from "./scope.ts";

/** A service that does not answer by then is the run's to meet, and to tell of. */
const TRY_MS = 10_000;

/** @throws {RunError} `bad-filter` when Exchange refuses the filter; what a stop rejects with; any other trouble is let pass */
export async function tryFilter(
  scope: Scope,
  exchange: () => Promise<Exchange>,
  signal: AbortSignal,
): Promise<void> {
  if (scope.kind !== "filter") return;
  try {
    const exo = await exchange();
    await exo.invoke(
      "Get-Mailbox",
      { ResultSize: 1, Filter: scope.opath },
      {
        select: ["ExchangeGuid"],
        lane: "interactive",
        signal: AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]),
      },
    );
  } catch (error) {
    if (signal.aborted) throw error;
    if (!(error instanceof ExoError) || error.kind !== "bad-request") return;
    throw new RunError(
      "bad-filter",
      `Cannot use the filter "${scope.opath}": ${error.message.replace(/^Cannot run Get-Mailbox: /, "")}`,
      "Correct the filter: OPATH, as in -Filter of Get-Mailbox, such as CustomAttribute1 -eq 'migrate'",
      { cause: error },
    );
  }
}
