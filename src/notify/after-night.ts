/**
 * What follows a scheduled run: it is compared with the last night people were told of, judged by the user's rules, and whoever wants to know is
 * written to. Done again after a death, it writes the same deliveries under the same ids, and so nothing anew.
 */
import type { SinkSettings } from "../config.ts";
import type { Job } from "../job/index.ts";
import { isComplete, type Journal, type NewDelivery, type RunRecord } from "../journal/index.ts";
import { completenessOf } from "../reports/index.ts";
import type { AfterNight, EndedNight } from "../schedule/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import { crashPoint } from "../test-points.ts";
import { deliveryId } from "./ids.ts";
import { type Happening, isMessage, messageFor } from "./message.ts";
import { type News, newsOf } from "./news.ts";
import { rulesNow, rulesOn } from "./rules.ts";
import { readTold, type Told, writeTold } from "./told.ts";
import type { ViewsOf } from "./views.ts";

/** Event of a run: what was found out when it was over, in numbers. */
const NIGHT_TOLD = "night-told";

/** Nights that members of groups are looked for in: the last ones, and the one that had read all of them. */
const MOST_BEFORE = 14;

/** Deliveries of a schedule that are looked through for those of one run. */
const LOOKED_THROUGH = 100;

export interface AfterNightParts {
  readonly journal: Pick<Journal, "run" | "note" | "putNote" | "addEvent" | "addDeliveries" | "deliveries">;
  readonly viewsOf: ViewsOf;
  readonly catalogue: readonly Job[];
  /** File of the user's rules. */
  readonly rulesFile: string | undefined;
  readonly sinks: readonly SinkSettings[];
  readonly telemetry: Telemetry;
  readonly now: () => number;
  /** There is something to send. */
  readonly wake: () => void;
}

export function createAfterNight(parts: AfterNightParts): AfterNight {
  return async (night, signal) => {
    const told = await readTold(parts.journal, night.schedule);
    if (told?.run === night.run.id) return;
    await tell(parts, night, told, signal);
  };
}

async function tell(
  parts: AfterNightParts,
  night: EndedNight,
  told: Told | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { journal, telemetry, now } = parts;
  const { schedule, dueMs, run } = night;
  const atMs = now();
  const judged = await judgeNight(parts, night, told, atMs, signal);
  const trouble = troubleOf(run, judged);
  const wasTrouble = told?.trouble ?? undefined;
  const happening: Happening = {
    type: "night.over",
    atMs,
    schedule,
    job: run.job,
    tenant: run.tenant,
    dueMs,
    run: run.id,
    state: run.state,
    trouble: trouble?.words,
    troubleIsNews: trouble?.is !== wasTrouble || (await wasPaused(parts, night)),
    comparedWith: judged?.before?.id,
    news: judged?.news,
    notes: judged?.notes ?? [],
  };
  const deliveries = deliveriesOf(parts.sinks, happening, [run.id]);
  crashPoint("night.judged");
  await journal.addDeliveries(deliveries);
  crashPoint("delivery.written");
  parts.wake();
  const data = { schedule, comparedWith: judged?.before?.id ?? null, ...countsOf(judged?.news) };
  await journal.addEvent(run.id, { atMs, kind: NIGHT_TOLD, data: { ...data, messages: deliveries.length } });
  // Where the next night was told of meanwhile, it is that one the night after it is compared with.
  if ((await readTold(journal, schedule))?.run === told?.run)
    await writeTold(journal, schedule, {
      run: run.id,
      judged: judged === undefined ? (told?.judged ?? null) : { run: run.id, atMs },
      trouble: trouble?.is ?? null,
      carried: judged?.news.carried.slice() ?? told?.carried ?? [],
      members: judged === undefined ? (told?.members ?? null) : membersOf(run, judged),
    });
  telemetry.emit("night:told", {
    schedule,
    run: run.id,
    messages: deliveries.length,
    ...countsOf(judged?.news),
  });
}

/** Whoever heard that a run is paused hears how it ended. */
async function wasPaused({ journal }: AfterNightParts, { schedule, run }: EndedNight): Promise<boolean> {
  const written = await journal.deliveries({ schedule }, LOOKED_THROUGH);
  return written.some(
    ({ run: of, message }) => of === run.id && isMessage(message) && message.type === "night.paused",
  );
}

/** @param about what is told of, for the ids */
export function deliveriesOf(
  sinks: readonly SinkSettings[],
  happening: Happening,
  about: readonly (string | number)[],
): readonly NewDelivery[] {
  return sinks.flatMap((sink) => {
    const message = messageFor(sink, happening);
    if (message === undefined) return [];
    const { schedule, run, atMs } = happening;
    return [
      { id: deliveryId(sink.name, ...about), sink: sink.name, schedule, run, message, createdAtMs: atMs },
    ];
  });
}

interface Judged {
  readonly news: News;
  readonly before: RunRecord | undefined;
  /** What members of groups were compared with. */
  readonly membersBefore: readonly RunRecord[];
  readonly notes: readonly string[];
}

/** @returns undefined when the run has not got so far that its rows say anything */
async function judgeNight(
  { journal, viewsOf, catalogue, rulesFile }: AfterNightParts,
  { run, before }: EndedNight,
  told: Told | undefined,
  nowMs: number,
  signal: AbortSignal,
): Promise<Judged | undefined> {
  if (!isComplete(run.state)) return undefined;
  const { rules, trouble } = await rulesNow(rulesFile, catalogue, nowMs);
  const known = told?.judged ?? null;
  const last = known === null ? undefined : await journal.run(known.run);
  // A schedule of this name may have been about something else; and before anybody was told of it, there may have been runs.
  const comparable = last !== undefined && last.job === run.job && last.tenantId === run.tenantId;
  const older = comparable ? last : before;
  const membersBefore = await membersBeforeOf(journal, older, comparable ? told?.members : null);
  const news = await newsOf({
    viewsOf,
    after: run,
    before: older,
    membersBefore,
    rules,
    rulesBefore: comparable && known !== null ? rulesOn(rules, known.atMs) : rules,
    carried: new Set(comparable ? told?.carried : []),
    signal,
  });
  return { news, before: older, membersBefore, notes: trouble === undefined ? [] : [trouble] };
}

async function membersBeforeOf(
  journal: Pick<Journal, "run">,
  older: RunRecord | undefined,
  ids: readonly string[] | null | undefined,
): Promise<readonly RunRecord[]> {
  if (older === undefined) return [];
  if (ids === null || ids === undefined) return [older];
  const runs = await Promise.all(ids.map((id) => journal.run(id)));
  return runs
    .filter((run) => run !== undefined)
    .filter(({ job, tenantId }) => job === older.job && tenantId === older.tenantId);
}

/** The night that has read all of its groups is the oldest of them. */
function membersOf(run: RunRecord, { news, membersBefore }: Judged): string[] {
  const ids = membersBefore.map(({ id }) => id);
  if (news.membersWhole) return [run.id];
  return [run.id, ...ids.slice(0, MOST_BEFORE - 2), ...ids.slice(MOST_BEFORE - 2).slice(-1)];
}

/** What is wrong with a night: in words, and as it is told from other troubles, without numbers that change every night. */
function troubleOf(
  run: RunRecord,
  judged: Judged | undefined,
): { readonly is: string; readonly words: string } | undefined {
  const { complete, words } = completenessOf(run);
  const faults = [...(judged?.news.faults ?? []), ...(judged?.notes ?? [])];
  if (complete && faults.length === 0) return undefined;
  const outcomes = Object.entries(run.outcomes).flatMap(([outcome, targets]) =>
    targets > 0 ? [outcome] : [],
  );
  return {
    is: JSON.stringify([complete ? "" : run.state, complete ? [] : outcomes.toSorted(), faults]),
    words: [...(complete ? [] : [words]), ...(run.state === "cancelled" ? [run.reason ?? ""] : []), ...faults]
      .filter((part) => part !== "")
      .join("; "),
  };
}

function countsOf(news: News | undefined): Readonly<Record<"new" | "gone" | "cameIn" | "left", number>> {
  const rules = news?.rules ?? [];
  return {
    new: rules.reduce((sum, rule) => sum + rule.new, 0),
    gone: rules.reduce((sum, rule) => sum + rule.gone, 0),
    cameIn: news?.members?.added ?? 0,
    left: news?.members?.removed ?? 0,
  };
}
