/** What the emulator has seen: the only witness of how often a mailbox was read and a write was sent. */
import type { LedgerEntry, PermissionFact, ProfilePatch } from "../../src/emulator/index.ts";
import { politeQuirks, PROFILES } from "../../src/emulator/index.ts";
import type { Stage } from "../stage.ts";

/** The call a permission audit makes for each mailbox. */
const READ = "Get-MailboxPermission";

/**
 * Nothing fails by chance, so that what is read twice was read twice because of what the bench did. A call takes about this long, and at most
 * ten requests are served at once, as the real service has it: neither core is what limits the run.
 */
export function serviceOf(
  callMs: number,
  quirks: Partial<ReturnType<typeof politeQuirks>> = {},
): ProfilePatch {
  return {
    ...PROFILES.off,
    id: "durability",
    quirks: { ...politeQuirks(), dirSyncedRefusals: false, writeLagSeconds: 0, ...quirks },
    latency: { ...PROFILES.off.latency, roundTrip: 40, overhead: 50, call: { median: callMs, sigma: 0.4 } },
    lanes: 4,
    conc: { max: 10, unit: "request", retryAfter: null },
  };
}

/** Mailboxes of the tenant, by ExchangeGuid. */
export function mailboxesOf({ url, access }: Stage): Promise<readonly string[]> {
  return lines(`${url}/__emulator/tenants/${access.tenantId}/targets`);
}

export function truthOf({ url, access }: Stage): Promise<readonly PermissionFact[]> {
  return lines(`${url}/__emulator/tenants/${access.tenantId}/truth`);
}

export function ledgerOf({ url }: Stage): Promise<readonly LedgerEntry[]> {
  return lines(`${url}/__emulator/ledger`);
}

/** Reads of mailboxes that were carried out beyond the first of each; the planner's trial read counts as one of them. */
export function readsRepeated(ledger: readonly LedgerEntry[]): number {
  const reads = ledger.filter((call) => call.cmdlet === READ && isExecuted(call));
  return reads.length - new Set(reads.map(({ subject }) => subject)).size;
}

/** The sendings of each write, in order. */
export function sendingsOf(ledger: readonly LedgerEntry[]): readonly (readonly LedgerEntry[])[] {
  const writes = ledger.filter(({ write }) => write !== undefined);
  return [
    ...Map.groupBy(
      writes,
      ({ cmdlet, subject, write }) => `${cmdlet} ${subject} ${write?.parameters}`,
    ).values(),
  ];
}

export function isExecuted({ executedAtMs }: LedgerEntry): boolean {
  return executedAtMs !== null;
}

/** Its sender was told in so many words that it was not executed, such as by a 429: sending it again is no repetition. */
export function isRefused(send: LedgerEntry): boolean {
  return !isExecuted(send) && send.deliveredAtMs !== null && send.status !== null;
}

async function lines<T>(url: string): Promise<readonly T[]> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot ask the emulator: ${text}`);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
