/** The oddities of exo-protocol.md 11 that live in the data, each with a name to switch it by. */

/** Name of the switch, and the number of the quirk in exo-protocol.md 11. */
export const DATA_QUIRKS = {
  "no-op-warnings": 7,
  "comma-joined-rights": 34,
  "doubled-self": 35,
  "string-booleans": 36,
  "twin-identities": 37,
  "empty-identity-is-all": 38,
  "delegates-as-names": 39,
  "orphaned-sids": 40,
  "deny-entries": 41,
  "legacy-entries": 42,
  "big-rule-identity": 43,
  "stored-casing": 46,
  "absent-properties": 47,
  "localised-folders": 48,
  "enum-prefixes": 50,
  "page-size-zero": 51,
  "ambiguous-identity": 54,
  "wildcard-errors": 58,
  "soft-deleted-identities": 59,
  "dir-synced-refusals": 60,
  "hostile-names": 37,
  "renamed-recipients": 37,
} as const;

export type DataQuirk = keyof typeof DATA_QUIRKS;

/** Asked at every use, so a switch may be thrown while the emulator runs. */
export type QuirkSwitch = (quirk: DataQuirk) => boolean;
