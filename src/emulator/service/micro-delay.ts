/** The warning of a call that was slowed down (`exo-protocol.md` 9.3). */
import type { BudgetModel } from "../profile/profile.ts";

/** Balances are told in real milliseconds of server time, so that they fit the durations a caller sees. */
export function microDelayWarning(
  model: BudgetModel,
  balance: number,
  delayMs: number,
  scale: number,
  now: Date,
): string {
  const delay = Math.round(delayMs / scale);
  const real = (ms: number): string => String(Math.round(ms / scale));
  const stamp = now.toISOString();
  return (
    `Micro delay applied. Actual delayed: ${delay} msecs, Enforced: True, Capped delay: ${delay} msecs, Required: False, ` +
    "Additional info: .\nPolicyDN: [Fallback]; Snapshot: Owner: Sid~EURP265A001\\exosweep~PowerShell~false, BudgetType: PowerShell, ActiveRunspaces: 0/20, " +
    `Balance: ${real(balance)}/${Math.round(model.recharge * 3_600_000)}/${real(model.cutoff)}, ` +
    "PowerShellCmdletsLeft: 384/400, ExchangeCmdletsLeft: 185/200, CmdletTimePeriod: 5, DestructiveCmdletsLeft: 120/120, " +
    "DestructiveCmdletTimePeriod: 60, QueueDepth: 100, MaxRunspacesTimePeriod: 60, RunSpacesRemaining: 20/20, " +
    `LastTimeFrameUpdate: ${stamp}, LastTimeFrameUpdateDestructiveCmdlets: ${stamp}, LastTimeFrameUpdateMaxRunspaces: ${stamp}, Locked: False, LockRemaining: 00:00:00`
  );
}
