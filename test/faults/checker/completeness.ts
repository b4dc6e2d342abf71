/** I1, I2 and I9: the manifest is the plan, each line has one outcome, what was told is on record, and one tenant is all there is. */
import { createHash } from "node:crypto";
import type { Evidence, Said } from "./evidence.ts";
import type { Line, RunOnFile } from "./journal-file.ts";
import { linesOfPlan } from "./plan.ts";
import type { Violation } from "./verdict.ts";

const GOOD = new Set(["ok", "ok_no_change"]);

export function judgeCompleteness(evidence: Evidence): Violation[] {
  const { run, allowances = {} } = evidence;
  const wrong: string[] = [];
  for (const [at, { line }] of run.lines.entries())
    if (line !== at + 1) wrong.push(`line ${line} stands where line ${at + 1} is due`);
  const sha256 = manifestHash(run.lines);
  if (run.sealedSha256 !== sha256)
    wrong.push(`the manifest's hash is ${run.sealedSha256 ?? "none"}, its lines hash to ${sha256}`);
  if (new Set(run.lines.map(({ id }) => id)).size !== run.lines.length)
    wrong.push("two lines are about one target");
  const { missing, surplus } = linesOfPlan(evidence);
  for (const name of missing) wrong.push(`${name} is planned and in no line`);
  for (const { line, label } of surplus) wrong.push(`line ${line} (${label}) is not planned`);
  const cancelled = evidence.orders.some(({ word }) => word === "cancelled");
  const open = run.lines.filter(({ outcome }) => outcome === null);
  if (allowances.notOver !== true) {
    for (const { line, label } of open) wrong.push(`line ${line} (${label}) has no outcome`);
    if (!/^complete|^cancelled$/.test(run.state)) wrong.push(`the run is ${run.state}`);
  }
  const allowed = new Set([...GOOD, ...(allowances.outcomes ?? []), ...(cancelled ? ["cancelled"] : [])]);
  for (const { line, label, id, outcome } of run.lines) {
    const end = allowances.ends?.get(id);
    if (end !== undefined && outcome !== end)
      wrong.push(`line ${line} (${label}) ended as ${outcome ?? "nothing"}, and had to be ${end}`);
  }
  for (const { line, label, id, outcome, reason } of run.lines)
    if (
      allowances.ends?.has(id) !== true &&
      outcome !== null &&
      outcome !== "unresolved" &&
      !allowed.has(outcome)
    )
      wrong.push(`line ${line} (${label}) ended as ${outcome}: ${reason ?? "no reason"}`);
  for (const { line, outcome } of run.earlier)
    if (outcome !== null && GOOD.has(outcome))
      wrong.push(`line ${line} was opened again though it was ${outcome}`);
  for (const { line, rows, found } of run.lines)
    if (rows !== found) wrong.push(`line ${line} says it has ${rows} rows, and has ${found}`);
  const rows = run.lines.reduce((sum, line) => sum + line.found, 0);
  if (rows !== run.rows) wrong.push(`the run counts ${run.rows} rows, its lines have ${rows}`);
  const counted = Object.groupBy(run.lines, ({ outcome }) => outcome ?? "none");
  for (const [outcome, count] of Object.entries(run.outcomes))
    if ((counted[outcome]?.length ?? 0) !== count)
      wrong.push(
        `the run counts ${count} times ${outcome}, its lines ${counted[outcome]?.length ?? 0} times`,
      );
  return wrong.map((text) => ({ invariant: "I1", text }));
}

/** What was told and is not on record as it was told. */
export function lostAmong(run: RunOnFile, said: readonly Said[], clocksLie: boolean): Violation[] {
  const versions = new Map<number, { outcome: string | null; settledAtMs: number | null }[]>();
  for (const { line, outcome, settledAtMs } of [...run.earlier, ...run.lines])
    versions.set(line, [...(versions.get(line) ?? []), { outcome, settledAtMs }]);
  return said.flatMap(({ line, outcome, atMs }): Violation[] => {
    const known = versions.get(line) ?? [];
    const same = known.filter((version) => version.outcome === outcome);
    if (same.length === 0)
      return [
        {
          invariant: "I2",
          text: `line ${line} was told to be ${outcome}, on record is ${known.at(-1)?.outcome ?? "nothing"}`,
        },
      ];
    if (clocksLie || same.some(({ settledAtMs }) => settledAtMs !== null && settledAtMs <= atMs)) return [];
    return [{ invariant: "I2", text: `line ${line} was told to be ${outcome} before that was on record` }];
  });
}

export function judgeTenants({ run, ledger }: Evidence): Violation[] {
  const tenant = run.tenantId.toLowerCase();
  return ledger
    .filter(
      ({ tenantId, tokenTenantId }) =>
        tenantId.toLowerCase() !== tenant || tokenTenantId.toLowerCase() !== tenant,
    )
    .map(({ n, tenantId, tokenTenantId }) => ({
      invariant: "I9",
      text: `call ${n} went to tenant ${tenantId} with a token of ${tokenTenantId}, the run is of ${tenant}`,
    }));
}

/** SHA-256 over `kind\tid\n` of all lines, sorted by kind and id. */
function manifestHash(lines: readonly Line[]): string {
  const digest = createHash("sha256");
  const texts = lines.map(({ kind, id }) => ({ kind, bytes: Buffer.from(id), text: `${kind}\t${id}\n` }));
  texts.sort((a, b) => (a.kind === b.kind ? Buffer.compare(a.bytes, b.bytes) : a.kind < b.kind ? -1 : 1));
  for (const { text } of texts) digest.update(text);
  return digest.digest("hex");
}
