/** What a run had to take, and what its ledger may then show: work in flight is read again, work on record never. */
import type { LedgerEntry } from "../../src/emulator/index.ts";
import type { TargetStatus } from "../../src/journal/index.ts";

/** The call a permission audit makes for each mailbox. */
const READ = "Get-MailboxPermission";

/** Epoch ms just before it fell, and when everything sent before it had surely arrived. */
export interface Blow {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Accounts {
  /** Calls in flight at each blow, in order. */
  readonly inFlight: readonly number[];
  /** Reads of targets whose outcome was on record before a blow that came before the read. */
  readonly needless: readonly string[];
  /** Targets read again although no blow had come since they were read. */
  readonly unexplained: readonly string[];
  readonly rereads: number;
  /** Reads that a blow found in flight, or delivered and not on record yet, added up over all blows: what may be read again. */
  readonly open: number;
}

/**
 * @param blows in order
 * @param ledger from before the first read; its first read is the planner's trial
 */
export function accountsOf(
  blows: readonly Blow[],
  ledger: readonly LedgerEntry[],
  targets: readonly TargetStatus[],
): Accounts {
  const settledAt = new Map(targets.map(({ id, settledAtMs }) => [id, settledAtMs]));
  const reads = ledger.filter(({ cmdlet }) => cmdlet === READ).slice(1);
  const needless: string[] = [];
  const unexplained: string[] = [];
  let rereads = 0;
  let open = 0;
  for (const [subject, ofTarget] of Map.groupBy(reads, (read) => read.subject ?? "")) {
    const settled = settledAt.get(subject) ?? Number.POSITIVE_INFINITY;
    rereads += ofTarget.length - 1;
    for (const [index, read] of ofTarget.entries()) {
      const { arrivedAtMs } = read;
      const next = ofTarget[index + 1]?.arrivedAtMs;
      if (blows.some(({ fromMs, toMs }) => settled <= fromMs && toMs < arrivedAtMs))
        needless.push(`${subject} read at ${arrivedAtMs}, settled at ${settled}`);
      if (next !== undefined && !blows.some(({ fromMs, toMs }) => arrivedAtMs <= toMs && fromMs <= next))
        unexplained.push(`${subject} read at ${arrivedAtMs} and ${next}, settled at ${settled}`);
      open += blows.filter(
        (blow) => settled > blow.fromMs && (isInFlight(read, blow, blows) || isFirstSince(read, blow, blows)),
      ).length;
    }
  }
  const inFlight = blows.map((blow) => ledger.filter((entry) => isInFlight(entry, blow, blows)).length);
  return { inFlight, needless, unexplained, rereads, open };
}

/** A call whose reply was never delivered counts for the first blow after its arrival only. */
function isInFlight(
  { arrivedAtMs, deliveredAtMs }: LedgerEntry,
  blow: Blow,
  blows: readonly Blow[],
): boolean {
  if (arrivedAtMs > blow.toMs) return false;
  if (deliveredAtMs !== null) return deliveredAtMs > blow.fromMs;
  return !blows.some(({ toMs }) => arrivedAtMs <= toMs && toMs < blow.toMs);
}

/** The blow is the first after this delivery. */
function isFirstSince({ deliveredAtMs }: LedgerEntry, blow: Blow, blows: readonly Blow[]): boolean {
  return (
    deliveredAtMs !== null &&
    deliveredAtMs <= blow.fromMs &&
    !blows.some(({ fromMs }) => deliveredAtMs <= fromMs && fromMs < blow.fromMs)
  );
}
