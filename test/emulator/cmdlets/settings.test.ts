import { beforeEach, describe, expect, test } from "vitest";
import { type Asked, type PlainRow, type Tenant, tenant } from "../organisation/tenant.ts";

let contoso: Tenant;
let Identity: string;
let room: string;

beforeEach(() => {
  contoso = tenant();
  Identity = [...contoso.organisation.targets()][9] ?? "";
  const rooms = contoso.ask("Get-Mailbox", { RecipientTypeDetails: "RoomMailbox" }).rows;
  room = String(rooms[0]?.["ExchangeGuid"]);
});

const get = (noun: string, of = Identity): PlainRow =>
  contoso.ask(`Get-${noun}`, { Identity: of }).rows[0] ?? {};
const set = (noun: string, parameters: object, of = Identity): Asked =>
  contoso.ask(`Set-${noun}`, { Identity: of, ...parameters });

describe.each([
  ["CASMailbox", { OWAEnabled: false }],
  [
    "MailboxAutoReplyConfiguration",
    {
      AutoReplyState: "Enabled",
      ExternalAudience: "Known",
      InternalMessage: "<b>§</b>",
      CreateOOFEvent: true,
    },
  ],
  [
    "CalendarProcessing",
    {
      AutomateProcessing: "None",
      BookingWindowInDays: 30,
      AllowConflicts: true,
      AdditionalResponse: "Hello",
    },
  ],
  [
    "MailboxRegionalConfiguration",
    { Language: "pt-BR", DateFormat: "yyyy-MM-dd", TimeZone: "Tokyo Standard Time" },
  ],
  ["MailboxAuditBypassAssociation", { AuditBypassEnabled: true }],
])("Set-%s", (noun, parameters) => {
  test("sets what it is given and nothing else, and says when nothing changed", () => {
    const before = get(noun);
    expect(set(noun, parameters)).toMatchObject({ warnings: [], failure: undefined });
    expect(get(noun)).toEqual({ ...before, ...parameters });
    expect(set(noun, parameters).warnings[0]).toMatch(/have been modified\.$/);
  });
});

test("auto-replies have moments, with a zone or in UTC", () => {
  const noun = "MailboxAutoReplyConfiguration";
  const times = {
    AutoReplyState: "Scheduled",
    StartTime: "2026-08-11 00:00",
    EndTime: "2026-08-21T10:00:00.0000000+02:00",
  };
  set(noun, times);
  expect(get(noun)).toMatchObject({
    StartTime: new Date("2026-08-11T00:00:00Z"),
    EndTime: new Date("2026-08-21T08:00:00Z"),
  });
  expect(set(noun, times).warnings).toHaveLength(1);
});

test("a room names its delegates, by whatever they are called", () => {
  expect(get("CalendarProcessing", room)["AutomateProcessing"]).toBe("AutoAccept");
  const { Name, UserPrincipalName } = get("Mailbox");
  set("CalendarProcessing", { ResourceDelegates: { add: UserPrincipalName } }, room);
  expect(get("CalendarProcessing", room)["ResourceDelegates"]).toEqual([Name]);
  set("CalendarProcessing", { ResourceDelegates: { remove: Identity } }, room);
  expect(get("CalendarProcessing", room)["ResourceDelegates"]).toEqual([]);
});

test.each([
  ["MailboxAutoReplyConfiguration", { AutoReplyState: "Sometimes" }, "bad-enum"],
  ["MailboxAutoReplyConfiguration", { StartTime: "soon" }, "validation"],
  ["CalendarProcessing", { BookingWindowInDays: "many" }, "validation"],
  ["CalendarProcessing", { BookInPolicy: ["nobody"] }, "argument-not-found"],
  ["MailboxRegionalConfiguration", { Language: "not a culture" }, "validation"],
  ["MailboxAuditBypassAssociation", { AuditBypassEnabled: "maybe" }, "validation"],
])("Set-%s refuses %j", (noun, parameters, kind) => {
  expect(set(noun, parameters).failure?.kind).toBe(kind);
});

test("Start-ManagedFolderAssistant runs each time it is told to, and leaves nothing to read", () => {
  const start = (): Asked => contoso.ask("Start-ManagedFolderAssistant", { Identity, FullCrawl: true });
  const runs = (): unknown => contoso.organisation.factsAbout(Identity)[0]?.runs;
  const before = contoso.organisation.changes;
  expect([start(), runs()]).toEqual([
    { rows: [], warnings: [], errors: [], failure: undefined },
    { "Start-ManagedFolderAssistant": 1 },
  ]);
  start();
  expect([runs(), contoso.organisation.changes - before]).toEqual([{ "Start-ManagedFolderAssistant": 2 }, 2]);
});
