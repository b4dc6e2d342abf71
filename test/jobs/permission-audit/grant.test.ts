import { expect, test } from "vitest";
import { fullAccessGrants, sendAsGrants, sendOnBehalfGrants } from "../../../jobs/permission-audit/grant.ts";
import { type CmdletReply, type ExoRow, UnusableReply } from "../../../src/job/index.ts";

function reply(...rows: readonly ExoRow[]): CmdletReply {
  return { rows, warnings: [], errors: [], requestId: "request-9", sentAtMs: 5, answeredAtMs: 9 };
}

const ENTRY = { User: "anna@contoso.com", UserSid: "S-1-5-21-1-2-3-4", AccessRights: ["FullAccess"] };

test("rights joined by commas become a grant each, and remember their entry", () => {
  const grants = fullAccessGrants(
    reply({ ...ENTRY, AccessRights: ["FullAccess, ReadPermission", "DeleteItem"] }),
  );
  expect(grants.map(({ right }) => right)).toEqual(["FullAccess", "ReadPermission", "DeleteItem"]);
  expect(new Set(grants.map(({ raw }) => raw))).toEqual(new Set(["FullAccess, ReadPermission; DeleteItem"]));
  expect(grants[0]?.rights).toEqual(["FullAccess", "ReadPermission", "DeleteItem"]);
});

test.each([
  [true, false],
  ["True", false],
  [false, true],
  ["False", true],
  [null, true],
  [undefined, true],
  ["", true],
])("Deny %j means allowed: %j", (deny, allow) => {
  const row: ExoRow = deny === undefined ? ENTRY : { ...ENTRY, Deny: deny };
  expect(fullAccessGrants(reply(row))[0]?.allow).toBe(allow);
});

test.each([
  ["Deny that is neither true nor false", { ...ENTRY, Deny: "perhaps" }],
  ["IsInherited that is neither true nor false", { ...ENTRY, IsInherited: 2 }],
  ["no trustee", { AccessRights: ["FullAccess"] }],
])("an entry with %s makes the answer unusable, with its request id", (_what, row) => {
  expect(() => fullAccessGrants(reply(row))).toThrow(
    expect.objectContaining({ name: "UnusableReply", requestId: "request-9" }),
  );
});

test("an entry without rights is shown, as unknown", () => {
  expect(fullAccessGrants(reply({ ...ENTRY, AccessRights: [] })).map(({ right }) => right)).toEqual([
    "unknown",
  ]);
});

test("a SID in place of a name is taken for the SID too", () => {
  const [grant] = fullAccessGrants(reply({ User: "S-1-5-21-1-2-3-4", AccessRights: ["FullAccess"] }));
  expect(grant).toMatchObject({ trustee: "S-1-5-21-1-2-3-4", sid: "S-1-5-21-1-2-3-4" });
});

test.each([
  ["Allow", true],
  ["deny", false],
  [undefined, true],
])("AccessControlType %j means allowed: %j", (control, allow) => {
  const row: ExoRow = {
    Trustee: "anna",
    AccessRights: ["SendAs"],
    ...(control && { AccessControlType: control }),
  };
  expect(sendAsGrants(row, reply())).toMatchObject([
    { right: "SendAs", allow, inherited: false, readAtMs: 5 },
  ]);
});

test("an AccessControlType nobody has told us about makes the answer unusable", () => {
  const row = { Trustee: "anna", AccessRights: ["SendAs"], AccessControlType: "Audit" };
  expect(() => sendAsGrants(row, reply())).toThrow(UnusableReply);
});

test.each([
  [
    ["Anna Berg", "Berg, Bo"],
    ["Anna Berg", "Berg, Bo"],
  ],
  ["Anna Berg", ["Anna Berg"]],
  [[], []],
  [null, []],
  [[" "], []],
])("GrantSendOnBehalfTo %j names %j, commas and all", (value, delegates) => {
  const grants = sendOnBehalfGrants({ GrantSendOnBehalfTo: value }, reply());
  expect(grants.map(({ trustee }) => trustee)).toEqual(delegates);
});
