/**
 * Keeps at most a window of a run's tasks in Redis, so that a million mailboxes do not fill it. It walks the pending lines of the manifest;
 * the queue refuses what it has already. When tasks were lost (Redis was emptied) it notices that fewer are queued than are pending behind
 * it, and walks from the start again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Journal } from "../journal/index.ts";
import type { TaskQueues } from "../queue/index.ts";
import { planted } from "../test-points.ts";

const ADD_AT_ONCE = 500;
const LOOK_MS = 100;
/** Looks in a row that must find tasks missing before they count as lost: counts of queue and journal are not taken at one instant. */
const LOOKS_BEFORE_LOST = 5;
/** Looks in a row with nothing left to feed before it walks anyway: in the count of a tenant's queue, another run's tasks hide lost ones. */
const LOOKS_BEFORE_WALK = 30;

export interface FeederParts {
  readonly journal: Journal;
  readonly queues: Pick<TaskQueues, "add" | "size">;
  readonly run: string;
  readonly tenantId: string;
  readonly window: number;
  /** Names of bulk reads: the longest tasks, so they go first. */
  readonly bulk: readonly string[];
  /** Names of those of them that wait until everything else has its outcome. */
  readonly last?: readonly string[];
  /** Only lines up to this one; all when absent. */
  readonly upTo?: number;
  readonly signal: AbortSignal;
}

/** Resolves when none of the lines is pending any more. @throws the signal's reason when it is aborted */
export async function feed(parts: FeederParts): Promise<void> {
  const { journal, queues, run, tenantId, window, signal, upTo = Number.POSITIVE_INFINITY } = parts;
  let after = 0;
  let suspicious = 0;
  let idle = 0;
  const openLines = async (names: readonly string[]): Promise<readonly number[]> => {
    const targets = await Promise.all(names.map((name) => journal.targetById(run, name)));
    return targets.flatMap((target) =>
      target === undefined || target.outcome !== undefined || target.line > upTo ? [] : [target.line],
    );
  };
  const held = new Set(await openLines(parts.last ?? []));
  const open = (await openLines(parts.bulk)).filter((line) => !held.has(line));
  await queues.add(
    tenantId,
    open.map((line) => ({ run, line })),
  );
  for (;;) {
    signal.throwIfAborted();
    const queued = await queues.size(tenantId);
    const room = window - queued;
    if (room >= Math.min(ADD_AT_ONCE, window / 2)) {
      const pending = await journal.pending(run, after, Math.min(room, ADD_AT_ONCE));
      const lines = pending.filter((line) => line <= upTo);
      const last = lines.at(-1);
      if (last !== undefined) {
        await queues.add(
          tenantId,
          lines.filter((line) => !held.has(line)).map((line) => ({ run, line })),
        );
        after = last;
        suspicious = 0;
        idle = 0;
        continue;
      }
      const left = await countLeft(journal, run, upTo);
      if (left === 0 || planted("skip-seal-check")) return;
      // Nothing but them: who waited is fed.
      if (left <= held.size) {
        held.clear();
        after = 0;
        continue;
      }
      // Everything was fed; what is pending is in the queue, in hand, or lost.
      suspicious = queued < left - held.size ? suspicious + 1 : 0;
      idle += 1;
      const isLost = suspicious >= LOOKS_BEFORE_LOST || idle >= LOOKS_BEFORE_WALK;
      if (isLost && !planted("trust-redis-as-record")) {
        after = 0;
        suspicious = 0;
      }
    } else {
      suspicious = 0;
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}

async function countLeft(journal: Journal, run: string, upTo: number): Promise<number> {
  if (upTo === Number.POSITIVE_INFINITY) return journal.countPending(run);
  return (await journal.pending(run, 0, upTo)).filter((line) => line <= upTo).length;
}
