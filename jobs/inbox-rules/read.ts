/**
 * All rules of a mailbox, and which of them hide. No property says that a rule is hidden, so the rules are read with and without hidden ones.
 * The second answer is asked for only where a rule calls for it; a rule that was deleted in between would look hidden, so rules that do are
 * looked for once more.
 */
import type { CmdletReply, TaskContext } from "../../src/job/index.ts";
import { INBOX_RULES, type InboxRule, rulesIn } from "./rule.ts";

export interface ReadRules {
  readonly rules: readonly (InboxRule & { readonly hidden: boolean })[];
  readonly reply: CmdletReply;
}

/** @param matters whether it has to be known of a rule that it hides */
export async function readRules(
  context: TaskContext<unknown>,
  matters: (rule: InboxRule) => boolean,
): Promise<ReadRules> {
  const first = await ask(context, true);
  const all = rulesIn(first);
  const hidden = await hiddenAmong(
    context,
    all.filter((rule) => !rule.isSystem && matters(rule)),
  );
  return {
    reply: first,
    rules: all.map((rule) => ({ ...rule, hidden: rule.isSystem || hidden.has(rule.id) })),
  };
}

async function hiddenAmong(
  context: TaskContext<unknown>,
  rules: readonly InboxRule[],
): Promise<ReadonlySet<string>> {
  if (rules.length === 0) return new Set();
  const shown = new Set(rulesIn(await ask(context, false)).map(({ id }) => id));
  const missing = rules.filter(({ id }) => !shown.has(id));
  if (missing.length === 0) return new Set();
  const still = new Set(rulesIn(await ask(context, true)).map(({ id }) => id));
  return new Set(missing.map(({ id }) => id).filter((id) => still.has(id)));
}

function ask(context: TaskContext<unknown>, withHidden: boolean): Promise<CmdletReply> {
  const parameters = { ResultSize: "Unlimited", ...(withHidden && { IncludeHidden: true }) };
  return context.read(INBOX_RULES, parameters);
}
