/** What a run will cost, said before it starts: calls by cmdlet, disk, time. Pure. */
import { plainCmdlet } from "../exo/index.ts";
import type { CmdletNeed, Job, Mailbox } from "../job/index.ts";
import type { RunPlan } from "./run-service.ts";
import { listingOf } from "./target-listings.ts";

/** Rows of a page; `exo-protocol.md` 6.1. */
const PAGE_ROWS = 1_000;
/** Calls of one request while the gate is busy. */
const CALLS_PER_REQUEST = 10;
/** Calls per second that the published default budget sustains: 0.6 ms of server time per ms, 258 ms per cmdlet (`throttle.md` 4, 5.1 A1). */
const SLOW_PER_SECOND = 2.3;
/** Calls per second of ten requests at once, as measured in simulation (`throttle.md` 5.1 B1: 100,000 in 2,681 s). */
const FAST_PER_SECOND = 37;
/** A guess: tenants differ, and only the rights themselves tell. */
const TARGETS_PER_GROUP = 25;
/** Bytes on disk per target, five rows and the principal index included: 3.4 GB for a million (`node bench/journal.ts 1000000`). */
const BYTES_PER_TARGET = 3_400;

export interface EstimateFacts {
  readonly job: Job;
  readonly params: unknown;
  readonly tenant: string;
  readonly scope: string;
  readonly byType: ReadonlyMap<Mailbox["type"], number>;
  readonly small: boolean;
  /** Calls per second of the tenant's last run, when there was one. */
  readonly lastPerSecond: number | undefined;
}

const APART = "each a request of its own";

/** Whether a cmdlet never travels in a batch. */
function alone(cmdlet: string): boolean {
  return plainCmdlet(cmdlet) !== cmdlet;
}

/** Cmdlets that targets are asked with, each with how often. */
function sent({ job, params, byType }: EstimateFacts): readonly (Pick<CmdletNeed, "cmdlet" | "per"> & {
  readonly count: number;
})[] {
  return job.cmdlets.flatMap((need) => {
    const { cmdlet, per } = need;
    const ofSome = need.sentFor !== undefined;
    if ((need.optional === true && !ofSome) || need.wanted?.(params) === false) return [];
    const count = countOf(byType, (type) => need.sentFor?.(type) ?? true);
    return ofSome && count === 0 ? [] : [{ cmdlet, per, count }];
  });
}

/** How many targets each listing brings; that of mailboxes first. */
function listedBy(byType: EstimateFacts["byType"]): ReadonlyMap<string, number> {
  const listed = new Map<string, number>();
  for (const [type, count] of byType) {
    const cmdlet = listingOf(type);
    listed.set(cmdlet, (listed.get(cmdlet) ?? 0) + count);
  }
  return listed.size > 0 ? listed : new Map([[listingOf("other"), 0]]);
}

function countOf(byType: EstimateFacts["byType"], isMeant: (type: Mailbox["type"]) => boolean): number {
  return [...byType].reduce((sum, [type, count]) => (isMeant(type) ? sum + count : sum), 0);
}

export function estimate(facts: EstimateFacts): RunPlan {
  const { job, byType, small } = facts;
  const targets = countOf(byType, () => true);
  const pages = Math.max(1, Math.ceil(targets / PAGE_ROWS));
  const calls: { cmdlet: string; count: number; how: string }[] = [];
  const ofTenant = new Set(
    job.bulk
      .filter((read) => read.always && (read.wanted?.(facts.params) ?? true))
      .map(({ cmdlet }) => cmdlet),
  );
  if (small) {
    for (const { cmdlet, count } of sent(facts).filter((call) => !ofTenant.has(call.cmdlet)))
      calls.push({ cmdlet, count, how: "one per mailbox: the scope is small" });
  } else {
    for (const [cmdlet, listed] of listedBy(byType))
      calls.push({
        cmdlet,
        count: 2 * Math.max(1, Math.ceil(listed / PAGE_ROWS)),
        how: "pages of 1000, listed until nothing new comes",
      });
    calls.push({
      cmdlet: "Get-User, Get-Group, Get-Recipient",
      count: 3 * pages,
      how: "pages of 1000, the principal index",
    });
    for (const bulk of job.bulk.filter((read) => read.wanted?.(facts.params) ?? true)) {
      if (bulk.always || bulk.last) continue;
      calls.push({
        cmdlet: bulk.cmdlet,
        count: bulk.cmdlet === "Get-Mailbox" ? pages : 2 * pages,
        how: `pages of 1000 of the whole tenant (${bulk.name}), in place of ${targets} calls`,
      });
      const besides = countOf(byType, (type) => bulk.asksFor?.(type) ?? false);
      if (besides > 0)
        calls.push({ cmdlet: bulk.cmdlet, count: besides, how: "one per group besides, in batches" });
    }
    for (const { cmdlet, count } of sent(facts).filter(({ per }) => per === "target"))
      calls.push({ cmdlet, count, how: `one per mailbox, ${alone(cmdlet) ? APART : "in batches"}` });
  }
  const last = job.bulk.filter((read) => read.last && (read.wanted?.(facts.params) ?? true));
  for (const { cmdlet } of last) ofTenant.delete(cmdlet);
  for (const cmdlet of ofTenant) calls.push({ cmdlet, count: 1, how: "once, settings of the tenant" });
  for (const { cmdlet } of last)
    calls.push({
      cmdlet,
      count: Math.ceil(targets / TARGETS_PER_GROUP),
      how: "one for each group that holds a right, or is in one; how many is known when the rights are read",
    });
  const totalCalls = calls.reduce((sum, call) => sum + call.count, 0);
  const single = calls
    .filter(({ cmdlet, how }) => how.startsWith("pages") || alone(cmdlet))
    .reduce((sum, call) => sum + call.count, 0);
  const lastPerSecond = facts.lastPerSecond;
  return {
    job: job.name,
    tenant: facts.tenant,
    scope: facts.scope,
    targets,
    calls,
    totalCalls,
    naiveCalls: targets * job.naiveCallsPerTarget,
    requests: single + Math.ceil((totalCalls - single) / CALLS_PER_REQUEST),
    diskBytes: targets * BYTES_PER_TARGET,
    seconds:
      lastPerSecond !== undefined && lastPerSecond > 0
        ? {
            low: Math.ceil((totalCalls / lastPerSecond) * 0.8),
            high: Math.ceil((totalCalls / lastPerSecond) * 1.5),
          }
        : { low: Math.ceil(totalCalls / FAST_PER_SECOND), high: Math.ceil(totalCalls / SLOW_PER_SECOND) },
  };
}
