/** What one sink is told: made of what happened, with no more of the tenant's data in it than the sink may have. Pure. */
import type { Details, SinkSettings } from "../config.ts";
import { type Grade, GRADES } from "../job/index.ts";
import { plain } from "../reports/index.ts";
import type { MemberNews } from "./members.ts";
import type { News, RuleNews } from "./news.ts";

/** A value that survives JSON: the journal keeps it, and every try sends just this. */
export type Message = {
  readonly schemaVersion: 1;
  readonly type: "night.over" | "night.paused" | "night.missed" | "test";
  /** In one line. */
  readonly title: string;
  /** When it was made: ISO 8601, UTC. */
  readonly at: string;
  readonly schedule: string;
  readonly job: string;
  readonly tenant: string;
  /** When the night was due: ISO 8601, UTC. */
  readonly due: string;
  /** Null for a night without a run. */
  readonly run: string | null;
  /** Of the run, or what became of the time it was due. */
  readonly state: string;
  /** Null: the run answers for all of its targets. */
  readonly trouble: string | null;
  /** The run it is compared with; null: it is the first night that is told of, or nothing could be compared. */
  readonly comparedWith: string | null;
  /** By severity, most severe first; those that the sink wants. */
  readonly findings: { readonly new: Counts; readonly gone: Counts };
  /** Empty when the sink wants counts only. */
  readonly rules: readonly RuleLine[];
  /** Rows in words, with names; empty unless the sink wants examples. */
  readonly examples: { readonly new: readonly string[]; readonly gone: readonly string[] };
  /** Rows, by kind; null when nothing was compared. */
  readonly changes: { readonly [kind: string]: number } | null;
  /** Of groups that hold rights; null when nothing was compared. Absent in a message that an older version wrote. */
  readonly members?: MemberLines | null;
  readonly notes: readonly string[];
  /** Commands that show more. */
  readonly next: readonly string[];
};

type Counts = { readonly [severity: string]: number };

type RuleLine = {
  readonly job: string;
  readonly rule: string;
  readonly severity: string;
  readonly words: string;
  readonly new: number;
  readonly gone: number;
};

type MemberLines = {
  readonly groups: number;
  readonly cameIn: number;
  readonly left: number;
  readonly unknown: number;
  /** Rights that the widest of these groups holds. */
  readonly widest: number;
  /** In words, with names; empty unless the sink wants examples. */
  readonly examples: { readonly cameIn: readonly string[]; readonly left: readonly string[] };
};

/** Whether what the journal kept is a message of this version. */
export function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "schemaVersion" in value && value.schemaVersion === 1;
}

/** What happened, before it is known who is told. */
export interface Happening {
  readonly type: Message["type"];
  readonly atMs: number;
  readonly schedule: string;
  readonly job: string;
  readonly tenant: string;
  readonly dueMs: number;
  readonly run: string | undefined;
  readonly state: string;
  readonly trouble: string | undefined;
  /** The night before had another trouble, or this one has. */
  readonly troubleIsNews: boolean;
  readonly comparedWith: string | undefined;
  readonly news: News | undefined;
  readonly notes: readonly string[];
}

const MOST_RULES = 25;
const MOST_EXAMPLES = 10;
const LONGEST = 300;

/** @returns undefined when it is nothing this sink wants to hear of */
export function messageFor(
  sink: Pick<SinkSettings, "schedules" | "tell" | "severity" | "details">,
  happening: Happening,
): Message | undefined {
  const { news, schedule, trouble } = happening;
  if (sink.schedules !== undefined && !sink.schedules.includes(schedule)) return undefined;
  const wanted = GRADES.slice(0, GRADES.indexOf(sink.severity) + 1);
  const rules = (news?.rules ?? []).filter(({ severity }) => wanted.includes(severity));
  const findings = { new: countsOf(rules, "new"), gone: countsOf(rules, "gone") };
  const changes = news?.changes;
  const moved = news?.members !== undefined && news.members.added + news.members.removed > 0;
  const reasons = {
    new: sum(findings.new) > 0,
    gone: sum(findings.gone) > 0,
    members: moved,
    changes: moved || (changes !== undefined && sum(changes) > changes.unknown),
    trouble: happening.troubleIsNews,
  };
  if (!sink.tell.some((about) => reasons[about])) return undefined;
  const { type, job, tenant, run, state, comparedWith } = happening;
  return {
    schemaVersion: 1,
    type,
    title: titleOf(happening, findings, sink.tell.includes("changes") ? changes : undefined),
    at: new Date(happening.atMs).toISOString(),
    schedule,
    job,
    tenant,
    due: new Date(happening.dueMs).toISOString(),
    run: run ?? null,
    state,
    trouble: trouble === undefined ? null : line(trouble),
    comparedWith: comparedWith ?? null,
    findings,
    rules: detailsOf(sink.details).rules ? rules.slice(0, MOST_RULES).map(ruleLine) : [],
    examples: detailsOf(sink.details).examples
      ? { new: examplesOf(rules, "new"), gone: examplesOf(rules, "gone") }
      : { new: [], gone: [] },
    changes: changes === undefined ? null : { ...changes },
    members: membersOf(news?.members, sink.details),
    notes: [...happening.notes, ...(news?.gaps ?? []), ...(news?.faults ?? [])]
      .slice(0, MOST_RULES)
      .map(line),
    next: nextOf(happening),
  };
}

/** What `exosweep notify test` sends. */
export function testMessage(atMs: number): Message {
  const at = new Date(atMs).toISOString();
  return {
    schemaVersion: 1,
    type: "test",
    title: "exosweep: a test message",
    at,
    schedule: "",
    job: "",
    tenant: "",
    due: at,
    run: null,
    state: "test",
    trouble: null,
    comparedWith: null,
    findings: { new: {}, gone: {} },
    rules: [],
    examples: { new: [], gone: [] },
    changes: null,
    members: null,
    notes: ["Somebody typed exosweep notify test. Nothing has happened, and nothing needs to be done."],
    next: [],
  };
}

function detailsOf(details: Details): { readonly rules: boolean; readonly examples: boolean } {
  return { rules: details !== "counts", examples: details === "examples" };
}

function titleOf(
  { type, schedule, tenant, state, trouble, troubleIsNews, comparedWith, news }: Happening,
  findings: Message["findings"],
  changes: News["changes"],
): string {
  const night = `${schedule} on ${tenant}`;
  if (type === "night.missed") return `${night}: the night ${MISSED[state] ?? state}`;
  if (type === "night.paused") return `${night}: the run is paused`;
  const told = [
    ...(sum(findings.new) > 0 ? [`${findingsInWords(findings.new)} new`] : []),
    ...(sum(findings.gone) > 0 ? [`${findingsInWords(findings.gone)} gone`] : []),
    ...membersInWords(news?.members),
    ...(changes === undefined || sum(changes) === changes.unknown
      ? []
      : [`${(sum(changes) - changes.unknown).toLocaleString("en-US")} rows changed`]),
    ...(troubleIsNews
      ? [trouble === undefined ? "complete again" : `${state.replaceAll("_", " ")}, not all was read`]
      : []),
  ];
  const first = comparedWith === undefined && news !== undefined ? " (first night)" : "";
  return `${night}${first}: ${told.join("; ")}`;
}

const MISSED: Readonly<Record<string, string>> = {
  missed: "was missed",
  skipped: "was skipped",
  failed: "could not be started",
};

/** `2 critical, 1 high findings`. */
function findingsInWords(counts: Counts): string {
  const all = Object.entries(counts).map(
    ([severity, count]) => `${count.toLocaleString("en-US")} ${severity}`,
  );
  return `${all.join(", ")} ${sum(counts) === 1 ? "finding" : "findings"}`;
}

/** `2 came into groups with rights, 1 left`. */
function membersInWords(members: MemberNews | undefined): readonly string[] {
  const { added = 0, removed = 0 } = members ?? {};
  const [came, left] = [added.toLocaleString("en-US"), removed.toLocaleString("en-US")];
  if (added > 0) return [`${came} came into groups with rights${removed > 0 ? `, ${left} left` : ""}`];
  return removed > 0 ? [`${left} left groups with rights`] : [];
}

function membersOf(members: MemberNews | undefined, details: Details): MemberLines | null {
  if (members === undefined) return null;
  const { groups, added, removed, unknown, widest, examples } = members;
  const { cameIn, left } = detailsOf(details).examples ? examples : { cameIn: [], left: [] };
  return {
    groups,
    cameIn: added,
    left: removed,
    unknown,
    widest,
    examples: {
      cameIn: cameIn.slice(0, MOST_EXAMPLES).map(line),
      left: left.slice(0, MOST_EXAMPLES).map(line),
    },
  };
}

function nextOf({ type, schedule, run, comparedWith, news }: Happening): readonly string[] {
  if (run === undefined) return [`exosweep schedule history ${schedule}`];
  if (type === "night.paused") return [`exosweep runs show ${run}`, `exosweep runs resume ${run}`];
  if (news === undefined) return [`exosweep runs show ${run}`];
  const diff = comparedWith === undefined ? [] : [`exosweep diff ${comparedWith} ${run}`];
  return [`exosweep findings ${run}`, ...diff];
}

function ruleLine({ job, rule, severity, words, new: came, gone }: RuleNews): RuleLine {
  return { job, rule, severity, words: line(words), new: came, gone };
}

function examplesOf(rules: readonly RuleNews[], side: "new" | "gone"): readonly string[] {
  return rules
    .flatMap(({ examples }) => examples[side])
    .slice(0, MOST_EXAMPLES)
    .map(line);
}

/** One harmless line, and no longer than a person reads. */
function line(text: string): string {
  const safe = plain(text);
  return safe.length <= LONGEST ? safe : `${safe.slice(0, LONGEST).toWellFormed()}…`;
}

function countsOf(rules: readonly RuleNews[], side: "new" | "gone"): Counts {
  const counts = new Map<Grade, number>();
  for (const rule of rules)
    if (rule[side] > 0) counts.set(rule.severity, (counts.get(rule.severity) ?? 0) + rule[side]);
  return Object.fromEntries(counts);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}
