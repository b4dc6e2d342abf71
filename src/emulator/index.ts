/**
 * A pretend Exchange Online over HTTP: sign-in, admin API, throttling, faults, and organisations of any size.
 *
 * Promises: speaks the protocol of `exo-protocol.md` byte for byte where it is known, and is as nasty as the fact sheet confirms;
 * the same seed gives the same tenants and the same dice; what arrived, was executed and was delivered stands in its ledger.
 * Never: shares code with the client, keeps anything after `stop()`, listens beyond loopback unless told to.
 */
import { startEmulatorWith, type Emulator, type EmulatorOptions } from "./emulator.ts";
import { createOrganisation } from "./organisation/index.ts";

export { OPTION_NAMES, type Emulator, type EmulatorOptions } from "./emulator.ts";
export type { ObjectFacts, PermissionFact } from "./cmdlet.ts";
export type { FactsLine } from "./fact-lines.ts";
export type { LedgerEntry, LedgerFilter, LedgerSummary } from "./ledger.ts";
export type { WriteEntry, WriteSum } from "./write-records.ts";
export type { Fault, FaultKind, ScriptedFault } from "./profile/faults.ts";
export { FAULTS } from "./profile/faults.ts";
export { PROFILES } from "./profile/named.ts";
export type { Profile, ProfilePatch } from "./profile/profile.ts";
export { QUIRKS, politeQuirks, type QuirkName } from "./profile/quirks.ts";
export { ProfileError, readProfile } from "./profile/read.ts";
export type { TenantAccess } from "./tenant.ts";

/** Starts an emulator with generated organisations. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  return startEmulatorWith(createOrganisation, options);
}
