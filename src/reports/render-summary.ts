/** A run and what it found as a block of text for a terminal. Pure; names are made safe to show. */
import { type Grade, GRADES, isGrantorType } from "../job/index.ts";
import { isOver, type Json, type RunRecord } from "../journal/index.ts";
import { isDominated, movedText } from "./limit.ts";
import { plain } from "./plain.ts";
import { type AppliedRules, idleSuppressions } from "./rules/applied.ts";
import { completenessOf } from "./completeness.ts";
import { isPart, partId, partState } from "./parts/part.ts";
import type { PartSummary, Summary } from "./summary.ts";

/** `exo-protocol.md` 9.4. */
const RELAXATION = [
  "Most of the time went into waiting for the tenant's limit. An administrator can relax it in the",
  'Microsoft 365 admin centre (Help & support, "PowerShell throttling"): for a migration, or to match the tenant\'s size.',
];

/** Groups of findings shown; the export has all. */
const TOP = 8;
const TOP_OF_PART = 3;
const LABEL_WIDTH = 12;

/** @param noiseRules what each rule hides; `Job.noiseRules` */
export function renderSummary(
  run: RunRecord,
  summary: Summary,
  noiseRules: Readonly<Record<string, string>> = {},
): string {
  const lines = [
    `${run.job} on ${run.tenant}: ${stateInWords(run)}`,
    line("run", run.id),
    ...paramsLines(run.params),
    line("targets", targetsInWords(run, summary)),
    line("rows", `${count(summary.rows.shown)} shown, ${count(summary.rows.hidden)} hidden as noise`),
    ...(summary.parts === undefined ? hiddenLines(summary, noiseRules) : []),
    line("findings", severitiesInWords(summary)),
    ...(summary.parts === undefined ? findingLines(summary, TOP) : []),
    ...(summary.rules === undefined ? [] : rulesLines(summary.rules)),
    // A part has no calls of its own, and nothing is refused or counted for it alone.
    ...(isPart(run)
      ? [line("part of", `run ${run.partOf}, which has the calls`)]
      : [line("calls", callsInWords(run, summary)), ...throttleLines(run, summary), ...oddities(run)]),
    ...(summary.oldestReadAt === null ? [] : [line("data since", summary.oldestReadAt)]),
    // Noted elsewhere, it proves later that nothing up to here was changed.
    ...(run.chain.length === 0
      ? []
      : [line("chain", `${several(run.chain.length, "outcome")}, head ${run.chain.head}`)]),
    ...(summary.parts ?? []).flatMap((part) => partLines(run, part)),
  ];
  return `${lines.map(plain).map(trimEnd).join("\n")}\n`;
}

function stateInWords(run: RunRecord): string {
  const { startedAtMs, endedAtMs } = run;
  const state = run.state.replaceAll("_", " ") + (run.reason === undefined ? "" : ` (${run.reason})`);
  if (!isOver(run.state) || startedAtMs === undefined || endedAtMs === undefined) return state;
  return `${state} in ${duration(endedAtMs - startedAtMs)}`;
}

/** As they were typed; none where everything was left as it is by itself. */
function paramsLines(params: Json): string[] {
  return typedParams(params).map((text, place) => line(place === 0 ? "parameters" : "", text));
}

function typedParams(params: Json, prefix = ""): readonly string[] {
  if (!isObject(params)) return [];
  return Object.entries(params).flatMap(([name, value]) =>
    isObject(value)
      ? typedParams(value, `${prefix}${name}.`)
      : [`${prefix}${name}=${isList(value) ? value.map(inWords).join(",") : inWords(value)}`],
  );
}

function inWords(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !isList(value);
}

/** `2,000 mailboxes and 2 bulk reads: ok 2,001, gone 1`. */
function targetsInWords(run: RunRecord, summary: Summary): string {
  const all = run.manifest?.count ?? 0;
  const bulk = all - summary.mailboxes;
  const outcomes = Object.entries(run.outcomes).filter(([, targets]) => targets > 0);
  const settled = outcomes.reduce((sum, [, targets]) => sum + targets, 0);
  const ends = [
    ...outcomes.map(([outcome, targets]) => `${outcome} ${count(targets)}`),
    ...(settled < all ? [`not yet ${count(all - settled)}`] : []),
  ];
  if (plansChanges(run)) return `${several(all, "change")}${ends.length > 0 ? `: ${ends.join(", ")}` : ""}`;
  const mailboxes = namesGrantors(run) ? "mailboxes and other grantors" : "mailboxes";
  const what = `${several(summary.mailboxes, mailboxes === "mailboxes" ? "mailbox" : mailboxes, mailboxes)}${bulk > 0 ? ` and ${several(bulk, "bulk read")}` : ""}`;
  return `${what}${ends.length > 0 ? `: ${ends.join(", ")}` : ""}`;
}

/** A mailbox may have several. */
function plansChanges({ scope }: RunRecord): boolean {
  return isObject(scope) && scope["kind"] === "changes";
}

/** Whether its scope names more than mailboxes. */
function namesGrantors({ scope }: RunRecord): boolean {
  if (scope === null || typeof scope !== "object" || !("types" in scope)) return false;
  const { types } = scope;
  return Array.isArray(types) && types.some((type) => typeof type === "string" && isGrantorType(type));
}

function severitiesInWords({ findings, unjudged }: Summary): string {
  if (unjudged !== undefined) return `could not be judged: ${unjudged}; the rows are kept`;
  const found = GRADES.filter((grade) => (findings.bySeverity[grade] ?? 0) > 0);
  if (found.length === 0) return "none";
  return found.map((grade) => `${grade} ${count(findings.bySeverity[grade] ?? 0)}`).join(", ");
}

/** `r1:quota-sweep` and what it found, shortly: whoever wants all of it asks for the part. */
function partLines(run: RunRecord, { job, targets, outcomes, summary }: PartSummary): string[] {
  const manifest = run.manifest && { ...run.manifest, count: targets };
  const { complete, words } = completenessOf({ state: partState(run, outcomes), outcomes, manifest });
  return [
    "",
    `${partId(run.id, job)}${complete ? "" : `: ${words}`}`,
    line("rows", `${count(summary.rows.shown)} shown, ${count(summary.rows.hidden)} hidden as noise`),
    line("findings", severitiesInWords(summary)),
    ...findingLines(summary, TOP_OF_PART),
    ...(summary.rules === undefined ? [] : rulesLines(summary.rules)),
  ];
}

function hiddenLines({ rows }: Summary, noiseRules: Readonly<Record<string, string>>): string[] {
  return Object.entries(rows.hiddenBy).map(([rule, hidden]) =>
    line("", [rule.padEnd(5), count(hidden).padStart(9), " ", noiseRules[rule] ?? ""].join(" ")),
  );
}

function findingLines({ findings }: Summary, shownAtMost: number): string[] {
  const top = findings.groups.slice(0, shownAtMost);
  const width = Math.max(0, ...top.map(({ id }) => id.length));
  const shown = top.map(({ id, severity, rows, examples }) =>
    line("", `${grade(severity)} ${count(rows).padStart(9)}  ${id.padEnd(width)}  ${examples[0] ?? ""}`),
  );
  const rest = findings.groups.length - top.length;
  return rest > 0 ? [...shown, line("", `and ${several(rest, "kind")} more`)] : shown;
}

/** What the user's rules did; what they no longer do is said one by one. */
function rulesLines(rules: AppliedRules): string[] {
  const changed = Object.keys(rules.overridden).length + rules.parameters.length;
  const hidden = GRADES.filter((grade) => (rules.suppressed[grade] ?? 0) > 0);
  return [
    ...(hidden.length === 0
      ? []
      : [
          line(
            "suppressed",
            hidden.map((grade) => `${grade} ${count(rules.suppressed[grade] ?? 0)}`).join(", "),
          ),
        ]),
    line(
      "rules",
      `${rules.file} (${rules.sha256.slice(0, 12)}): ${several(changed, "change")}, ${several(rules.suppressions.length, "suppression")}`,
    ),
    ...idleSuppressions(rules).map((text) => line("", text)),
  ];
}

function callsInWords({ calls }: RunRecord, { naiveCalls }: Summary): string {
  const made = `${several(calls.items, "call")} in ${several(calls.batches, "request")}`;
  // A page after the first is a call that no batch carries.
  const all = calls.items + calls.pages;
  const saved = naiveCalls > 0 ? Math.round((1 - all / naiveCalls) * 100) : 0;
  const against = `the usual script makes ${count(naiveCalls)}`;
  return `${made}; ${against}${saved > 0 ? `: ${saved} % saved` : ""}`;
}

/** What was refused, how much of the limit was used, and what to do where the limit took the time. */
function throttleLines(run: RunRecord, { limit }: Summary): string[] {
  const used =
    limit === undefined || limit.used <= 0 ? "" : `; ${Math.round(limit.used * 100)} % of the limit used`;
  const moved = limit === undefined ? undefined : movedText(limit);
  return [
    line("throttle", `${throttleInWords(run)}${used}`),
    ...(moved === undefined ? [] : [line("", moved)]),
    ...(isDominated(run, limit) ? RELAXATION.map((text) => line("", text)) : []),
  ];
}

function throttleInWords({ calls }: RunRecord): string {
  const full =
    calls.busyBatches > 0
      ? `, ${(calls.busyItems / calls.busyBatches).toFixed(1)} calls per request while the gate was busy`
      : "";
  if (calls.throttledItems === 0 && calls.throttledBatches === 0) return `never${full}`;
  const hit = `${several(calls.throttledItems, "call")} and ${several(calls.throttledBatches, "request")} refused`;
  return `${hit}, ${several(calls.retries, "repeat")}${full}`;
}

function oddities(run: RunRecord): string[] {
  const names = Object.keys(run.counts).sort();
  if (names.length === 0) return [];
  return [line("counted", names.map((name) => `${name} ${count(run.counts[name] ?? 0)}`).join(", "))];
}

function line(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${text}`;
}

function grade(severity: Grade): string {
  return severity.padEnd("critical".length);
}

function several(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** `12,345`, the same on every machine. */
function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** `38 s`, `2 min 5 s`, `3 h 12 min`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function trimEnd(text: string): string {
  return text.trimEnd();
}
