/** How a planned write ends when it does not simply end, and what errors on the way say of that. Pure. */
import { ExoError } from "../exo/index.ts";
import type { Outcome } from "../journal/index.ts";

/** Not to be carried out now: come back later. */
export class WriteLater extends Error {
  override readonly name = "WriteLater";
  readonly forMs: number;
  constructor(forMs: number) {
    super(`Cannot say yet what became of a write: it is looked at again in ${Math.ceil(forMs / 1_000)} s`);
    this.forMs = forMs;
  }
}

/** It has come to an end that is neither done nor refused. The message becomes the target's reason. */
export class WriteEnded extends Error {
  override readonly name = "WriteEnded";
  readonly outcome: Extract<Outcome, "failed" | "conflict" | "unresolved">;
  readonly fingerprint: string;
  constructor(outcome: WriteEnded["outcome"], cmdlet: string, words: string, fingerprint: string) {
    super(`Cannot vouch for ${cmdlet}: ${words}`);
    this.outcome = outcome;
    this.fingerprint = `${cmdlet}/${fingerprint}`;
  }
}

/** Answers of cmdlets that mean: it was so before (`exo-protocol.md` 10.8, 10.16). */
const WAS_SO: readonly (readonly [RegExp, RegExp])[] = [
  [/^add-/i, /MemberAlreadyExistsException$/],
  [/^remove-/i, /(NotFoundInPermissionEntry|MemberNotFound)Exception$/],
];

/** A warning that says the same (`exo-protocol.md` 10.11, 11 7). */
const NOTHING_MODIFIED =
  /completed successfully but no settings|already (present|exists|has)|(is|was)n't (present|found)|can't (be removed|remove) .* because/i;

/** Whether a refusal says that there was nothing to do. */
export function wasSo(cmdlet: string, { exceptionType = "" }: ExoError): boolean {
  return WAS_SO.some(([verb, type]) => verb.test(cmdlet) && type.test(exceptionType));
}

/** Whether a success says so. */
export function saysUnchanged(warnings: readonly string[]): boolean {
  return warnings.some((warning) => NOTHING_MODIFIED.test(warning));
}

/**
 * Whether looking again would bring the same: the mailbox is gone, we may not look, or the answer makes no sense to us. Faults of what we
 * depend on have advice for people and pass.
 */
export function isForGood(error: unknown): error is Error {
  if (error instanceof ExoError) return ["give-up", "denied", "gone"].includes(error.remedy);
  return error instanceof Error && !("advice" in error) && !(error instanceof WriteLater);
}

export function stopped(cmdlet: string): ExoError {
  return new ExoError(`Cannot send ${cmdlet}: the run does not want it any more`, {
    cmdlet,
    kind: "stopped",
    remedy: "stopped",
  });
}
