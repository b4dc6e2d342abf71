/** `Set-MailboxAutoReplyConfiguration` (exo-protocol.md 10.17). */
import { AUTO_REPLY_COLUMNS } from "./get-auto-reply.ts";
import { listProperty, property, type Setting, toDate, toFlag, toMember, toText } from "./settings.ts";
import { settingCmdlet } from "./setting-cmdlet.ts";

export const AUTO_REPLY_SETTINGS: readonly Setting[] = [
  property(
    "AutoReplyState",
    toMember({
      type: "Microsoft.Exchange.InfoWorker.Common.OOF.OofState",
      members: ["Disabled", "Enabled", "Scheduled"],
    }),
  ),
  property(
    "ExternalAudience",
    toMember({
      type: "Microsoft.Exchange.InfoWorker.Common.OOF.ExternalAudience",
      members: ["None", "Known", "All"],
    }),
  ),
  property("StartTime", toDate),
  property("EndTime", toDate),
  property("InternalMessage", toText),
  property("ExternalMessage", toText),
  property("DeclineMeetingMessage", toText),
  property("OOFEventSubject", toText),
  ...[
    "AutoDeclineFutureRequestsWhenOOF",
    "CreateOOFEvent",
    "DeclineAllEventsForScheduledOOF",
    "DeclineEventsForScheduledOOF",
  ].map((name) => property(name, toFlag)),
  listProperty("EventsToDeleteIDs"),
];

export const setMailboxAutoReplyConfiguration = settingCmdlet(
  "Set-MailboxAutoReplyConfiguration",
  AUTO_REPLY_SETTINGS,
  AUTO_REPLY_COLUMNS,
  ["IgnoreDefaultScope"],
);
