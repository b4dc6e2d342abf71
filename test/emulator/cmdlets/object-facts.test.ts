import { beforeEach, expect, test } from "vitest";
import type { ObjectFacts } from "../../../src/emulator/index.ts";
import { type Tenant, tenant, textOf } from "../organisation/tenant.ts";

let contoso: Tenant;
let Identity: string;
let person: ObjectFacts;

/** A lag that never ends: what the cmdlets show is old, what the facts tell is not. */
beforeEach(() => {
  contoso = tenant({ writeLagMs: () => 1e9, staleMs: () => 1e9 });
  const users = contoso.ask("Get-Mailbox", {
    Filter: "IsDirSynced -eq $false -and RecipientTypeDetails -eq 'UserMailbox'",
  }).rows;
  Identity = textOf(users[9]?.["ExchangeGuid"]);
  person = factsOf(textOf(users[11]?.["ExchangeGuid"]));
});

function factsOf(identity: string): ObjectFacts {
  const [facts] = contoso.organisation.factsAbout(identity);
  if (facts === undefined) throw new Error(`no object ${identity}`);
  return facts;
}

const has = (right: string): boolean =>
  factsOf(Identity).permissions.some(
    (fact) => fact.right === right && fact.trusteeId === person.objectId && fact.trusteeSid === person.sid,
  );

test.each([
  [
    "FullAccess",
    "Add-MailboxPermission",
    (trustee: string) => ({ User: trustee, AccessRights: "FullAccess" }),
  ],
  ["SendAs", "Add-RecipientPermission", (trustee: string) => ({ Trustee: trustee, AccessRights: "SendAs" })],
  ["SendOnBehalf", "Set-Mailbox", (trustee: string) => ({ GrantSendOnBehalfTo: { add: trustee } })],
])("%s is in force as soon as it is written", (right, cmdlet, parametersFor) => {
  expect(has(right)).toBe(false);
  contoso.ask(cmdlet, { Identity, ...parametersFor(person.exchangeGuid) });
  expect(has(right)).toBe(true);
});

test("values are told in the form in which they are read back, written or not", () => {
  expect(factsOf(Identity).values).toMatchObject({
    CustomAttribute5: "",
    MAPIEnabled: true,
    AuditBypassEnabled: false,
    RecipientTypeDetails: "UserMailbox",
  });
  contoso.ask("Set-Mailbox", { Identity, CustomAttribute5: "§", ProhibitSendQuota: "1GB", Type: "Shared" });
  contoso.ask("Set-MailboxAutoReplyConfiguration", { Identity, EndTime: "2026-08-11" });
  expect(factsOf(Identity).values).toMatchObject({
    CustomAttribute5: "§",
    ProhibitSendQuota: "1 GB (1,073,741,824 bytes)",
    RecipientTypeDetails: "SharedMailbox",
    EndTime: "2026-08-11T00:00:00.000Z",
  });
  expect(contoso.ask("Get-Mailbox", { Identity }).rows[0]?.["CustomAttribute5"]).toBe("");
});

test("folder entries, rules, runs and members are told", () => {
  const [calendar = ""] = Object.keys(factsOf(Identity).folders).filter((path) =>
    /^\/(Kalender|Calend[^/]*)$/.test(path),
  );
  contoso.ask("Add-MailboxFolderPermission", {
    Identity: `${Identity}:${calendar.replace("/", "\\")}`,
    User: person.primarySmtpAddress,
    AccessRights: "Editor",
  });
  contoso.ask("New-InboxRule", { Mailbox: Identity, Name: "Mine", DeleteMessage: true });
  contoso.ask("Start-ManagedFolderAssistant", { Identity });
  const facts = factsOf(Identity);
  expect(facts.folders[calendar]).toContainEqual(
    expect.objectContaining({ userId: person.objectId, rights: ["Editor"], flags: null }),
  );
  expect(facts.rules.at(-1)).toEqual({
    id: expect.stringMatching(/^\d+$/),
    name: "Mine",
    enabled: true,
    parts: { DeleteMessage: true },
  });
  expect(facts).toMatchObject({ runs: { "Start-ManagedFolderAssistant": 1 }, members: null });
  const [group] = contoso.ask("Get-DistributionGroup").rows;
  const name = textOf(group?.["PrimarySmtpAddress"]);
  expect(factsOf(name).members).not.toContain(person.objectId);
  contoso.ask("Add-DistributionGroupMember", { Identity: name, Member: person.exchangeGuid });
  expect(factsOf(name).members).toContain(person.objectId);
  expect([...contoso.organisation.written()].map((written) => written.objectId)).toEqual([
    facts.objectId,
    factsOf(name).objectId,
  ]);
});
