/** `Set-CASMailbox` (exo-protocol.md 10.11). */
import { CAS_COLUMNS } from "./cas-mailbox.ts";
import { settingCmdlet } from "./setting-cmdlet.ts";
import { type Setting, listProperty, property, toFlag, toNullableFlag, toReference } from "./settings.ts";

export const CAS_SETTINGS: readonly Setting[] = [
  listProperty("ActiveSyncAllowedDeviceIDs"),
  listProperty("ActiveSyncBlockedDeviceIDs"),
  ...[
    "ActiveSyncEnabled",
    "ECPEnabled",
    "ImapEnabled",
    "MacOutlookEnabled",
    "MAPIEnabled",
    "OneWinNativeOutlookEnabled",
    "OutlookMobileEnabled",
    "OWAEnabled",
    "OWAforDevicesEnabled",
    "PopEnabled",
    "UniversalOutlookEnabled",
  ].map((name) => property(name, toFlag)),
  property("EwsEnabled", toNullableFlag),
  property("MapiHttpEnabled", toNullableFlag),
  property("SmtpClientAuthenticationDisabled", toNullableFlag),
  property("ActiveSyncMailboxPolicy", toReference),
  property("OwaMailboxPolicy", toReference),
];

export const setCasMailbox = settingCmdlet("Set-CASMailbox", CAS_SETTINGS, CAS_COLUMNS);
