/** The oddities that live in the data, each with a name to switch it by; what they show is told in the service's own table of quirks. */

export const DATA_QUIRKS = [
  "absent-properties",
  "ambiguous-identity",
  "big-rule-identity",
  "comma-joined-rights",
  "delegates-as-names",
  "deny-entries",
  "dir-synced-refusals",
  "doubled-self",
  "empty-identity-is-all",
  "enum-prefixes",
  "hostile-names",
  "legacy-entries",
  "localised-folders",
  "no-op-warnings",
  "orphaned-sids",
  "page-size-zero",
  "renamed-recipients",
  "soft-deleted-identities",
  "stored-casing",
  "string-booleans",
  "twin-identities",
  "wildcard-errors",
] as const;

export type DataQuirk = (typeof DATA_QUIRKS)[number];

/** Asked at every use, so a switch may be thrown while the emulator runs. */
export type QuirkSwitch = (quirk: DataQuirk) => boolean;
