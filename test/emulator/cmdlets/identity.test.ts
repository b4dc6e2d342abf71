import { describe, expect, test } from "vitest";
import { tenant, textOf } from "../organisation/tenant.ts";

const contoso = tenant({ mailboxes: 400 });
const all = contoso.ask("Get-Mailbox").rows;
const [first = {}] = all.slice(8);

describe("an identity on a reading cmdlet", () => {
  test.each([
    "ExchangeGuid",
    "Guid",
    "ExternalDirectoryObjectId",
    "UserPrincipalName",
    "PrimarySmtpAddress",
    "Alias",
    "Name",
    "DistinguishedName",
    "LegacyExchangeDN",
    "SamAccountName",
    "DisplayName",
  ])("may be a %s", (property) => {
    expect(contoso.ask("Get-Mailbox", { Identity: first[property] }).rows).toEqual([first]);
  });

  test.each(["", null])("that is %j asks for every object", (identity) => {
    expect(contoso.ask("Get-Mailbox", { Identity: identity }).rows).toHaveLength(all.length);
    const owners = contoso
      .ask("Get-MailboxPermission", { Identity: identity })
      .rows.map((row) => row["Identity"]);
    expect(new Set(owners).size).toBeGreaterThanOrEqual(all.length);
    expect(contoso.ask("Get-MailboxStatistics", { Identity: identity }).rows.length).toBeGreaterThan(
      all.length / 2,
    );
  });

  test("that is left out is refused by Get-MailboxPermission", () => {
    expect(contoso.ask("Get-MailboxPermission").failure).toEqual({
      kind: "missing-identity",
      subject: "Identity",
    });
    expect(contoso.ask("Get-MailboxStatistics").failure?.kind).toBe("missing-identity");
    expect(contoso.ask("Get-RecipientPermission").rows.length).toBeGreaterThan(all.length);
  });

  test("that means nothing is not found", () => {
    expect(contoso.ask("Get-Mailbox", { Identity: "nobody@contoso.example" }).failure).toEqual({
      kind: "not-found",
      subject: "nobody@contoso.example",
    });
    const [group] = contoso.ask("Get-DistributionGroup").rows;
    expect(contoso.ask("Get-Mailbox", { Identity: group?.["Guid"] }).failure?.kind).toBe("not-found");
  });

  test("with a star brings everybody whose name fits", () => {
    const alias = textOf(first["Alias"]);
    expect(contoso.ask("Get-Mailbox", { Identity: `${alias.slice(0, -1)}*` }).rows).toContainEqual(first);
    expect(contoso.ask("Get-Mailbox", { Identity: "*" }).rows).toHaveLength(all.length);
  });
});

describe("a twin", () => {
  test.each(["Get-Mailbox", "Get-MailboxPermission", "Get-RecipientPermission"])(
    "gets its neighbour's rows too from %s, by alias",
    (cmdlet) => {
      const owners = (identity: unknown): Set<string> =>
        new Set(contoso.ask(cmdlet, { Identity: identity }).rows.map((row) => textOf(row["Identity"])));
      expect(owners("gosho").size).toBe(2);
      expect(owners("Gosho2").size).toBe(1);
    },
  );

  test("is alone when asked for by id or address", () => {
    const [gosho] = contoso.ask("Get-Mailbox", { Filter: "Alias -eq 'gosho'" }).rows;
    for (const property of [
      "ExchangeGuid",
      "Guid",
      "ExternalDirectoryObjectId",
      "PrimarySmtpAddress",
      "UserPrincipalName",
    ])
      expect(contoso.ask("Get-Mailbox", { Identity: gosho?.[property] }).rows).toEqual([gosho]);
  });

  test.each([
    ["Set-Mailbox", { HiddenFromAddressListsEnabled: true }],
    ["Add-MailboxPermission", { User: "Gosho2", AccessRights: "FullAccess" }],
    ["Get-MailboxStatistics", {}],
  ])("is ambiguous to %s", (cmdlet, parameters) => {
    const { failure } = contoso.ask(cmdlet, { ...parameters, Identity: "gosho" });
    expect(failure).toEqual({ kind: "ambiguous", subject: "gosho" });
  });
});

test("a display name that two have brings both", () => {
  const names = Map.groupBy(all, (row) => textOf(row["DisplayName"]));
  const [doubled] = [...names.values()].filter((rows) => rows.length > 1);
  expect(doubled).toHaveLength(2);
  expect(contoso.ask("Get-Mailbox", { Identity: doubled?.[0]?.["DisplayName"] }).rows).toHaveLength(2);
});

test("the one mailbox a call is about is known before it runs", () => {
  const subjectOf = (cmdlet: string, parameters: Readonly<Record<string, unknown>>): string | undefined =>
    contoso.organisation.cmdlets.get(cmdlet.toLowerCase())?.subject({
      parameters: new Map(Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), value])),
      spelling: new Map(),
      nowMs: 0,
      connectionId: undefined,
    });
  const guid = textOf(first["ExchangeGuid"]);
  expect(subjectOf("Get-MailboxPermission", { Identity: first["PrimarySmtpAddress"] })).toBe(guid);
  expect(subjectOf("Get-InboxRule", { Mailbox: guid })).toBe(guid);
  expect(
    subjectOf("Get-MailboxFolderPermission", {
      Identity: `${textOf(first["UserPrincipalName"])}:\\Kalender`,
    }),
  ).toBe(guid);
  expect(subjectOf("Get-Mailbox", {})).toBeUndefined();
  expect(subjectOf("Get-Mailbox", { Identity: "" })).toBeUndefined();
  expect(subjectOf("Get-MailboxPermission", { Identity: "gosho" })).toBeUndefined();
  expect(subjectOf("Get-AcceptedDomain", { Identity: "contoso.onmicrosoft.com" })).toBeUndefined();
});
