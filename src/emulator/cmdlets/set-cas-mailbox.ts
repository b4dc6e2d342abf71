/** `Set-CASMailbox` (exo-protocol.md 10.11). */
import { CAS_COLUMNS } from "./cas-mailbox.ts";
import { type Definition, MANAGERS } from "./define.ts";
import { textList, updated } from "./multi-valued.ts";
import { oneObject } from "./objects.ts";
import { textOf } from "./parameters.ts";
import {
  type Setting,
  applySettings,
  property,
  setting,
  toFlag,
  toNullableFlag,
  toReference,
} from "./settings.ts";
import { texts } from "./wire-values.ts";

const SETTINGS: readonly Setting[] = [
  list("ActiveSyncAllowedDeviceIDs"),
  list("ActiveSyncBlockedDeviceIDs"),
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

export const setCasMailbox: Definition = {
  name: "Set-CASMailbox",
  roles: MANAGERS,
  writes: true,
  parameters: ["Identity", ...SETTINGS.map(({ parameter }) => parameter)],
  run(model, request) {
    const mailbox = oneObject(
      model,
      textOf(request, "Identity"),
      ({ hasMailbox, kind }) => hasMailbox && kind !== "soft-deleted" && kind !== "system",
    );
    return applySettings(model, request, mailbox, SETTINGS, CAS_COLUMNS);
  },
};

function list(parameter: string): Setting {
  return {
    parameter,
    change(value, { seen, columns }) {
      const before = columns.value(seen, parameter);
      const after = updated(before?.type === "strings" ? before.value : [], value, textList(parameter));
      return setting(parameter, texts(after));
    },
  };
}
