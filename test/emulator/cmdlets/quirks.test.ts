import { describe, expect, test } from "vitest";
import { DATA_QUIRKS, type DataQuirk } from "../../../src/emulator/organisation/index.ts";
import { type PlainRow, type Tenant, listOf, tenant, textOf } from "../organisation/tenant.ts";

const MAILBOXES = 1000;
/** exo-protocol.md 10.13: beyond what a double holds. */
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function permissions(contoso: Tenant): readonly PlainRow[] {
  return contoso.ask("Get-MailboxPermission", { Identity: "" }).rows;
}

function mailboxes(contoso: Tenant, ...select: readonly string[]): readonly PlainRow[] {
  return contoso.ask("Get-Mailbox", {}, { select }).rows;
}

function synchronised(contoso: Tenant): PlainRow {
  return contoso.ask("Get-Mailbox", { Filter: "IsDirSynced -eq $true" }).rows[0] ?? {};
}

/** What shows each quirk of exo-protocol.md 11; with the quirk off it does not. */
const SHOWN: Readonly<Record<DataQuirk, (contoso: Tenant) => boolean>> = {
  // 7
  "no-op-warnings": (contoso) => {
    const parameters = { Identity: "gosho2", User: "S-1-5-21-1-2-3-4", AccessRights: "FullAccess" };
    return contoso
      .ask("Remove-MailboxPermission", parameters)
      .warnings.some((text) => text.includes("the ACE doesn't exist on the object."));
  },
  // 34
  "comma-joined-rights": (contoso) =>
    permissions(contoso).some((row) => listOf(row["AccessRights"]).includes("FullAccess, ReadPermission")),
  // 35
  "doubled-self": (contoso) => {
    const [shared] = contoso.ask("Get-Mailbox", { RecipientTypeDetails: "SharedMailbox" }).rows;
    const rows = contoso.ask("Get-MailboxPermission", { Identity: shared?.["ExchangeGuid"] }).rows;
    return rows.filter((row) => row["UserSid"] === "S-1-5-10").length === 2;
  },
  // 36
  "string-booleans": (contoso) => {
    const values = new Set(permissions(contoso).map((row) => row["Deny"]));
    expect(values).toContain(false);
    return values.has("False");
  },
  // 37
  "twin-identities": (contoso) =>
    contoso
      .ask("Get-MailboxPermission", { Identity: "gosho" })
      .rows.some((row) => row["Identity"] === "Gosho2"),
  // 38
  "empty-identity-is-all": (contoso) => permissions(contoso).length > MAILBOXES,
  // 39
  "delegates-as-names": (contoso) => {
    const delegates = mailboxes(contoso, "GrantSendOnBehalfTo").flatMap((row) =>
      listOf(row["GrantSendOnBehalfTo"]),
    );
    return delegates.some(
      (words) => words !== "" && !words.startsWith("Former") && !/^[0-9a-f]{8}-/.test(words),
    );
  },
  // 40
  "orphaned-sids": (contoso) =>
    permissions(contoso).some((row) => /^S-1-5-21-.*-2\d{7}$/.test(textOf(row["User"]))),
  // 41
  "deny-entries": (contoso) =>
    permissions(contoso).some(
      (row) => textOf(row["Deny"]).toLowerCase() === "true" && row["IsInherited"] === false,
    ),
  // 42
  "legacy-entries": (contoso) =>
    permissions(contoso).some((row) => textOf(row["User"]).endsWith("\\Domain Admins")),
  // 43
  "big-rule-identity": (contoso) =>
    contoso
      .ask("Get-InboxRule", { Mailbox: "" })
      .rows.some(({ RuleIdentity }) => typeof RuleIdentity === "bigint" && RuleIdentity > SAFE),
  // 46
  "stored-casing": (contoso) =>
    mailboxes(contoso, "PrimarySmtpAddress").some((row) => /[A-Z]/.test(textOf(row["PrimarySmtpAddress"]))),
  // 47
  "absent-properties": (contoso) => mailboxes(contoso, "PitrState").some((row) => !("PitrState" in row)),
  // 48
  "localised-folders": (contoso) =>
    contoso
      .ask("Get-MailboxFolderStatistics", { Identity: "", FolderScope: "Calendar" })
      .rows.some((row) => row["Name"] === "Kalender"),
  // 50
  "enum-prefixes": (contoso) =>
    contoso.ask("Get-QuarantineMessage", { QuarantineTypes: "File" }).failure === undefined,
  // 51
  "page-size-zero": (contoso) => contoso.ask("Get-QuarantineMessage", { PageSize: 0 }).rows.length === 0,
  // 54
  "ambiguous-identity": (contoso) => {
    const names = Map.groupBy(mailboxes(contoso, "DisplayName"), (row) => textOf(row["DisplayName"]));
    const [name] = [...names].find(([, rows]) => rows.length > 1) ?? [];
    return (
      contoso.ask("Set-Mailbox", { Identity: name, CustomAttribute3: "x" }).failure?.kind === "ambiguous"
    );
  },
  // 58
  "wildcard-errors": (contoso) => {
    const { rows, errors } = contoso.ask("Get-MailboxPermission", { Identity: "*" });
    expect(rows.length).toBeGreaterThan(MAILBOXES);
    return errors.some((text) => text.includes("BackEndLocatorException"));
  },
  // 59
  "soft-deleted-identities": (contoso) =>
    contoso
      .ask("Get-Mailbox", { SoftDeletedMailbox: true })
      .rows.every((row) => textOf(row["Identity"]).startsWith("Soft Deleted Objects\\")),
  // 60
  "dir-synced-refusals": (contoso) => {
    const { Guid, HiddenFromAddressListsEnabled } = synchronised(contoso);
    const parameters = {
      Identity: Guid,
      HiddenFromAddressListsEnabled: HiddenFromAddressListsEnabled !== true,
    };
    return contoso.ask("Set-Mailbox", parameters).failure?.kind === "dir-synced";
  },
  "hostile-names": (contoso) => {
    const names = mailboxes(contoso, "DisplayName", "Name").flatMap((row) => [
      textOf(row["DisplayName"]),
      textOf(row["Name"]),
    ]);
    const formulas = ["=", "+", "-", "@"].every((start) => names.some((name) => name.startsWith(start)));
    const parts = ["<script>", "\u001B[", "\u202E", "\nCNF:", " | ", "'", "\u0001", "very long ".repeat(20)];
    return formulas && parts.every((part) => names.some((name) => name.includes(part)));
  },
  "renamed-recipients": (contoso) => {
    const known = new Set(contoso.ask("Get-Recipient").rows.map((row) => row["DisplayName"]));
    const rows = contoso
      .ask("Get-RecipientPermission")
      .rows.filter((row) => !/Mailbox|Exchange|Migration/.test(textOf(row["Identity"])));
    return rows.some((row) => !known.has(row["Identity"]));
  },
};

describe.each(DATA_QUIRKS)("%s", (quirk) => {
  test("shows unless it is switched off", () => {
    expect(SHOWN[quirk](tenant({ mailboxes: MAILBOXES }))).toBe(true);
    expect(SHOWN[quirk](tenant({ mailboxes: MAILBOXES, quirk: (name) => name !== quirk }))).toBe(false);
  });
});

test("with every quirk off, mailboxes are asked for and read as before", () => {
  const contoso = tenant({ mailboxes: 50, quirk: () => false });
  for (const guid of contoso.organisation.targets())
    expect(contoso.ask("Get-MailboxPermission", { Identity: guid }).rows.length).toBeGreaterThan(0);
});

test("international names are whole: right to left, combining marks, emoji", () => {
  const names = mailboxes(tenant({ mailboxes: MAILBOXES }), "DisplayName").map((row) =>
    textOf(row["DisplayName"]),
  );
  const parts = ["محمد", "דוד", "山田", "Zoë", "Zoe\u0308", "👩‍💻", "İpek"];
  expect(parts.filter((part) => !names.some((name) => name.includes(part)))).toEqual([]);
  expect(names.every((name) => name.isWellFormed() && !name.includes("\0"))).toBe(true);
});

test("the entries of an older tenant are those the service once put on every mailbox", () => {
  const contoso = tenant({ mailboxes: 20, legacy: true });
  const [guid] = contoso.organisation.targets();
  const rows = contoso
    .ask("Get-MailboxPermission", { Identity: guid })
    .rows.filter((row) => row["IsInherited"] === true);
  const denied = rows
    .filter((row) => textOf(row["Deny"]).toLowerCase() === "true")
    .map((row) => textOf(row["User"]));
  expect(denied).toEqual(
    ["Administrator", "Domain Admins", "Enterprise Admins", "Organization Management"].map(
      (name) => `EURPR05A003\\${name}`,
    ),
  );
  const users = rows.map((row) => textOf(row["User"]));
  expect(users).toEqual(
    expect.arrayContaining([
      "NT AUTHORITY\\SYSTEM",
      "NT AUTHORITY\\NETWORK SERVICE",
      "PRDTSB01\\JitUsers",
      "EURPR05A003\\Exchange Servers",
      "EURPR05A003\\Public Folder Management",
    ]),
  );
  expect(users.some((user) => user.startsWith("S-1-5-21-"))).toBe(true);
});

test("an enum that is no beginning of a member is refused with the members", () => {
  const { failure } = tenant().ask("Get-Mailbox", { RecipientTypeDetails: ["UserMailbox", "Mailbox"] });
  expect(failure).toMatchObject({
    kind: "bad-enum",
    subject: "RecipientTypeDetails",
    enumeration: { value: "Mailbox" },
  });
  expect(failure?.enumeration?.members).toContain("SharedMailbox");
});

test("an enum's beginning brings the wrong member's rows: none", () => {
  const contoso = tenant();
  expect(contoso.ask("Get-QuarantineMessage", { QuarantineTypes: "File" }).rows).toEqual([]);
  expect(contoso.ask("Get-QuarantineMessage").rows.length).toBeGreaterThan(0);
  expect(contoso.ask("Get-Mailbox", { RecipientTypeDetails: "Group" }).rows).toEqual([]);
});
