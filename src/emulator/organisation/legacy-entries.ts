/** Entries the service put on every mailbox of older tenants: Microsoft's forest groups and system accounts (exo-protocol.md 10.4). */

export interface LegacyEntry {
  /** Absent: an account of the forest that no longer resolves, shown as its SID. */
  readonly name?: string;
  /** A well-known SID; absent for accounts of Microsoft's forest, which have a relative id. */
  readonly sid?: string;
  readonly rid?: number;
  readonly rights: readonly string[];
  readonly allow: boolean;
  readonly inherited: boolean;
  readonly noise: string;
}

const ALL = ["FullAccess", "DeleteItem", "ReadPermission", "ChangePermission", "ChangeOwner"];

const FOREST_ADMINS = [
  ["Administrator", 500],
  ["Domain Admins", 512],
  ["Enterprise Admins", 519],
  ["Organization Management", 1105],
] as const;

export const LEGACY_ENTRIES: readonly LegacyEntry[] = [
  ...FOREST_ADMINS.map(([name, rid]) =>
    inherited(`{forest}\\${name}`, { rid }, ["FullAccess"], "NR4", false),
  ),
  inherited("NT AUTHORITY\\SYSTEM", { sid: "S-1-5-18" }, ["FullAccess"], "NR2"),
  inherited("NT AUTHORITY\\NETWORK SERVICE", { sid: "S-1-5-20" }, ["ReadPermission"], "NR2"),
  ...FOREST_ADMINS.map(([name, rid]) => inherited(`{forest}\\${name}`, { rid }, ALL, "NR4")),
  inherited("{forest}\\Public Folder Management", { rid: 1110 }, ["ReadPermission"], "NR5"),
  inherited("{forest}\\Exchange Servers", { rid: 1119 }, ["FullAccess", "ReadPermission"], "NR5"),
  inherited("{forest}\\Exchange Trusted Subsystem", { rid: 1120 }, ALL, "NR5"),
  inherited("{forest}\\Managed Availability Servers", { rid: 1131 }, ["ReadPermission"], "NR5"),
  inherited("PRDTSB01\\JitUsers", { rid: 1201 }, ["ReadPermission"], "NR6"),
  { rid: 1301, rights: ["ReadPermission"], allow: true, inherited: false, noise: "NR7" },
  { rid: 1302, rights: ["FullAccess", "ReadPermission"], allow: true, inherited: true, noise: "NR7" },
];

function inherited(
  name: string,
  id: { readonly sid: string } | { readonly rid: number },
  rights: readonly string[],
  noise: string,
  allow = true,
): LegacyEntry {
  return { name, ...id, rights, allow, inherited: true, noise };
}
