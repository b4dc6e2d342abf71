/** `Get-` and `Set-CalendarProcessing`: what a mailbox does with meeting requests. No recorded row: names and defaults are the documented ones. */
import { resourceDelegateOf } from "../organisation/details.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { type Column, Columns } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { aboutMailbox } from "./objects.ts";
import {
  property,
  recipientList,
  type Setting,
  toFlag,
  toMember,
  toNumber,
  toReference,
} from "./settings.ts";
import { settingCmdlet } from "./setting-cmdlet.ts";
import { always, of } from "./shared-columns.ts";
import { flag, int32, none, text, texts } from "./wire-values.ts";

const isResource = ({ kind }: Recipient): boolean => kind === "room" || kind === "equipment";

const FLAGS: Readonly<Record<string, boolean>> = {
  AddAdditionalResponse: false,
  AddNewRequestsTentatively: true,
  AddOrganizerToSubject: true,
  AllBookInPolicy: true,
  AllRequestInPolicy: false,
  AllRequestOutOfPolicy: false,
  AllowConflicts: false,
  AllowRecurringMeetings: true,
  DeleteAttachments: true,
  DeleteComments: true,
  DeleteNonCalendarItems: true,
  DeleteSubject: true,
  EnableResponseDetails: true,
  EnforceCapacity: false,
  EnforceSchedulingHorizon: true,
  ForwardRequestsToDelegates: true,
  OrganizerInfo: true,
  ProcessExternalMeetingMessages: false,
  RemoveForwardedMeetingNotifications: false,
  RemoveOldMeetingMessages: true,
  RemovePrivateProperty: true,
  ScheduleOnlyDuringWorkHours: false,
  TentativePendingApproval: true,
};

const NUMBERS: Readonly<Record<string, number>> = {
  BookingWindowInDays: 180,
  ConflictPercentageAllowed: 0,
  MaximumConflictInstances: 0,
  MaximumDurationInMinutes: 1440,
};

const DELEGATES = "ResourceDelegates";
const LISTS = ["BookInPolicy", "RequestInPolicy", "RequestOutOfPolicy", DELEGATES];

export const CALENDAR_COLUMNS = new Columns([
  ["AutomateProcessing", of((recipient) => text(isResource(recipient) ? "AutoAccept" : "AutoUpdate"))],
  ...Object.entries(FLAGS).map(([name, value]): Column => [name, always(flag(value))]),
  ...Object.entries(NUMBERS).map(([name, value]): Column => [name, always(int32(value))]),
  ...LISTS.filter((name) => name !== DELEGATES).map((name): Column => [name, always(texts([]))]),
  [
    DELEGATES,
    of((recipient) => {
      const delegate = resourceDelegateOf(recipient);
      return texts(delegate === undefined ? [] : [recipient.sibling(delegate).name]);
    }),
  ],
  ["AdditionalResponse", always(none())],
  ["MailboxOwnerId", of((recipient) => text(recipient.name))],
  ["Identity", of((recipient) => text(recipient.identity))],
  ["IsValid", always(flag(true))],
  ["ObjectState", always(text("Unchanged"))],
]);

export const CALENDAR_SETTINGS: readonly Setting[] = [
  property(
    "AutomateProcessing",
    toMember({
      type: "Microsoft.Exchange.Data.Storage.CalendarProcessingFlags",
      members: ["None", "AutoUpdate", "AutoAccept"],
    }),
  ),
  ...Object.keys(FLAGS).map((name) => property(name, toFlag)),
  ...Object.keys(NUMBERS).map((name) => property(name, toNumber)),
  ...LISTS.map((name) => recipientList(name)),
  property("AdditionalResponse", toReference),
];

export const getCalendarProcessing: Definition = {
  name: "Get-CalendarProcessing",
  roles: READERS,
  parameters: ["Identity", "ReadFromDomainController", "ResultSize", "UseCustomRouting"],
  run: (model, request) =>
    rows(aboutMailbox(model, request, ["Identity"], (seen) => [CALENDAR_COLUMNS.row(seen, request.select)])),
};

export const setCalendarProcessing = settingCmdlet(
  "Set-CalendarProcessing",
  CALENDAR_SETTINGS,
  CALENDAR_COLUMNS,
  ["IgnoreDefaultScope"],
);
