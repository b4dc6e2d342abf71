import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ExoError } from "../../src/exo/index.ts";
import { resourceOf } from "../../src/exo/resource.ts";
import { RESOURCES } from "../../src/exo/resource-table.ts";
import type { Parameters } from "../../src/job/index.ts";

const ANNA = "'YW5uYUBjb250b3NvLmNvbQ=='";
const GUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

function address(cmdlet: string, parameters: Parameters, select: readonly string[] = []): string {
  const resource = resourceOf(cmdlet, parameters, select);
  return `${resource?.path}${resource?.query}`;
}

function refusal(cmdlet: string, parameters: Parameters, select: readonly string[] = []): string {
  try {
    resourceOf(cmdlet, parameters, select);
  } catch (error) {
    if (error instanceof ExoError && error.kind === "refused-here") return error.message;
    throw error;
  }
  return "";
}

test("there are nine of them, and a cmdlet of the service with a like name is none", () => {
  expect(RESOURCES).toHaveLength(9);
  expect(resourceOf("Get-ExoPhishSimOverrideRule", {}, [])).toBeUndefined();
  expect(resourceOf("Get-Mailbox", {}, [])).toBeUndefined();
});

const Identity = "anna@contoso.com";

test.each<[string, Parameters, readonly string[], string]>([
  ["Get-EXOMailbox", {}, [], "Mailbox?PropertySet=Minimum"],
  ["get-exomailbox", { identity: Identity }, [], `Mailbox(${ANNA})?isEncoded=true&PropertySet=Minimum`],
  [
    "Get-EXOMailbox",
    { UserPrincipalName: Identity },
    ["Alias"],
    `Mailbox(${ANNA})?isEncoded=true&$select=Alias`,
  ],
  [
    "Get-EXOMailbox",
    { PropertySets: "quota, Hold", Properties: ["Office"], ResultSize: 5 },
    [],
    "Mailbox?PropertySet=Minimum,Quota,Hold&$select=Office&$top=5",
  ],
  ["Get-EXOMailbox", { PropertySets: "All", ResultSize: "Unlimited" }, [], "Mailbox?PropertySet=All"],
  [
    "Get-EXOMailbox",
    { RecipientTypeDetails: ["SharedMailbox", "RoomMailbox"], Archive: true, SoftDeletedMailbox: false },
    ["Guid"],
    "Mailbox?$select=Guid&Archive=true&RecipientTypeDetails=SharedMailbox,RoomMailbox",
  ],
  [
    "Get-EXOMailbox",
    { Filter: "RecipientTypeDetails -eq 'SharedMailbox' -and -not (Alias -like 'a*')", ResultSize: 5000 },
    ["Guid"],
    `Mailbox?$select=Guid&$filter=${encodeURIComponent("RecipientTypeDetails eq 'SharedMailbox' and not (Alias like 'a*')")}`,
  ],
  ["Get-EXOCasMailbox", { Anr: "ann" }, [], "CasMailbox?PropertySet=Minimum&Anr=ann"],
  ["Get-EXORecipient", { ResultSize: "7" }, [], "Recipient?PropertySet=Minimum&$top=7"],
  ["Get-EXOMailboxPermission", { Identity }, [], `Mailbox(${ANNA})/MailboxPermission?isEncoded=true`],
  [
    "Get-EXORecipientPermission",
    { Identity },
    [],
    `Recipient(${ANNA})?$expand=RecipientPermission&isEncoded=true`,
  ],
  ["Get-EXORecipientPermission", {}, [], "Recipient?$expand=RecipientPermission"],
  [
    "Get-EXOMailboxStatistics",
    { Identity },
    [],
    `Mailbox(${ANNA})/Exchange.GetMailboxStatistics()?isEncoded=true`,
  ],
  [
    "Get-EXOMailboxStatistics",
    { ExchangeGuid: GUID, DatabaseGuid: GUID },
    [],
    `Mailbox/Exchange.GetMailboxStatisticsV2(mailboxGuid=${GUID},databaseGuid=${GUID})`,
  ],
  [
    "Get-EXOMailboxFolderStatistics",
    { Identity, FolderScope: "calendar" },
    [],
    `Mailbox(${ANNA})/MailboxFolder/Exchange.GetMailboxFolderStatistics(folderscope=Exchange.ElcFolderType'Calendar')?isEncoded=true`,
  ],
  [
    "Get-EXOMailboxFolderPermission",
    { Identity: `${Identity}:\\Kalender` },
    [],
    `Mailbox(${ANNA})/MailboxFolder('XEthbGVuZGVy')/MailboxFolderPermission?IsUsingMailboxFolderId=true&isEncoded=true`,
  ],
  [
    "Get-EXOMobileDeviceStatistics",
    { Mailbox: Identity, UseCustomRouting: true },
    [],
    `Mailbox(${ANNA})/MobileDevice/Exchange.GetMobileDeviceStatistics()?isEncoded=true`,
  ],
])("%s %j selecting %j is read at its address", (cmdlet, parameters, select, wanted) => {
  expect(address(cmdlet, parameters, select)).toBe(wanted);
});

test.each<[string, Parameters, string]>([
  ["Get-EXOMailbox", { SortBy: "Name" }, 'it has no parameter "SortBy"; it takes Identity, '],
  [
    "Get-EXOMailboxPermission",
    { Identity, User: "bo" },
    'it has no parameter "User"; it takes Identity, External',
  ],
  ["Get-EXOMailboxPermission", {}, "it needs one of Identity, ExternalDirectoryObjectId, "],
  ["Get-EXOMailboxPermission", { Identity: "" }, "Identity is empty, which would mean every object"],
  ["Get-EXOMailboxPermission", { Identity: "\u200b" }, "Identity is empty"],
  ["Get-EXOMailboxPermission", { Identity: "*" }, "Identity holds a wildcard"],
  ["Get-EXOMailbox", { Identity: null }, "Identity is empty"],
  ["Get-EXOMailbox", { Identity: ["a", "b"] }, "identity is not a text"],
  ["Get-EXOMailbox", { Identity, UserPrincipalName: Identity }, "name the same thing twice"],
  ["Get-EXOMailbox", { Identity, identity: Identity }, "identity is given twice"],
  ["Get-EXOMailbox", { Identity, Anr: "anna" }, "Anr searches, and Identity names one"],
  ["Get-EXOMailbox", { Anr: "an" }, "Anr needs three characters or more"],
  [
    "Get-EXOMailbox",
    { PropertySets: "Quota,Kwota" },
    'it has no property set "Kwota"; there are All, Minimum, ',
  ],
  ["Get-EXOMailbox", { Properties: "Name&$top=1" }, "a name in Properties is no property name"],
  ["Get-EXOMailbox", { Archive: "yes" }, "Archive is true or false"],
  ["Get-EXOMailbox", { RecipientTypeDetails: "Shared&x=1" }, "a value of RecipientTypeDetails is no word"],
  ["Get-EXOMailbox", { ResultSize: 0 }, "ResultSize is a whole number from 1 on, or Unlimited"],
  ["Get-EXOMailboxPermission", { Identity, ResultSize: "many" }, "ResultSize is a whole number"],
  ["Get-EXOMailbox", { Filter: "Alias -match 'a'" }, '"-match" is no operator here; use and, or, '],
  ["Get-EXOMailbox", { Filter: "Alias -eq 'a" }, "a quotation mark in the filter is not closed"],
  ["Get-EXOMailbox", { Filter: "Alias -like 'a*b*c'" }, "a wildcard may stand at the beginning and the end"],
  ["Get-EXOMailboxStatistics", { ExchangeGuid: GUID }, "ExchangeGuid and DatabaseGuid go together"],
  ["Get-EXOMailboxStatistics", { ExchangeGuid: "x)", DatabaseGuid: GUID }, "and both are GUIDs"],
  ["Get-EXOMailboxFolderStatistics", { Identity, FolderScope: "Mine')" }, "FolderScope is one of Calendar, "],
  ["Get-EXOMailboxFolderPermission", { Identity: ":\\Calendar" }, "Identity is empty"],
])("%s %j is refused before anything is sent", (cmdlet, parameters, why) => {
  expect(refusal(cmdlet, parameters)).toContain(why);
});

test("quoted text in a filter is never changed", () => {
  const sent = address("Get-EXOMailbox", {
    Filter: "DisplayName -eq 'A -eq ''B'' $true' -or IsLinked -eq $true",
  });
  expect(decodeURIComponent(sent)).toBe(
    "Mailbox?PropertySet=Minimum&$filter=DisplayName eq 'A -eq ''B'' $true' or IsLinked eq true",
  );
});

test("whatever the identity holds, the address keeps its form and the identity can be read from it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), (identity) => {
      if (refusal("Get-EXOMailboxPermission", { Identity: identity }) !== "") return;
      const url = new URL(
        `https://exchange.example/t/${address("Get-EXOMailboxPermission", { Identity: identity })}`,
      );
      const [, key = ""] = /^\/t\/Mailbox\('([\w%=]+)'\)\/MailboxPermission$/.exec(url.pathname) ?? [];
      expect(Buffer.from(decodeURIComponent(key), "base64").toString("utf8")).toBe(identity);
      expect(url.search).toBe("?isEncoded=true");
    }),
  );
});

test("rights of one holder become rows of the plain cmdlet's form", () => {
  const { unfold } = resourceOf("Get-EXOMailboxPermission", { Identity }, []) ?? {};
  const list = [
    { AccessRights: ["FullAccess"], Deny: false, IsInherited: false, InheritanceType: "All" },
    { AccessRights: ["ReadPermission"], Deny: true, IsInherited: false, InheritanceType: "All" },
  ];
  expect(unfold?.({ MailboxIdentity: "anna", User: "bo", IsOwner: false, PermissionList: list })).toEqual([
    { Identity: "anna", User: "bo", IsOwner: false, ...list[0] },
    { Identity: "anna", User: "bo", IsOwner: false, ...list[1] },
  ]);
  expect(unfold?.({ User: "bo", PermissionList: "odd" })).toEqual([{ User: "bo", PermissionList: "odd" }]);
});

test("statistics know no property sets on the wire: what is not wanted is left out here", () => {
  const row = { ItemCount: 3, DisplayName: "Anna", ServerName: "am9", LastLogonTime: "" };
  const shown = (parameters: Parameters, select: readonly string[] = []): readonly string[] => {
    const { unfold } = resourceOf("Get-EXOMailboxStatistics", { Identity, ...parameters }, select) ?? {};
    return Object.keys(unfold?.(row)[0] ?? {});
  };
  expect(shown({})).toEqual(Object.keys(row));
  expect(shown({ PropertySets: "All" })).toEqual(Object.keys(row));
  expect(shown({ PropertySets: "Minimum", Properties: "ServerName" })).toEqual([
    "ItemCount",
    "DisplayName",
    "ServerName",
  ]);
  expect(shown({}, ["itemcount"])).toEqual(["ItemCount"]);
});

test("a recipient without the permissions that were asked for is no answer, and not: nobody holds any", () => {
  const { unfold } = resourceOf("Get-EXORecipientPermission", { Identity }, []) ?? {};
  const held = { Trustee: "bo", AccessRights: ["SendAs"] };
  expect(unfold?.({ Identity: "anna", RecipientPermission: [held] })).toEqual([
    { Identity: "anna", ...held },
  ]);
  expect(unfold?.({ Identity: "anna", RecipientPermission: [] })).toEqual([]);
  expect(() => unfold?.({ Identity: "anna" })).toThrow("it lacks the permissions that were asked for");
});
