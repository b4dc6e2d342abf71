/** A plan of writes as a person has to see it before they give their word: how many, of what kind, what cannot be undone by looking. */
import { changeSchema, Contradictions } from "../../changes/index.ts";
import { effectOf } from "../../exo/index.ts";
import type { RunRecord, TargetStatus } from "../../journal/index.ts";
import { plain } from "../plain-text.ts";

export interface ChangePlan {
  readonly run: string;
  readonly tenant: string;
  readonly sha256: string;
  readonly changes: number;
  readonly mailboxes: number;
  /** How often each cmdlet, and what it does to the tenant. */
  readonly cmdlets: readonly { readonly cmdlet: string; readonly effect: string; readonly count: number }[];
  /** Names of the file that nobody, or more than one mailbox, has: nothing is written for them. */
  readonly unknown: readonly string[];
  readonly first: readonly string[];
  /** Lines that say something else of the same thing than another, though the file may call the mailbox by two names. Not to be approved. */
  readonly contradictions: readonly string[];
}

/** Names and changes shown; the rest is counted. */
const SHOWN = 10;

export async function planOf(
  run: RunRecord,
  items: AsyncIterable<readonly TargetStatus[]>,
): Promise<ChangePlan> {
  const cmdlets = new Map<string, { cmdlet: string; effect: string; count: number }>();
  const mailboxes = new Set<string>();
  const unknown: string[] = [];
  const first: string[] = [];
  const contradictions = new Contradictions();
  const contradicting: string[] = [];
  let changes = 0;
  for await (const chunk of items) {
    for (const { line, label, objectId, data } of chunk) {
      const fields = data !== null && typeof data === "object" && "change" in data ? data : undefined;
      const change = changeSchema.safeParse(fields?.["change"]);
      if (!change.success) {
        unknown.push(label);
        continue;
      }
      const { cmdlet, parameters } = change.data;
      const effect = effectOf(cmdlet, parameters);
      const entry = cmdlets.get(`${cmdlet.toLowerCase()} ${effect}`) ?? { cmdlet, effect, count: 0 };
      entry.count += 1;
      cmdlets.set(`${cmdlet.toLowerCase()} ${effect}`, entry);
      mailboxes.add(objectId || label);
      changes += 1;
      const id = fields !== undefined && "mailboxId" in fields ? fields["mailboxId"] : undefined;
      const identity = typeof id === "string" ? id : label;
      const word = contradictions.add(line, { identity, cmdlet, parameters });
      if (word !== undefined) contradicting.push(`line ${line} (${label}) ${word}`);
      if (first.length < SHOWN) first.push(`${label}  ${cmdlet} ${JSON.stringify(parameters)}`);
    }
  }
  const sha256 = run.manifest?.sha256 ?? "";
  const { id, tenant } = run;
  return {
    run: id,
    tenant,
    sha256,
    changes,
    mailboxes: mailboxes.size,
    cmdlets: [...cmdlets.values()],
    unknown,
    first,
    contradictions: contradicting,
  };
}

export function changePlanView(plan: ChangePlan) {
  return { schemaVersion: 1, ...plan } as const;
}

export function changePlanText(plan: ChangePlan): string {
  const once = plan.cmdlets.filter(({ effect }) => effect === "once");
  return [
    `plan ${plan.sha256.slice(0, 12)} of run ${plan.run}: ${plan.changes} changes of ${plan.mailboxes} mailboxes of ${plan.tenant}`,
    ...plan.cmdlets.map(
      ({ cmdlet, effect, count }) => `  ${String(count).padStart(6)}  ${plain(cmdlet)}  (${effect})`,
    ),
    ...plan.first.map((line) => `          ${plain(line).slice(0, 160)}`),
    ...(plan.changes > plan.first.length ? [`          and ${plan.changes - plan.first.length} more`] : []),
    ...(plan.unknown.length === 0
      ? []
      : [
          `${plan.unknown.length} names mean no mailbox, or several; nothing is written for them: ${plan.unknown.slice(0, SHOWN).map(plain).join(", ")}`,
        ]),
    ...plan.contradictions.slice(0, SHOWN).map(plain),
    ...(plan.contradictions.length > SHOWN
      ? [`and ${plan.contradictions.length - SHOWN} more contradictions`]
      : []),
    ...(once.length === 0
      ? []
      : [
          `${once.map(({ cmdlet }) => plain(cmdlet)).join(", ")}: when an answer is lost nobody can send it again or say whether it happened; you will have to decide`,
        ]),
  ].join("\n");
}
