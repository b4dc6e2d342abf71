/** `Set-Mailbox` (exo-protocol.md 10.12). */
import type { WireValue } from "../cmdlet.ts";
import type { Delegate } from "../organisation/delegates.ts";
import type { Model } from "../organisation/model.ts";
import { setAddresses } from "./email-addresses.ts";
import { MAILBOX_COLUMNS } from "./mailbox-columns.ts";
import { type ListKind, updated } from "./multi-valued.ts";
import { oneObject } from "./objects.ts";
import { Refusal, asText } from "./parameters.ts";
import {
  type Before,
  type Setting,
  property,
  setting,
  toFlag,
  toQuota,
  toReference,
  toText,
} from "./settings.ts";
import { settingCmdlet } from "./setting-cmdlet.ts";
import { flag, none, text } from "./wire-values.ts";

const TYPES: Readonly<Record<string, { readonly details: string; readonly resource: string | null }>> = {
  regular: { details: "UserMailbox", resource: null },
  shared: { details: "SharedMailbox", resource: null },
  room: { details: "RoomMailbox", resource: "Room" },
  equipment: { details: "EquipmentMailbox", resource: "Equipment" },
};

const setDelegates: Setting = {
  parameter: "GrantSendOnBehalfTo",
  isMastered: true,
  change(value, { model, seen }) {
    const delegates = updated(seen.state.delegates, value, delegateList(model));
    return (state) => ({ ...state, delegates });
  },
};

const setType: Setting = {
  parameter: "Type",
  change(value) {
    const type = TYPES[asText(value).toLowerCase()];
    if (type === undefined)
      throw new Refusal({
        kind: "bad-enum",
        subject: "Type",
        enumeration: {
          value: asText(value),
          type: "Microsoft.Exchange.Management.RecipientTasks.ConvertibleMailboxSubType",
          members: ["Equipment", "Regular", "Room", "Shared"],
        },
      });
    const changes = [
      setting("RecipientTypeDetails", text(type.details)),
      setting("IsShared", flag(type.details === "SharedMailbox")),
      setting("IsResource", flag(type.resource !== null)),
      setting("ResourceType", text(type.resource)),
    ];
    return (state) => changes.reduce((changed, change) => change(changed), state);
  },
};

export const MAILBOX_SETTINGS: readonly Setting[] = [
  setDelegates,
  setType,
  setAddresses,
  property("AuditEnabled", toFlag),
  ...Array.from({ length: 15 }, (_, nth) => property(`CustomAttribute${nth + 1}`, toText, true)),
  property("DeliverToMailboxAndForward", toFlag),
  property("ForwardingAddress", toRecipientName, true),
  property("ForwardingSmtpAddress", toForwardingAddress),
  property("HiddenFromAddressListsEnabled", toFlag, true),
  property("IssueWarningQuota", toQuota),
  property("LitigationHoldDuration", toText),
  property("LitigationHoldEnabled", toFlag),
  property("MaxReceiveSize", toQuota),
  property("MaxSendSize", toQuota),
  property("MessageCopyForSendOnBehalfEnabled", toFlag),
  property("MessageCopyForSentAsEnabled", toFlag),
  property("Office", toText, true),
  property("ProhibitSendQuota", toQuota),
  property("ProhibitSendReceiveQuota", toQuota),
  property("RetainDeletedItemsFor", toText),
  property("RetentionHoldEnabled", toFlag),
  property("RetentionPolicy", toReference),
  property("SingleItemRecoveryEnabled", toFlag),
];

export const setMailbox = settingCmdlet("Set-Mailbox", MAILBOX_SETTINGS, MAILBOX_COLUMNS, [
  "Force",
  "GroupMailbox",
]);

/** Delegates are the same when they are the same object, whatever words they were written down in. */
function delegateList(model: Model): ListKind<Delegate> {
  const named = (identity: string): Delegate => {
    const delegate = oneObject(model, identity, ({ isRecipient }) => isRecipient, "argument-not-found");
    return { index: delegate.index, words: delegate.name };
  };
  return {
    parameter: "GrantSendOnBehalfTo",
    parse: named,
    isSame: (one, other) => (one.index === undefined ? one.words === other.words : one.index === other.index),
    meant(identity, list) {
      const byWords = list.filter(({ words }) => words.toLowerCase() === identity.toLowerCase());
      if (byWords.length > 0) return byWords;
      const { index } = named(identity);
      return list.filter((delegate) => delegate.index === index);
    },
  };
}

function toRecipientName(value: unknown, _parameter: string, { model }: Before): WireValue {
  const identity = asText(value);
  if (identity === "") return none();
  return text(oneObject(model, identity, ({ isRecipient }) => isRecipient, "argument-not-found").name);
}

function toForwardingAddress(value: unknown, parameter: string): WireValue {
  const address = asText(value).replace(/^smtp:/i, "");
  if (address === "") return none();
  if (/^[^\s@]+@[^\s@]+$/.test(address)) return text(`smtp:${address}`);
  throw new Refusal({
    kind: "validation",
    subject: parameter,
    detail: `Cannot process argument transformation on parameter '${parameter}'. The address "${address}" isn't a valid SMTP address.`,
  });
}
