import { expect, test } from "vitest";
import { accessOf as readAccess } from "../../../jobs/permission-audit/access.ts";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import type { Access, Row } from "../../../src/job/index.ts";

const ROW: Row = {
  MailboxId: "m1",
  Right: "FullAccess",
  Allow: true,
  Inherited: false,
  TrusteeRaw: "Anna@contoso.com",
  TrusteeSid: "S-1-5-21-1",
  TrusteeId: "AAAA",
  TrusteePrimarySmtp: "anna@contoso.com",
  TrusteeDisplayName: "Anna",
  TrusteeClass: "user",
  ViaGroup: null,
  GroupPath: null,
  ReadAtUtc: "2026-01-01T00:00:00.000Z",
};

function accessOf(row: Row): Access {
  const access = readAccess(row);
  if (access === undefined) throw new Error("The row tells of no access");
  return access;
}

test("somebody who comes in by a group is found by way of the group", () => {
  const person = { ...ROW, TrusteeClass: "group-member", ViaGroup: "All", GroupPath: "All" };
  expect(readAccess({ ...person, ViaGroupId: "id-all" })).toBeUndefined();
  // A file of another tool has the people of its groups, and nothing else of these.
  expect(readAccess(person)?.source).toEqual({ kind: "group", path: ["All"] });
});

test("a row tells who holds which right, for people and for look-ups", () => {
  expect(accessOf(ROW)).toEqual({
    holder: {
      id: "AAAA",
      sid: "S-1-5-21-1",
      text: "Anna@contoso.com",
      displayName: "Anna",
      address: "anna@contoso.com",
      type: "user",
    },
    right: "FullAccess",
    allow: true,
    inherited: false,
    source: { kind: "direct", path: [] },
    readAt: "2026-01-01T00:00:00.000Z",
  });
});

test("a denial is none that is allowed, and what is unknown is empty, not a name", () => {
  const orphan = {
    ...ROW,
    Allow: false,
    TrusteeId: "unknown",
    TrusteePrimarySmtp: "unknown",
    TrusteeDisplayName: "unknown",
  };
  expect(accessOf(orphan)).toMatchObject({
    allow: false,
    holder: { id: "", sid: "S-1-5-21-1", address: "", displayName: "Anna@contoso.com" },
  });
});

test("the service's own accounts and SELF lead nowhere, a mailbox's owner does", () => {
  const nobody = { id: "", sid: "", text: "" };
  const system = { ...ROW, TrusteeId: null, TrusteeSid: "S-1-5-18", TrusteeClass: "system" };
  expect(accessOf(system).holder).toMatchObject(nobody);
  expect(accessOf({ ...system, TrusteeSid: "S-1-5-10", TrusteeClass: "self" }).holder).toMatchObject(nobody);
  expect(accessOf({ ...ROW, TrusteeClass: "self" }).holder).toMatchObject({ id: "AAAA", sid: "S-1-5-21-1" });
});

test("a right says what it comes through: on behalf, or groups, of which `unknown` is none", () => {
  expect(accessOf({ ...ROW, Right: "SendOnBehalf" }).source).toEqual({ kind: "on-behalf", path: [] });
  expect(accessOf({ ...ROW, ViaGroup: "unknown", GroupPath: "unknown" }).source.kind).toBe("direct");
  expect(accessOf({ ...ROW, ViaGroup: "All", GroupPath: "All; Sales" }).source).toEqual({
    kind: "group",
    path: ["All", "Sales"],
  });
});

test("a run that was told to leave a right out does not seek it", () => {
  const params = permissionAudit.params.parse({ rights: "full-access,send-on-behalf" });
  const seeks = (Right: string): boolean | undefined =>
    permissionAudit.access?.seeks(params, accessOf({ ...ROW, Right }));
  expect(["FullAccess", "ReadPermission", "SendAs", "SendOnBehalf"].map(seeks)).toEqual([
    true,
    true,
    false,
    true,
  ]);
});
