/** What a report says of the user's rules it was judged by. Pure. */
import { basename } from "node:path";
import type { Job } from "../../job/index.ts";
import type { Rules } from "./rules.ts";
import type { Ruling, SuppressionState } from "./ruling.ts";

/** A value that survives JSON. */
export type AppliedRules = {
  /** Its name without folders. */
  readonly file: string;
  /** Of the file, hex. */
  readonly sha256: string;
  /** The day suppressions were held against, in UTC. */
  readonly judgedOn: string;
  /** Parameters of the job that were replaced. */
  readonly parameters: readonly string[];
  /** Rules with another severity, or `off`. */
  readonly overridden: { readonly [rule: string]: string };
  /** Findings, by severity; in no other count. */
  readonly suppressed: { readonly [severity: string]: number };
  /** Those for this job, in the order of the file. */
  readonly suppressions: readonly AppliedSuppression[];
};

export type AppliedSuppression = {
  readonly rule: string;
  readonly mailbox: string | null;
  readonly trustee: string | null;
  readonly owner: string;
  readonly reason: string;
  readonly expires: string;
  readonly state: SuppressionState;
  /** Findings it hides; when it has expired, those it does not hide any more. */
  readonly findings: number;
};

/** Ask when all rows were seen. @returns undefined without rules of the user */
export function appliedRules(job: Pick<Job, "name">, ruling: Ruling): AppliedRules | undefined {
  const { rules } = ruling;
  if (rules === undefined) return undefined;
  const own = rules.jobs[job.name];
  return {
    file: basename(rules.file),
    sha256: rules.sha256,
    judgedOn: rules.today,
    parameters: Object.keys(own?.parameters ?? {}),
    overridden: { ...own?.rules },
    suppressed: { ...ruling.suppressed() },
    suppressions: ruling.uses().map(({ suppression, state, findings }) => ({
      rule: suppression.rule,
      mailbox: suppression.mailbox ?? null,
      trustee: suppression.trustee ?? null,
      owner: suppression.owner,
      reason: suppression.reason,
      expires: suppression.expires,
      state,
      findings,
    })),
  };
}

/** Suppressions that hide nothing, one line each: what a person should tidy up. */
export function idleSuppressions({ suppressions }: AppliedRules): readonly string[] {
  return suppressions.flatMap(({ rule, mailbox, trustee, owner, expires, state, findings }) => {
    const what = inWords({ rule, mailbox, trustee, owner });
    const again = findings === 1 ? "1 finding counts again" : `${findings} findings count again`;
    if (state === "expired") return [`expired on ${expires}: ${what} hides nothing any more; ${again}`];
    return state === "unmatched" ? [`matched nothing in this run: ${what}`] : [];
  });
}

/** Suppressions for a job that have expired, one line each, for an answer that has not seen all rows. */
export function expiredSuppressions({ suppressions, today }: Rules, job: string): readonly string[] {
  return suppressions
    .filter((suppression) => suppression.job === job && suppression.expires < today)
    .map(
      (suppression) => `expired on ${suppression.expires}: ${inWords(suppression)} hides nothing any more`,
    );
}

/** `hub of sales@contoso.com (owner it@contoso.com)`. */
function inWords(of: {
  readonly rule: string;
  readonly mailbox?: string | null | undefined;
  readonly trustee?: string | null | undefined;
  readonly owner: string;
}): string {
  const keys = [of.mailbox, of.trustee].filter((key) => key !== null && key !== undefined);
  return `${of.rule} of ${keys.join(", ")} (owner ${of.owner})`;
}
