import { describe, expect, test } from "vitest";
import { type PlainRow, listOf, tenant, textOf } from "../organisation/tenant.ts";

const contoso = tenant({ mailboxes: 600 });
const targets = [...contoso.organisation.targets()];
const ZERO_GUID = "00000000-0000-0000-0000-000000000000";

function each(cmdlet: string, parameters = {}): readonly PlainRow[] {
  return contoso.ask(cmdlet, { Identity: "", ...parameters }).rows;
}

describe("Get-MailboxStatistics", () => {
  test("tells sizes as text", () => {
    const sizes = each("Get-MailboxStatistics").map((row) => textOf(row["TotalItemSize"]));
    expect(sizes.every((size) => /^\d[\d.]* (B|KB|MB|GB|TB) \(\d[\d,]* bytes\)$/.test(size))).toBe(true);
  });

  test("warns of a mailbox nobody ever opened, and has no row", () => {
    const known = new Set(each("Get-MailboxStatistics").map((row) => row["MailboxGuid"]));
    const unopened = targets.find((guid) => !known.has(guid));
    const { rows, warnings } = contoso.ask("Get-MailboxStatistics", { Identity: unopened });
    expect([rows.length, warnings.length]).toEqual([0, 1]);
    expect(warnings[0]).toContain("hasn't logged on to mailbox");
  });

  test("fails for an archive that is not there", () => {
    const archives = Map.groupBy(contoso.ask("Get-Mailbox").rows, (row) => row["ArchiveGuid"] !== ZERO_GUID);
    const ask = (has: boolean) =>
      contoso.ask("Get-MailboxStatistics", {
        Identity: archives.get(has)?.[3]?.["ExchangeGuid"],
        Archive: true,
      });
    expect(ask(false).failure?.kind).toBe("no-archive");
    expect(ask(true).rows[0]).toMatchObject({
      IsArchiveMailbox: true,
      MailboxGuid: archives.get(true)?.[3]?.["ArchiveGuid"],
    });
  });
});

test("inbox rules have ids beyond 2^63, and hidden rules only where asked for", () => {
  const rules = contoso.ask("Get-InboxRule", { Mailbox: "" }).rows;
  expect(rules.some(({ RuleIdentity }) => typeof RuleIdentity === "bigint" && RuleIdentity > 2n ** 63n)).toBe(
    true,
  );
  expect(rules.some((row) => row["Name"] === "Junk E-mail Rule")).toBe(false);
  const [rule] = rules;
  expect(rule?.["Identity"]).toBe(`${textOf(rule?.["MailboxOwnerId"])}\\${String(rule?.["RuleIdentity"])}`);
  const hidden = contoso.ask("Get-InboxRule", { Mailbox: targets[0], IncludeHidden: true }).rows;
  expect(hidden.map((row) => row["Name"])).toContain("Junk E-mail Rule");
  const forwards = rules.flatMap((row) => listOf(row["ForwardTo"])).filter((text) => text !== "");
  expect(forwards.every((text) => /" \[(EX:\/o=ExchangeLabs\/|SMTP:).+\]$/.test(text))).toBe(true);
  expect(forwards.length).toBeGreaterThan(0);
});

test("a few mailboxes have a hidden rule that is not the service's, with an id that stays when rules are added", () => {
  const intruders = targets.flatMap((Mailbox) =>
    contoso
      .ask("Get-InboxRule", { Mailbox, IncludeHidden: true })
      .rows.filter((row) => listOf(row["RedirectTo"]).some((to) => to.includes("private.example")))
      .filter(
        (row) =>
          !contoso
            .ask("Get-InboxRule", { Mailbox })
            .rows.some(({ RuleIdentity }) => RuleIdentity === row["RuleIdentity"]),
      )
      .map((row) => ({ Mailbox, id: row["RuleIdentity"] })),
  );
  const [first] = intruders;
  expect(intruders.length).toBeLessThan(targets.length / 50);
  contoso.ask("New-InboxRule", { Mailbox: first?.Mailbox, Name: "One more" });
  const now = contoso.ask("Get-InboxRule", { Mailbox: first?.Mailbox, IncludeHidden: true }).rows;
  expect(now.map(({ RuleIdentity }) => RuleIdentity)).toContain(first?.id);
});

test("outbound policies and remote domains are those of the tenant, and are found by name", () => {
  const policies = contoso.ask("Get-HostedOutboundSpamFilterPolicy").rows;
  expect(policies.map((row) => row["AutoForwardingMode"])).toEqual(["Automatic", "On", "Off"]);
  expect(contoso.ask("Get-RemoteDomain", { Identity: "default" }).rows).toMatchObject([
    { DomainName: "*", AutoForwardEnabled: true },
  ]);
  expect(contoso.ask("Get-RemoteDomain", { Identity: "nobody" }).failure?.kind).toBe("not-found");
});

test("device identities hold a paragraph sign and lead to the device", () => {
  const devices = contoso.ask("Get-MobileDevice").rows;
  const [device] = devices;
  expect(textOf(device?.["Identity"])).toMatch(/\\ExchangeActiveSyncDevices\\Hx§Outlook§[0-9A-F]{32}$/);
  expect(contoso.ask("Get-MobileDevice", { Identity: device?.["Identity"] }).rows).toEqual([device]);
  expect(
    contoso.ask("Get-MobileDevice", { Identity: "gosho\\ExchangeActiveSyncDevices\\none" }).failure?.kind,
  ).toBe("not-found");
  const statistics = targets.flatMap(
    (Mailbox) => contoso.ask("Get-MobileDeviceStatistics", { Mailbox }).rows,
  );
  expect(statistics).toHaveLength(devices.length);
});

test("a folder scope brings the default calendar first, in the mailbox's language", () => {
  const names = new Set<string>();
  for (const Identity of targets.slice(0, 60)) {
    const rows = contoso.ask("Get-MailboxFolderStatistics", { Identity, FolderScope: "Calendar" }).rows;
    expect(rows.map((row) => row["FolderType"])).toEqual(["Calendar", "User Created", "User Created"]);
    names.add(textOf(rows[0]?.["Name"]));
  }
  expect(names).toEqual(new Set(["Calendar", "Kalender", "Calendrier", "Calendario", "Kalendarz", "Naptár"]));
  const everything = contoso.ask("Get-MailboxFolderStatistics", { Identity: targets[0] }).rows;
  expect(everything.some((row) => row["RecoverableItemsFolder"] === true)).toBe(false);
  const recoverable = contoso.ask("Get-MailboxFolderStatistics", {
    Identity: targets[0],
    FolderScope: "Recoverable",
  }).rows;
  expect(recoverable.length).toBe(3);
});

describe("groups", () => {
  test("have members, some of them groups, and owners", () => {
    const groups = contoso.ask("Get-DistributionGroup").rows;
    const members = groups.flatMap(
      (row) => contoso.ask("Get-DistributionGroupMember", { Identity: row["Guid"] }).rows,
    );
    const types = new Set(members.map((row) => row["RecipientTypeDetails"]));
    expect(types).toContain("UserMailbox");
    expect(types).toContain("MailUniversalSecurityGroup");
    expect(groups.every((row) => listOf(row["ManagedBy"]).length > 0)).toBe(true);
  });

  test("of Microsoft 365 have members by links only", () => {
    const [group] = contoso.ask("Get-UnifiedGroup").rows;
    expect(contoso.ask("Get-DistributionGroupMember", { Identity: group?.["Guid"] })).toMatchObject({
      rows: [],
      failure: undefined,
    });
    const members = contoso.ask("Get-UnifiedGroupLinks", {
      Identity: group?.["Guid"],
      LinkType: "Members",
    }).rows;
    expect(members.length).toBe(group?.["GroupMemberCount"]);
    expect(
      contoso.ask("Get-UnifiedGroupLinks", { Identity: group?.["Guid"], LinkType: "Owner" }).rows.length,
    ).toBeGreaterThan(0);
  });

  test("of every kind have SIDs in Get-Group", () => {
    const rows = contoso.ask("Get-Group").rows;
    expect(new Set(rows.map((row) => row["RecipientTypeDetails"]))).toEqual(
      new Set([
        "GroupMailbox",
        "MailUniversalDistributionGroup",
        "MailUniversalSecurityGroup",
        "RoleGroup",
        "UniversalSecurityGroup",
      ]),
    );
    expect(rows.every((row) => textOf(row["Sid"]).startsWith("S-1-5-21-"))).toBe(true);
    expect(rows.map((row) => row["Name"])).toContain("Discovery Management");
  });
});

test("the discovery mailbox is open to its role group", () => {
  const [mailbox] = contoso.ask("Get-Mailbox", { RecipientTypeDetails: "DiscoveryMailbox" }).rows;
  const rows = contoso.ask("Get-MailboxPermission", { Identity: mailbox?.["Guid"] }).rows;
  expect(rows.map((row) => row["User"])).toContain("Discovery Management");
});

test("a sweep of SendAs has a SELF row of every mailbox, groups, and system mailboxes", () => {
  const rows = contoso.ask("Get-RecipientPermission").rows;
  const selves = rows.filter((row) => row["TrusteeSidString"] === "S-1-5-10");
  expect(selves.length).toBeGreaterThanOrEqual(targets.length);
  expect(Object.keys(rows[0] ?? {})).not.toEqual(expect.arrayContaining(["Deny"]));
  expect(rows.some((row) => row["TrusteeSidString"] === "S-1-0-0")).toBe(true);
  expect(
    rows.some((row) => /^(SystemMailbox|Microsoft Exchange|Migration) /.test(textOf(row["Identity"]))),
  ).toBe(true);
});

test("the tenant tells of itself", () => {
  const [config] = contoso.ask("Get-OrganizationConfig").rows;
  expect(config).toMatchObject({
    Name: "contoso.onmicrosoft.com",
    PublicFoldersEnabled: "Local",
    EwsEnabled: null,
  });
  expect(listOf(config?.["EwsAllowedAppIDs"])[0]).toContain(", ");
  const domains = contoso.ask("Get-AcceptedDomain").rows;
  const accepted = new Set(domains.map((row) => textOf(row["DomainName"])));
  expect(domains.filter((row) => row["IsDefault"] === true)).toHaveLength(1);
  const used = contoso
    .ask("Get-Mailbox")
    .rows.map((row) => textOf(row["PrimarySmtpAddress"]).toLowerCase().split("@")[1] ?? "");
  expect(new Set(used)).toEqual(accepted);
  expect(contoso.ask("Get-AcceptedDomain", { Identity: "elsewhere.example" }).failure?.kind).toBe(
    "not-found",
  );
  expect(contoso.ask("Get-TransportConfig").rows[0]).toMatchObject({
    MaxSendSize: "35 MB (36,700,160 bytes)",
  });
  expect(contoso.ask("Get-MigrationBatch")).toMatchObject({ rows: [], failure: undefined });
});

test("auto-replies are told for every state, with markup in their messages", () => {
  const rows = each("Get-MailboxAutoReplyConfiguration");
  expect(new Set(rows.map((row) => row["AutoReplyState"]))).toEqual(
    new Set(["Enabled", "Scheduled", "Disabled"]),
  );
  expect(rows.some((row) => textOf(row["InternalMessage"]).startsWith("<html>"))).toBe(true);
});

test("SMTP sign-in and EWS have three states", () => {
  const rows = contoso.ask("Get-CASMailbox").rows;
  for (const name of ["SmtpClientAuthenticationDisabled", "EwsEnabled"])
    expect(new Set(rows.map((row) => row[name]))).toEqual(new Set([true, false, null]));
});

test("1000 accounts are told to who does not ask for all, with a warning and without a way to the rest", () => {
  const large = tenant({ mailboxes: 1_200 });
  const { rows, warnings } = large.ask("Get-MailboxAuditBypassAssociation");
  expect([rows.length, warnings.length]).toEqual([1_000, 1]);
  const all = large.ask("Get-MailboxAuditBypassAssociation", { ResultSize: "Unlimited" });
  expect(all.warnings).toEqual([]);
  const bypassed = all.rows.filter((row) => row["AuditBypassEnabled"] === true).map((row) => row["Guid"]);
  expect(bypassed).toEqual([...large.organisation.auditBypassed()]);
  expect(bypassed.length).toBeGreaterThan(0);
  expect(contoso.ask("Get-MailboxAuditBypassAssociation").warnings).toEqual([]);
});
