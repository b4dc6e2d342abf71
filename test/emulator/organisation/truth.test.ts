import { describe, expect, test } from "vitest";
import type { PermissionFact } from "../../../src/emulator/cmdlet.ts";
import { type PlainRow, type Tenant, listOf, tenant, textOf } from "./tenant.ts";

/** What the rows of a tenant say, put together by somebody who knows nothing of the model. */
function read(contoso: Tenant): string[] {
  const found = new Set<string>();
  const mailboxes = contoso
    .ask("Get-Mailbox", { RecipientTypeDetails: "UserMailbox,SharedMailbox,RoomMailbox,EquipmentMailbox" })
    .rows.map((row) => ({ guid: textOf(row["ExchangeGuid"]), name: textOf(row["DisplayName"]), row }));
  const add = (...parts: readonly (string | boolean)[]): unknown => found.add(parts.join(" "));

  for (const { guid } of mailboxes)
    for (const row of contoso.ask("Get-MailboxPermission", { Identity: guid }).rows)
      for (const right of listOf(row["AccessRights"]).flatMap((element) => element.split(", ")))
        add(guid, textOf(row["UserSid"]), right, textOf(row["Deny"]).toLowerCase() === "false");

  const byName = Map.groupBy(mailboxes, ({ name }) => name);
  const seen = new Set<string>();
  for (const row of contoso.ask("Get-RecipientPermission").rows) {
    const [owner, ...others] = byName.get(textOf(row["Identity"])) ?? [];
    if (owner === undefined || others.length > 0) continue;
    seen.add(owner.guid);
    add(owner.guid, textOf(row["TrusteeSidString"]), "SendAs", row["AccessControlType"] === "Allow");
  }
  // Renamed mailboxes and namesakes are not found by name: they are asked for one by one.
  for (const { guid } of mailboxes.filter(({ guid }) => !seen.has(guid)))
    for (const row of contoso.ask("Get-RecipientPermission", { Identity: guid }).rows)
      add(guid, textOf(row["TrusteeSidString"]), "SendAs", row["AccessControlType"] === "Allow");

  const principals = principalIndex(contoso);
  for (const row of contoso.ask("Get-Mailbox", { Filter: "GrantSendOnBehalfTo -ne $null" }).rows)
    for (const words of listOf(row["GrantSendOnBehalfTo"]))
      add(textOf(row["ExchangeGuid"]), principals.sid(words), "SendOnBehalf", true);
  return [...found].toSorted();
}

/** Every name a delegate may be written down by, and the SID it leads to. */
function principalIndex(contoso: Tenant): { sid(words: string): string } {
  const sids = new Map<string, string>();
  for (const row of [...contoso.ask("Get-User").rows, ...contoso.ask("Get-Group").rows])
    sids.set(textOf(row["Guid"]), textOf(row["Sid"]));
  const known = new Map<string, Set<string>>();
  for (const row of contoso.ask("Get-Recipient").rows)
    for (const key of namesOf(row)) {
      const guids = known.get(key) ?? new Set();
      known.set(key, guids.add(textOf(row["Guid"])));
    }
  return {
    sid(words) {
      const guids = [...(known.get(words.toLowerCase()) ?? [])];
      if (guids.length > 1) throw new Error(`"${words}" leads to ${guids.length} recipients`);
      return sids.get(guids[0] ?? "") ?? "";
    },
  };
}

function namesOf(row: PlainRow): string[] {
  return ["Name", "DisplayName", "Alias", "ExternalDirectoryObjectId", "Guid", "PrimarySmtpAddress"]
    .map((name) => textOf(row[name]).toLowerCase())
    .filter((name) => name !== "");
}

function lineOf({ mailboxGuid, trusteeSid, right, allow }: PermissionFact): string {
  return [mailboxGuid, trusteeSid, right, allow].join(" ");
}

describe.each([
  { legacy: false, mailboxes: 2000, seed: 1 },
  { legacy: true, mailboxes: 400, seed: 2 },
  { legacy: false, mailboxes: 12, seed: 3 },
])("a tenant of $mailboxes mailboxes, legacy $legacy", (options) => {
  const contoso = tenant(options);

  test("has as truth what its rows say when somebody else reads them", () => {
    const truth = [...contoso.organisation.truth()].map(lineOf).toSorted();
    expect(read(contoso)).toEqual(truth);
    expect(new Set(truth).size).toBe(truth.length);
  });

  test("is about the targets it names, each once", () => {
    const targets = [...contoso.organisation.targets()];
    const facts = new Set([...contoso.organisation.truth()].map(({ mailboxGuid }) => mailboxGuid));
    expect(targets).toHaveLength(options.mailboxes);
    expect([...facts].toSorted()).toEqual(targets.toSorted());
  });
});

test("the truth follows every write at once, whatever others see yet", () => {
  const contoso = tenant({ writeLagMs: () => 60_000 });
  const [mailbox = "", trustee = ""] = [...contoso.organisation.targets()].slice(8);
  const grants = (): PermissionFact[] => {
    const sid = textOf(contoso.ask("Get-User", { Identity: trustee }).rows[0]?.["Sid"]);
    return [...contoso.organisation.truth()].filter(
      (fact) => fact.mailboxGuid === mailbox && fact.trusteeSid === sid,
    );
  };
  expect(grants()).toEqual([]);
  contoso.ask("Add-MailboxPermission", { Identity: mailbox, User: trustee, AccessRights: "FullAccess" });
  contoso.ask("Add-RecipientPermission", { Identity: mailbox, Trustee: trustee, AccessRights: "SendAs" });
  contoso.ask("Set-Mailbox", { Identity: mailbox, GrantSendOnBehalfTo: { add: trustee } });
  expect(grants().map(({ right, allow, noise }) => `${right} ${allow} ${noise}`)).toEqual([
    "FullAccess true ",
    "SendAs true ",
    "SendOnBehalf true ",
  ]);
});

test("noise is told by its rule, and real grants have none", () => {
  const facts = [...tenant({ mailboxes: 5000, legacy: true }).organisation.truth()];
  const rules = Map.groupBy(facts, ({ noise }) => noise);
  expect([...rules.keys()].toSorted()).toEqual([
    "",
    "NR1",
    "NR11",
    "NR2",
    "NR3",
    "NR4",
    "NR5",
    "NR6",
    "NR7",
    "NR8",
  ]);
  const trusteesOf = (rule: string): Set<string> =>
    new Set(rules.get(rule)?.map(({ trusteeSid }) => trusteeSid));
  expect(trusteesOf("NR1")).toEqual(new Set(["S-1-5-10"]));
  expect(trusteesOf("NR2")).toEqual(new Set(["S-1-5-18", "S-1-5-20"]));
  expect(trusteesOf("NR3")).toEqual(new Set(["S-1-0-0"]));
  expect(rules.get("NR8")?.every(({ inherited }) => inherited)).toBe(true);
  expect(rules.get("")?.some(({ inherited }) => inherited)).toBe(false);
  expect(new Set(rules.get("")?.map(({ right }) => right))).toEqual(
    new Set([
      "FullAccess",
      "ReadPermission",
      "ChangePermission",
      "ChangeOwner",
      "DeleteItem",
      "ExternalAccount",
      "SendAs",
      "SendOnBehalf",
    ]),
  );
  expect(rules.get("")?.some(({ allow }) => !allow)).toBe(true);
});

test("trustees are of every class an audit tells apart", () => {
  const contoso = tenant({ mailboxes: 4000 });
  const accounts = new Map(
    [...contoso.ask("Get-User").rows, ...contoso.ask("Get-Group").rows].map((row) => [
      textOf(row["Sid"]),
      `${textOf(row["RecipientTypeDetails"])} ${textOf(row["AccountDisabled"])}`,
    ]),
  );
  const deleted = new Set(
    contoso
      .ask("Get-Mailbox", { SoftDeletedMailbox: true })
      .rows.map((row) => textOf(row["ExternalDirectoryObjectId"])),
  );
  const classes = new Set<string>();
  for (const { noise, trusteeSid, trusteeId } of contoso.organisation.truth()) {
    if (noise !== "") continue;
    const known = accounts.get(trusteeSid);
    const unknown = deleted.has(trusteeId) ? "soft-deleted" : trusteeSid === "" ? "no SID" : "no account";
    classes.add(known ?? unknown);
  }
  expect([...classes].toSorted()).toEqual(
    expect.arrayContaining([
      "GuestMailUser false",
      "MailUniversalSecurityGroup ",
      "MailUser false",
      "SharedMailbox true",
      "UniversalSecurityGroup ",
      "UserMailbox false",
      "UserMailbox true",
      "no SID",
      "no account",
      "soft-deleted",
    ]),
  );
});

test("one account may open more than one mailbox of a hundred", () => {
  const contoso = tenant({ mailboxes: 4000 });
  const held = new Map<string, number>();
  for (const { right, noise, allow, trusteeSid } of contoso.organisation.truth())
    if (right === "FullAccess" && noise === "" && allow)
      held.set(trusteeSid, (held.get(trusteeSid) ?? 0) + 1);
  const [most = 0, second = 0] = [...held.values()].toSorted((one, other) => other - one);
  expect(most).toBeGreaterThan(50);
  expect(second).toBeLessThan(20);
});
