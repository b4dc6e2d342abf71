/** Cmdlets of a job that does not write: refuses everything but `Get-` and `Test-` before it reaches the client. */
import { ExoError, type Exchange } from "../exo/index.ts";

/** The part of an exchange that sends. */
export type Sender = Pick<Exchange, "invoke" | "pages">;

export function isRead(cmdlet: string): boolean {
  return /^(get|test)-[a-z0-9]+$/i.test(cmdlet);
}

export function readOnly(exo: Sender): Sender {
  return {
    invoke: (cmdlet, parameters, options) => {
      const refusal = refuse(cmdlet);
      return refusal === undefined ? exo.invoke(cmdlet, parameters, options) : Promise.reject(refusal);
    },
    async *pages(cmdlet, parameters, options) {
      const refusal = refuse(cmdlet);
      if (refusal !== undefined) throw refusal;
      yield* exo.pages(cmdlet, parameters, options);
    },
  };
}

function refuse(cmdlet: string): ExoError | undefined {
  if (isRead(cmdlet)) return undefined;
  return new ExoError(`Cannot send ${cmdlet}: this job only reads`, {
    cmdlet,
    kind: "refused-here",
    remedy: "give-up",
  });
}
