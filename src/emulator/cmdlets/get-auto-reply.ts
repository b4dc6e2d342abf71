/** `Get-MailboxAutoReplyConfiguration` (exo-protocol.md 10.17). */
import { detail } from "../organisation/details.ts";
import { type Column, Columns } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { aboutMailbox } from "./objects.ts";
import { always, of } from "./shared-columns.ts";
import { date, flag, none, text, texts } from "./wire-values.ts";

const DAY_MS = 86_400_000;

const message = (state: string, audience: string): Column[1] =>
  of((recipient) => {
    const isSet = detail(recipient, "auto-reply") % 10 < 2;
    return text(
      isSet ? `<html><body>${state} <b>${recipient.displayName}</b> ${audience}</body></html>` : "",
    );
  });

export const AUTO_REPLY_COLUMNS = new Columns([
  ["AutoDeclineFutureRequestsWhenOOF", always(flag(false))],
  [
    "AutoReplyState",
    of((recipient) => text(["Enabled", "Scheduled"][detail(recipient, "auto-reply") % 10] ?? "Disabled")),
  ],
  ["CreateOOFEvent", always(flag(false))],
  ["DeclineAllEventsForScheduledOOF", always(flag(false))],
  ["DeclineEventsForScheduledOOF", always(flag(false))],
  ["DeclineMeetingMessage", always(text(""))],
  ["EndTime", of((recipient) => date(recipient.changedMs + 14 * DAY_MS))],
  ["EventsToDeleteIDs", always(none())],
  [
    "ExternalAudience",
    of((recipient) => text(["All", "Known", "None"][detail(recipient, "auto-reply", 1) % 3] ?? "All")),
  ],
  ["ExternalMessage", message("Away", "(extern)")],
  ["InternalMessage", message("Away", "(intern)")],
  ["OOFEventSubject", always(text(""))],
  ["StartTime", of((recipient) => date(recipient.changedMs))],
  ["Recipients", always(texts([]))],
  ["MailboxOwnerId", of((recipient) => text(recipient.name))],
  ["Identity", of((recipient) => text(recipient.identity))],
  ["IsValid", always(flag(true))],
  ["ObjectState", always(text("Unchanged"))],
]);

export const getMailboxAutoReplyConfiguration: Definition = {
  name: "Get-MailboxAutoReplyConfiguration",
  roles: READERS,
  parameters: ["Identity", "ResultSize", "UseCustomRouting"],
  run: (model, request) =>
    rows(
      aboutMailbox(model, request, ["Identity"], (seen) => [AUTO_REPLY_COLUMNS.row(seen, request.select)]),
    ),
};
