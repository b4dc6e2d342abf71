import { expect, test } from "vitest";
import { RecordReader } from "../../src/imports/records.ts";
import { placesOf, recognise } from "../../src/imports/tools/recognise.ts";
import type { ToldLine } from "../../src/imports/tools/tool.ts";

const ERP = [
  "Grantor Primary SMTP",
  "Grantor Display Name",
  "Grantor Recipient Type",
  "Grantor Environment",
  "Folder",
  "Permission",
  "Allow/Deny",
  "Inherited",
  "InheritanceType",
  "Trustee Original Identity",
  "Trustee Primary SMTP",
  "Trustee Display Name",
  "Trustee Recipient Type",
  "Trustee Environment",
] as const;
const MICHEV = ["User", "User Sid", "Mailbox address", "Mailbox type", "Is soft-deleted", "Access Rights"];
const FASTTRACK = ["Mailbox", "User", "AccessRights"];

function headerOf(columns: readonly string[]) {
  const reader = new RecordReader();
  void [...reader.take(`${columns.map((name) => `"${name}"`).join(";")}\n`, true)];
  return reader.header;
}

/** What a tool's line with these cells tells. */
function told(columns: readonly string[], cells: Readonly<Record<string, string>>): ToldLine {
  const header = headerOf(columns);
  const tool = recognise(header, "a.csv", undefined);
  const places = header === undefined ? new Map<string, number>() : placesOf(header);
  return tool.read((name) => {
    const place = places.get(name.toLowerCase());
    return place === undefined ? "" : (cells[columns[place] ?? ""] ?? "");
  });
}

const erp = (cells: Readonly<Record<string, string>>): ToldLine =>
  told(ERP, {
    "Grantor Primary SMTP": "sales@x.example",
    "Grantor Recipient Type": "UserMailbox/SharedMailbox",
    Permission: "FullAccess",
    "Allow/Deny": "Allow",
    Inherited: "False",
    "Trustee Original Identity": "Anna A",
    "Trustee Primary SMTP": "anna@x.example",
    "Trustee Recipient Type": "UserMailbox/UserMailbox",
    ...cells,
  });
const michev = (cells: Readonly<Record<string, string>>): ToldLine =>
  told(MICHEV, {
    "Mailbox address": "sales@x.example",
    User: "anna@x.example",
    "Access Rights": "FullAccess",
    ...cells,
  });
const fasttrack = (cells: Readonly<Record<string, string>>): ToldLine =>
  told(FASTTRACK, {
    Mailbox: "sales@x.example",
    User: "anna@x.example",
    AccessRights: "Full Access",
    ...cells,
  });

test("whose file it is, its header says, in any order and letters", () => {
  const as = (columns: readonly string[]): string => {
    const { as, called } = recognise(headerOf(columns), "a.csv", undefined);
    return `${as}: ${called}`;
  };
  expect(as(ERP)).toBe("erp: Export-RecipientPermissions");
  expect(as(ERP.toReversed().map((name) => name.toUpperCase()))).toBe("erp: Export-RecipientPermissions");
  expect(as(MICHEV)).toBe("michev: Mailbox_Permissions_inventory");
  expect(as(["User", "Mailbox address", "Mailbox type", "Access Rights"])).toMatch(/^michev/);
  expect(as(["Recipient Address", "Recipient Type", "GrantSendOnBehalfTo", "Access Rights"])).toMatch(
    /SOB_V2$/,
  );
  expect(as(["User", "Recipient Address", "Recipient Type", "Access Rights"])).toMatch(/SOB$/);
  expect(as(FASTTRACK)).toBe("fasttrack: Find-MailboxDelegates");
});

test("a header nobody writes is refused with those that are expected, one of another tool with its name", () => {
  const refusal = (columns: readonly string[], as?: "erp" | "fasttrack") => () =>
    recognise(headerOf(columns), "a.csv", as);
  expect(refusal(["Name", "\u{202e}Mail"])).toThrow(
    expect.objectContaining({
      name: "ImportError",
      message: expect.stringContaining("line 1 has the columns Name, \\u{202e}Mail"),
      advice: expect.stringMatching(/Grantor Primary SMTP.*Mailbox address.*Mailbox, User, AccessRights/),
    }),
  );
  expect(refusal(MICHEV, "erp")).toThrow("which are those of Mailbox_Permissions_inventory (michev)");
  expect(refusal(["Mailbox address", "Mailbox type", "Folder identity", "User", "Permissions"])).toThrow(
    "it is about folders",
  );
  expect(() => recognise(undefined, "a.csv", undefined)).toThrow("it is empty");
});

test("erp: a right between two with addresses", () => {
  expect(erp({ "Grantor Display Name": "Sales" })).toEqual({
    is: "told",
    mailbox: { id: "", address: "sales@x.example", displayName: "Sales", type: "shared", softDeleted: false },
    grants: [
      {
        right: "FullAccess",
        rights: ["FullAccess"],
        raw: "FullAccess",
        allow: true,
        inherited: false,
        trustee: "Anna A",
        sid: "",
        address: "anna@x.example",
        displayName: "",
        type: "user",
        viaGroup: "",
      },
    ],
  });
  expect(erp({ "Allow/Deny": "Deny", Inherited: "True" })).toMatchObject({
    grants: [{ allow: false, inherited: true }],
  });
  expect(
    erp({ "Trustee Recipient Type": "MailUniversalSecurityGroup/MailUniversalSecurityGroup" }),
  ).toMatchObject({
    grants: [{ type: "group" }],
  });
});

test("erp: ids and SIDs, where it was told to export them", () => {
  const guid = "0B1E0C7C-6f0e-4a6b-9c8e-1f2d3a4b5c6d";
  const columns = [...ERP, "Grantor Exchange GUID", "Trustee SID"];
  const line = told(columns, {
    "Grantor Primary SMTP": "a@x",
    "Grantor Exchange GUID": `{${guid}}`,
    "Trustee SID": "S-1-5-21-1-2-3-4",
    "Trustee Original Identity": "b",
    Permission: "SendAs",
    "Allow/Deny": "Allow",
  });
  expect(line).toMatchObject({ mailbox: { id: guid.toLowerCase() }, grants: [{ sid: "S-1-5-21-1-2-3-4" }] });
});

test("erp: a member's right by a group names the group", () => {
  expect(erp({ "Trustee Original Identity": "Helpers     [MemberRecurse] Anna A" })).toMatchObject({
    grants: [{ trustee: "Anna A", viaGroup: "Helpers" }],
  });
});

test("erp: a grantor that grants nothing was read", () => {
  const nothing = {
    Permission: "",
    "Allow/Deny": "",
    Inherited: "",
    "Trustee Original Identity": "",
    "Trustee Primary SMTP": "",
  };
  expect(erp(nothing)).toMatchObject({ is: "told", grants: [] });
});

test("erp: what is no right on a mailbox is left out by its name", () => {
  expect(erp({ Folder: "/Calendar" })).toEqual({ is: "left", what: "rights on folders" });
  expect(erp({ Permission: "ManagedBy" })).toEqual({ is: "left", what: "ManagedBy" });
  expect(
    erp({ "Grantor Recipient Type": "MailUniversalDistributionGroup/MailUniversalDistributionGroup" }),
  ).toEqual({
    is: "left",
    what: "rights on groups, folders and others without a mailbox",
  });
  expect(
    erp({ "Grantor Primary SMTP": "Management Role Group", "Grantor Recipient Type": "ManagementRoleGoup" }),
  ).toMatchObject({
    is: "left",
  });
});

test.each([
  [{ "Grantor Primary SMTP": "sales" }, "an address in Grantor Primary SMTP"],
  [{ "Allow/Deny": "constructor" }, "Allow or Deny in Allow/Deny"],
  [{ Inherited: "maybe" }, "True or False in Inherited"],
  [{ "Trustee Original Identity": " ", "Trustee Primary SMTP": "" }, "somebody in Trustee Original Identity"],
  [{ Permission: "" }, "a right in Permission"],
])("erp: %j is bad: expected %s", (cells, expected) => {
  expect(erp(cells)).toMatchObject({ is: "bad", expected });
});

test("michev: several rights in a cell are several grants, and an unknown one is one", () => {
  expect(
    michev({ "Access Rights": "FullAccess,ReadPermission", "User Sid": "S-1-5-21-1-2-3-4" }),
  ).toMatchObject({
    is: "told",
    grants: [
      {
        right: "FullAccess",
        raw: "FullAccess,ReadPermission",
        sid: "S-1-5-21-1-2-3-4",
        address: "anna@x.example",
      },
      { right: "ReadPermission", rights: ["FullAccess", "ReadPermission"] },
    ],
  });
  expect(michev({ "Access Rights": "constructor", User: "CONTOSO\\anna" })).toMatchObject({
    grants: [{ right: "constructor", trustee: "CONTOSO\\anna", address: "" }],
  });
});

test("michev: a deleted mailbox is not the one that has its address now", () => {
  expect(michev({ "Is soft-deleted": "True" })).toMatchObject({ mailbox: { softDeleted: true } });
});

test("michev: SendOnBehalf by its other script, of mailboxes only", () => {
  const columns = ["Recipient Address", "Recipient Type", "GrantSendOnBehalfTo", "Access Rights"];
  const line = (type: string): ToldLine =>
    told(columns, {
      "Recipient Address": "a@x",
      "Recipient Type": type,
      GrantSendOnBehalfTo: "Anna A",
      "Access Rights": "Send on Behalf of",
    });
  expect(line("UserMailbox")).toMatchObject({ grants: [{ right: "SendOnBehalf", trustee: "Anna A" }] });
  expect(line("MailUniversalDistributionGroup")).toMatchObject({ is: "left" });
});

test.each([
  [{ "Mailbox address": "nobody" }, "an address in Mailbox address"],
  [{ User: "" }, "somebody in User"],
  [{ "Access Rights": " , " }, "rights in Access Rights"],
])("michev: %j is bad: expected %s", (cells, expected) => {
  expect(michev(cells)).toMatchObject({ is: "bad", expected });
});

test("fasttrack: its three words for rights, and None for a mailbox nobody holds anything on", () => {
  const right = (word: string): unknown => {
    const line = fasttrack({ AccessRights: word });
    return line.is === "told" ? line.grants.map((grant) => grant.right) : line;
  };
  expect(right("Full Access")).toEqual(["FullAccess"]);
  expect(right("Send As")).toEqual(["SendAs"]);
  expect(right("SendOnBehalfTo")).toEqual(["SendOnBehalf"]);
  expect(right("Calendar Folder")).toEqual({ is: "left", what: "rights on calendars" });
  expect(right("constructor")).toMatchObject({ is: "bad" });
  expect(fasttrack({ AccessRights: "FullAccess" })).toMatchObject({ grants: [{ right: "FullAccess" }] });
  expect(fasttrack({ User: "None", AccessRights: "None" })).toMatchObject({ is: "told", grants: [] });
  expect(fasttrack({ User: "None" })).toMatchObject({ is: "bad", expected: "an address in User" });
});
