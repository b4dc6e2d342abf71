/** I3 for reads: what a run says it read was read, and its rows are what the tenant is. */
import type { Evidence, Fact } from "./evidence.ts";
import type { Violation } from "./verdict.ts";

export function judgeReads({ plan, run, ledger, facts, allowances }: Evidence): Violation[] {
  if (plan.kind !== "reads") return [];
  const executed = new Set(
    ledger
      .filter(
        ({ cmdlet, executedAtMs, status }) =>
          cmdlet === plan.cmdlet && executedAtMs !== null && status === 200,
      )
      .map(({ subject }) => subject),
  );
  const claimed = run.lines.filter(
    ({ kind, outcome, id }) => kind === "mailbox" && outcome === "ok" && !executed.has(id),
  );
  const wrong = claimed.map(({ line, label }) => `line ${line} (${label}) is ok, and was never read`);
  if (facts !== undefined) {
    const unread = run.lines.filter(({ outcome }) => outcome !== "ok").map(({ id }) => id);
    const churned = new Set([...(allowances?.churned ?? []), ...unread]);
    const still = (fact: Fact): boolean => {
      const [mailbox = "", trustee = ""] = fact.split(" ");
      // A delegate is told by name only: of one that was deleted nobody can say any more who it was.
      const nobody = trustee === "" && (allowances?.churned?.size ?? 0) > 0;
      return !churned.has(mailbox) && !churned.has(trustee) && !nobody;
    };
    wrong.push(...differences(facts.truth.filter(still), facts.exported.filter(still)));
  }
  return wrong.map((text) => ({ invariant: "I3", text }));
}

/** Facts told more or less often than they are true. */
function differences(truth: readonly Fact[], exported: readonly Fact[]): string[] {
  const counts = new Map<Fact, number>();
  for (const fact of truth) counts.set(fact, (counts.get(fact) ?? 0) + 1);
  for (const fact of exported) counts.set(fact, (counts.get(fact) ?? 0) - 1);
  return [...counts].flatMap(([fact, count]) => {
    if (count === 0) return [];
    return [count > 0 ? `true and not exported: ${fact}` : `exported and not true, or twice: ${fact}`];
  });
}
