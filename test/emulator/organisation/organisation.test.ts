import { assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { listOf, tenant, textOf } from "./tenant.ts";

test("the same options make the same tenant, to the last property", () => {
  const [one, other] = [tenant({ mailboxes: 60, seed: 5 }), tenant({ mailboxes: 60, seed: 5 })];
  for (const { name, writes } of one.organisation.cmdlets.values()) {
    if (writes) continue;
    expect({ name, ...other.ask(name, { Identity: "" }) }).toEqual({
      name,
      ...one.ask(name, { Identity: "" }),
    });
  }
  expect([...other.organisation.truth()]).toEqual([...one.organisation.truth()]);
  expect([...tenant({ mailboxes: 60, seed: 6 }).organisation.truth()]).not.toEqual([
    ...one.organisation.truth(),
  ]);
});

test("tenants of any size and seed have a truth and answer every listing", () => {
  assert(
    property(integer({ min: 1, max: 40 }), integer(), (mailboxes, seed) => {
      const contoso = tenant({ mailboxes, seed });
      const facts = [...contoso.organisation.truth()];
      expect(new Set(facts.map(({ mailboxGuid }) => mailboxGuid)).size).toBe(mailboxes);
      for (const name of ["Get-Mailbox", "Get-Recipient", "Get-User", "Get-Group", "Get-RecipientPermission"])
        expect(contoso.ask(name).rows.length).toBeGreaterThan(0);
    }),
    { numRuns: 40 },
  );
});

test("a size that is no size is refused with what to give", () => {
  expect(() => tenant({ mailboxes: 0 })).toThrow(
    "Cannot make an organisation of 0 mailboxes: give 1 to 1000000",
  );
  expect(() => tenant({ mailboxes: 1_000_001 })).toThrow("give 1 to 1000000");
  expect(() => tenant({ mailboxes: 2.5 })).toThrow("2.5");
});

test("mailboxes are mixed as in a real tenant", () => {
  const rows = tenant({ mailboxes: 5000 }).ask(
    "Get-Mailbox",
    {},
    { select: ["RecipientTypeDetails", "Name"] },
  ).rows;
  const count = (type: string): number => rows.filter((row) => row["RecipientTypeDetails"] === type).length;
  expect(count("SharedMailbox") / 5000).toBeCloseTo(0.1, 1);
  expect(count("RoomMailbox") / 5000).toBeCloseTo(0.04, 1);
  expect(count("EquipmentMailbox") / 5000).toBeCloseTo(0.02, 1);
  expect([count("SchedulingMailbox"), count("DiscoveryMailbox"), count("GroupMailbox")]).toEqual([10, 1, 0]);
  const ids = rows.filter((row) => /^[0-9a-f]{8}-/.test(textOf(row["Name"])));
  expect(ids.length / rows.length).toBeCloseTo(0.5, 1);
});

test("groups, deleted and inactive mailboxes are listed only where they are asked for", () => {
  const contoso = tenant({ mailboxes: 400 });
  const types = (parameters: object): Set<string> =>
    new Set(
      contoso.ask("Get-Mailbox", { ...parameters }).rows.map((row) => textOf(row["RecipientTypeDetails"])),
    );
  expect(types({ GroupMailbox: true })).toEqual(new Set(["GroupMailbox"]));
  expect(types({})).not.toContain("GroupMailbox");
  const plain = contoso.ask("Get-Mailbox").rows.length;
  expect(contoso.ask("Get-Mailbox", { IncludeInactiveMailbox: true }).rows.length).toBeGreaterThan(plain);
  const deleted = contoso.ask("Get-Mailbox", { SoftDeletedMailbox: true }).rows;
  // Those on hold, which are called inactive, are deleted ones, too.
  expect(deleted.length).toBe(10);
  expect(deleted.every((row) => textOf(row["Identity"]).startsWith("Soft Deleted Objects\\"))).toBe(true);
  const [first] = deleted;
  expect(contoso.ask("Get-Mailbox", { Identity: first?.["Guid"] }).failure?.kind).toBe("not-found");
  expect(
    contoso.ask("Get-Mailbox", { Identity: first?.["Identity"], SoftDeletedMailbox: true }).rows,
  ).toEqual([first]);
});

test("guests, disabled and synchronised accounts are told by Get-User", () => {
  const rows = tenant({ mailboxes: 2000 }).ask("Get-User").rows;
  expect(
    rows
      .filter((row) => row["UserType"] === "Guest")
      .every((row) => row["RecipientTypeDetails"] === "GuestMailUser"),
  ).toBe(true);
  const users = rows.filter((row) => row["RecipientTypeDetails"] === "UserMailbox");
  const share = (name: string): number => users.filter((row) => row[name] === true).length / users.length;
  expect(share("AccountDisabled")).toBeGreaterThan(0.01);
  expect(share("AccountDisabled")).toBeLessThan(0.06);
  expect(share("IsDirSynced")).toBeGreaterThan(0.04);
  expect(new Set(rows.map((row) => row["Sid"])).size).toBe(rows.length);
});

test("a row of Get-Mailbox is as rich as the service's, in its order, with its types", () => {
  const { organisation, answer } = tenant();
  const [guid = ""] = organisation.targets();
  const given = answer("Get-Mailbox", { Identity: guid });
  const row = given.kind === "rows" ? (given.source.read(undefined, 1).rows[0] ?? []) : [];
  const types = new Map(row.map(([name, { type }]) => [name, type]));
  expect(row.length).toBeGreaterThan(150);
  expect(
    [...types]
      .filter(([name]) => ["ExchangeGuid", "Guid", "ArchiveGuid"].includes(name))
      .map(([, type]) => type),
  ).toEqual(["guid", "guid", "guid"]);
  expect(types.get("WhenCreatedUTC")).toBe("datetime");
  expect(types.get("EmailAddresses")).toBe("strings");
  expect(types.get("ExternalDirectoryObjectId")).toBe("plain");
  const names = [...types.keys()];
  expect(names.indexOf("Database")).toBeLessThan(names.indexOf("ExchangeGuid"));
  expect(names.slice(-2)).toEqual(["OriginatingServer", "ObjectState"]);
  const properties = new Map(row.map(([name, { value }]) => [name, value]));
  expect(properties.get("Identity")).toBe(properties.get("Name"));
  expect(properties.get("ProhibitSendQuota")).toBe("99 GB (106,300,440,576 bytes)");
  expect(properties.get("RulesQuota")).toBe("256 KB (262,144 bytes)");
  expect(
    listOf(properties.get("EmailAddresses")).filter((address) => address.startsWith("SMTP:")),
  ).toHaveLength(1);
});
