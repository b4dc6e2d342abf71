/** `Get-MobileDevice` and `Get-MobileDeviceStatistics`: device identities hold a `§` (exo-protocol.md 10.14). */
import type { WireRow } from "../cmdlet.ts";
import { type Device, devicesOf } from "../organisation/devices.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { Columns } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { rowsOf } from "./listing.ts";
import { aboutMailbox, objectsOf } from "./objects.ts";
import { Refusal, textOf } from "./parameters.ts";
import { date, flag, guid, int32, int64, none, text } from "./wire-values.ts";

export const getMobileDevice: Definition = {
  name: "Get-MobileDevice",
  roles: READERS,
  about: ["Mailbox"],
  parameters: [
    "Identity",
    "Mailbox",
    "ActiveSync",
    "Filter",
    "OrganizationalUnit",
    "OWAforDevices",
    "RestApi",
    "ResultSize",
    "SortBy",
    "UniversalOutlook",
  ],
  run(model, request) {
    if (textOf(request, "Mailbox") !== undefined)
      return rows(aboutMailbox(model, request, ["Mailbox"], ({ recipient }) => deviceRows(recipient)));
    const identity = textOf(request, "Identity") ?? "";
    if (identity !== "") return rows(rowsOf(namedDevice(model, identity)));
    return rows(
      objectsOf(model, request, {
        kinds: ["user"],
        columns: new Columns([]),
        rows: ({ recipient }) => deviceRows(recipient),
      }),
    );
  },
};

/** A device identity begins with its owner's name. */
function namedDevice(model: Model, identity: string): WireRow[] {
  const owner = identity.split("\\ExchangeActiveSyncDevices")[0] ?? "";
  const found = model.directory
    .find(owner)
    .flatMap(deviceRows)
    .filter((row) => row.some(([name, { value }]) => name === "Identity" && value === identity));
  if (found.length === 0) throw new Refusal({ kind: "not-found", subject: identity });
  return found;
}

function deviceRows(recipient: Recipient): WireRow[] {
  return devicesOf(recipient).map((device) => [
    ["FriendlyName", text(device.model)],
    ["DeviceId", text(device.id)],
    ["DeviceImei", text("")],
    ["DeviceOS", text(device.system)],
    ["DeviceType", text("Outlook")],
    ["DeviceModel", text(device.model)],
    ["DeviceUserAgent", text("Outlook-iOS-Android/1.0")],
    ["ClientType", text("Outlook")],
    ["DeviceAccessState", text(device.state)],
    ["DeviceAccessStateReason", text(device.reason)],
    ["FirstSyncTime", date(recipient.createdMs)],
    ["UserDisplayName", text(recipient.displayName)],
    ["WhenChanged", date(recipient.changedMs)],
    ["Guid", guid(device.guid)],
    ["Identity", text(device.identity)],
    ["Id", text(device.identity)],
    ["Name", text(device.name)],
    [
      "DistinguishedName",
      text(`CN=${device.name},CN=ExchangeActiveSyncDevices,${recipient.distinguishedName}`),
    ],
    ["IsValid", flag(true)],
    ["ObjectState", text("Unchanged")],
  ]);
}

export const getMobileDeviceStatistics: Definition = {
  name: "Get-MobileDeviceStatistics",
  roles: READERS,
  about: ["Mailbox", "Identity"],
  parameters: [
    "Identity",
    "Mailbox",
    "ActiveSync",
    "GetMailboxLog",
    "NotificationEmailAddresses",
    "OWAforDevices",
    "RestApi",
    "ShowRecoveryPassword",
    "UniversalOutlook",
    "UseCustomRouting",
  ],
  run: (model, request) =>
    rows(
      aboutMailbox(model, request, ["Mailbox", "Identity"], ({ recipient }) =>
        devicesOf(recipient).map((device) => statisticsRow(recipient, device)),
      ),
    ),
};

function statisticsRow(recipient: Recipient, device: Device): WireRow {
  return [
    ["FirstSyncTime", date(recipient.createdMs)],
    ["LastPolicyUpdateTime", date(recipient.changedMs)],
    ["LastSyncAttemptTime", date(recipient.changedMs)],
    ["LastSuccessSync", date(recipient.changedMs)],
    ["DeviceType", text("Outlook")],
    ["DeviceID", text(device.id)],
    ["DeviceUserAgent", text("Outlook-iOS-Android/1.0")],
    ["DeviceWipeSentTime", none()],
    ["DeviceWipeAckTime", none()],
    ["LastPingHeartbeat", int64(0n)],
    ["DeviceModel", text(device.model)],
    ["DeviceImei", text("")],
    ["DeviceFriendlyName", text(device.model)],
    ["DeviceOS", text(device.system)],
    ["DeviceOSLanguage", text("English")],
    ["IsRemoteWipeSupported", flag(true)],
    ["Status", text("DeviceOk")],
    ["StatusNote", text("")],
    ["DeviceAccessState", text(device.state)],
    ["DeviceAccessStateReason", text(device.reason)],
    ["DeviceAccessControlRule", none()],
    ["NumberOfFoldersSynced", int32(4)],
    ["ClientType", text("Outlook")],
    ["ClientVersion", text("4.0")],
    ["Guid", guid(device.guid)],
    ["Identity", text(device.identity)],
    ["IsValid", flag(true)],
    ["ObjectState", text("Unchanged")],
  ];
}
