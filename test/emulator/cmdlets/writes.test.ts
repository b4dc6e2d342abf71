import { beforeEach, describe, expect, test } from "vitest";
import { type Asked, type PlainRow, type Tenant, listOf, tenant, textOf } from "../organisation/tenant.ts";

let contoso: Tenant;
/** A mailbox that is not synchronised, and two people. */
let mailbox: string;
let anna: string;
let ben: string;

beforeEach(() => {
  contoso = tenant();
  const users = contoso.ask("Get-Mailbox", {
    Filter:
      "IsDirSynced -eq $false -and RecipientTypeDetails -eq 'UserMailbox' -and GrantSendOnBehalfTo -eq $null",
  }).rows;
  [mailbox = "", anna = "", ben = ""] = users.slice(8).map((row) => textOf(row["ExchangeGuid"]));
});

function rightsOf(user: string): string[] {
  return contoso
    .ask("Get-MailboxPermission", { Identity: mailbox, User: user })
    .rows.map(
      (row) =>
        `${textOf(row["Deny"]).toLowerCase() === "true" ? "deny" : "allow"} ${String(row["AccessRights"])}`,
    );
}

function ask(cmdlet: string, parameters: Readonly<Record<string, unknown>>): Asked {
  return contoso.ask(cmdlet, { Identity: mailbox, ...parameters });
}

function get(cmdlet = "Get-Mailbox"): PlainRow {
  return ask(cmdlet, {}).rows[0] ?? {};
}

describe("mailbox permissions", () => {
  test("an added right is returned, added to by the next, and taken off by itself", () => {
    const { rows, warnings } = ask("Add-MailboxPermission", {
      User: anna,
      AccessRights: "FullAccess",
      AutoMapping: false,
    });
    expect(rows.map((row) => [row["AccessRights"], row["Identity"]])).toEqual([
      [["FullAccess"], get()["Name"]],
    ]);
    expect(warnings).toEqual([]);
    ask("Add-MailboxPermission", { User: anna, AccessRights: ["ReadPermission", "FullAccess"] });
    expect(rightsOf(anna)).toEqual(["allow FullAccess, ReadPermission"]);
    expect(
      ask("Remove-MailboxPermission", { User: anna, AccessRights: "FullAccess" }).failure,
    ).toBeUndefined();
    expect(rightsOf(anna)).toEqual(["allow ReadPermission"]);
  });

  test("a right that is there already is a warning, and the row", () => {
    ask("Add-MailboxPermission", { User: anna, AccessRights: "FullAccess" });
    const again = ask("Add-MailboxPermission", { User: anna, AccessRights: "FullAccess" });
    expect(again.warnings[0]).toMatch(/^The appropriate access control entry is already present/);
    expect(again.rows).toHaveLength(1);
    expect(rightsOf(anna)).toEqual(["allow FullAccess"]);
  });

  test("a deny entry survives a removal without Deny", () => {
    ask("Add-MailboxPermission", { User: anna, AccessRights: "FullAccess", Deny: true });
    expect(ask("Remove-MailboxPermission", { User: anna, AccessRights: "FullAccess" }).warnings[0]).toContain(
      "because the ACE doesn't exist on the object.",
    );
    expect(rightsOf(anna)).toEqual(["deny FullAccess"]);
    ask("Remove-MailboxPermission", { User: anna, AccessRights: "FullAccess", Deny: true });
    expect(rightsOf(anna)).toEqual([]);
  });

  test("entries of deleted accounts are removed by their SID", () => {
    const orphan = contoso
      .ask("Get-MailboxPermission", { Identity: "" })
      .rows.find(
        (row) =>
          textOf(row["User"]).startsWith("S-1-5-21-") &&
          row["IsInherited"] === false &&
          textOf(row["Deny"]).toLowerCase() !== "true",
      );
    const rows = (): number =>
      contoso.ask("Get-MailboxPermission", { Identity: orphan?.["Identity"], User: orphan?.["User"] }).rows
        .length;
    expect(rows()).toBe(1);
    const rights = listOf(orphan?.["AccessRights"]).join(",");
    contoso.ask("Remove-MailboxPermission", {
      Identity: orphan?.["Identity"],
      User: orphan?.["User"],
      AccessRights: rights,
    });
    expect(rows()).toBe(0);
  });

  test("ResetDefault leaves what the service puts there itself", () => {
    ask("Add-MailboxPermission", { User: anna, AccessRights: "FullAccess" });
    ask("Remove-MailboxPermission", { ResetDefault: true });
    const rows = contoso.ask("Get-MailboxPermission", { Identity: mailbox }).rows;
    expect(rows.every((row) => row["UserSid"] === "S-1-5-10" || row["IsInherited"] === true)).toBe(true);
  });

  test.each([
    [
      { User: "nobody@contoso.example", AccessRights: "FullAccess" },
      { kind: "argument-not-found", subject: "nobody@contoso.example" },
    ],
    [
      { User: "gosho", AccessRights: "FullAccess" },
      { kind: "ambiguous", subject: "gosho" },
    ],
    [
      { User: "gosho2", AccessRights: "Everything" },
      { kind: "bad-enum", subject: "AccessRights" },
    ],
    [{ User: "gosho2" }, { kind: "missing-identity", subject: "AccessRights" }],
    [{ AccessRights: "FullAccess" }, { kind: "missing-identity", subject: "User" }],
  ])("%j is refused", (parameters, failure) => {
    expect(ask("Add-MailboxPermission", parameters).failure).toMatchObject(failure);
  });
});

test("SendAs is added once, removed once, and warned of afterwards", () => {
  const write = (cmdlet: string): Asked => ask(cmdlet, { Trustee: anna, AccessRights: "SendAs" });
  const held = (): number =>
    contoso.ask("Get-RecipientPermission", { Identity: mailbox, Trustee: anna }).rows.length;
  expect([write("Add-RecipientPermission").warnings, held()]).toEqual([[], 1]);
  expect(write("Add-RecipientPermission").warnings).toHaveLength(1);
  expect([write("Remove-RecipientPermission").warnings, held()]).toEqual([[], 0]);
  expect(write("Remove-RecipientPermission").warnings[0]).toMatch(/because the ACE isn't present\.$/);
});

describe("GrantSendOnBehalfTo", () => {
  const set = (value: unknown): Asked => ask("Set-Mailbox", { GrantSendOnBehalfTo: value });
  const nameOf = (identity: string): string =>
    textOf(contoso.ask("Get-Mailbox", { Identity: identity }).rows[0]?.["Name"]);
  const delegates = (): readonly string[] => listOf(get()["GrantSendOnBehalfTo"]);

  test("is added to and removed from by any identity, and keeps names", () => {
    set({ Add: [anna, ben] });
    expect(delegates()).toEqual([nameOf(anna), nameOf(ben)]);
    expect(set({ add: anna }).warnings[0]).toContain("completed successfully but no settings of");
    set({ remove: textOf(contoso.ask("Get-Mailbox", { Identity: anna }).rows[0]?.["PrimarySmtpAddress"]) });
    expect(delegates()).toEqual([nameOf(ben)]);
  });

  test("is replaced by a list, cleared by null or an empty hashtable, left alone by an empty list", () => {
    set([anna, ben]);
    set([]);
    expect(delegates()).toHaveLength(2);
    set({});
    expect(delegates()).toEqual([]);
    set(ben);
    expect(delegates()).toEqual([nameOf(ben)]);
    set(null);
    expect(delegates()).toEqual([]);
  });

  test("refuses a list that names somebody twice", () => {
    const address = textOf(contoso.ask("Get-Mailbox", { Identity: anna }).rows[0]?.["PrimarySmtpAddress"]);
    expect(set([anna, address]).failure).toEqual({
      kind: "duplicate-in-list",
      subject: address,
      detail: "GrantSendOnBehalfTo",
    });
    expect(set({ add: "nobody" }).failure?.kind).toBe("argument-not-found");
    expect(set({ replace: anna }).failure?.kind).toBe("validation");
  });
});

describe("Set-Mailbox", () => {
  test("sets what it is given, and says when nothing changed", () => {
    const parameters = {
      ForwardingSmtpAddress: "x@elsewhere.example",
      DeliverToMailboxAndForward: true,
      HiddenFromAddressListsEnabled: true,
      ProhibitSendQuota: "49.5 GB",
      CustomAttribute7: "§ 7",
    };
    expect(ask("Set-Mailbox", parameters).warnings).toEqual([]);
    expect(get()).toMatchObject({
      ...parameters,
      ForwardingSmtpAddress: "smtp:x@elsewhere.example",
      ProhibitSendQuota: "49.5 GB (53,150,220,288 bytes)",
    });
    expect(ask("Set-Mailbox", parameters).warnings[0]).toMatch(/have been modified\.$/);
    ask("Set-Mailbox", { ForwardingSmtpAddress: null });
    expect(get()["ForwardingSmtpAddress"]).toBeNull();
  });

  test("forwards to somebody of the tenant by name", () => {
    ask("Set-Mailbox", { ForwardingAddress: anna });
    expect(get()["ForwardingAddress"]).toBe(
      textOf(contoso.ask("Get-Mailbox", { Identity: anna }).rows[0]?.["Name"]),
    );
    expect(ask("Set-Mailbox", { ForwardingAddress: "nobody" }).failure?.kind).toBe("argument-not-found");
  });

  test("gives addresses that lead back, and refuses those of others", () => {
    expect(
      ask("Set-Mailbox", { EmailAddresses: { add: "new.name@contoso.example" } }).failure,
    ).toBeUndefined();
    expect(contoso.ask("Get-Mailbox", { Identity: "New.Name@contoso.example" }).rows).toEqual([get()]);
    const theirs = textOf(contoso.ask("Get-Mailbox", { Identity: anna }).rows[0]?.["PrimarySmtpAddress"]);
    expect(ask("Set-Mailbox", { EmailAddresses: { add: `smtp:${theirs}` } }).failure?.kind).toBe(
      "already-exists",
    );
    expect(ask("Set-Mailbox", { EmailAddresses: ["smtp:a@contoso.example"] }).failure?.kind).toBe(
      "validation",
    );
  });

  test.each([
    [{ HiddenFromAddressListsEnabled: "maybe" }, "validation"],
    [{ ProhibitSendQuota: "plenty" }, "validation"],
    [{ ForwardingSmtpAddress: "not an address" }, "validation"],
    [{ Type: "Bookings" }, "bad-enum"],
  ])("refuses %j", (parameters, kind) => {
    expect(ask("Set-Mailbox", parameters).failure?.kind).toBe(kind);
  });
});

test("Set-CASMailbox knows three states, and device lists", () => {
  for (const state of [true, false, null]) {
    ask("Set-CASMailbox", { SmtpClientAuthenticationDisabled: state });
    expect(get("Get-CASMailbox")["SmtpClientAuthenticationDisabled"]).toBe(state);
  }
  ask("Set-CASMailbox", { ActiveSyncBlockedDeviceIDs: { add: ["A§1", "B§2"] } });
  ask("Set-CASMailbox", { ActiveSyncBlockedDeviceIDs: { remove: "a§1" } });
  expect(get("Get-CASMailbox")["ActiveSyncBlockedDeviceIDs"]).toEqual(["B§2"]);
  expect(ask("Set-CASMailbox", { SmtpClientAuthenticationDisabled: null }).warnings).toHaveLength(1);
  expect(ask("Set-CASMailbox", { ImapEnabled: null }).failure?.kind).toBe("validation");
});

describe("folder permissions", () => {
  /** The first row of the calendar scope is the default calendar, whatever its language calls it. */
  function calendar(): string {
    const [first] = contoso.ask("Get-MailboxFolderStatistics", {
      Identity: mailbox,
      FolderScope: "Calendar",
    }).rows;
    return `${mailbox}:\\${textOf(first?.["Name"])}`;
  }

  test("are errors where mailbox permissions are warnings", () => {
    const Identity = calendar();
    const add = (): Asked =>
      contoso.ask("Add-MailboxFolderPermission", { Identity, User: ben, AccessRights: "Reviewer" });
    expect(add().rows.map((row) => row["AccessRights"])).toEqual([["Reviewer"]]);
    expect(add().failure?.kind).toBe("folder-user-exists");
    contoso.ask("Set-MailboxFolderPermission", { Identity, User: ben, AccessRights: "Editor" });
    const [row] = contoso.ask("Get-MailboxFolderPermission", { Identity, User: ben }).rows;
    expect(row?.["AccessRights"]).toEqual(["Editor"]);
    contoso.ask("Remove-MailboxFolderPermission", { Identity, User: ben });
    expect(contoso.ask("Remove-MailboxFolderPermission", { Identity, User: ben }).failure?.kind).toBe(
      "folder-user-missing",
    );
    expect(contoso.ask("Remove-MailboxFolderPermission", { Identity, User: "Default" }).failure?.kind).toBe(
      "special-user",
    );
  });

  test("are read by folder id as by path", () => {
    const [folder] = contoso.ask("Get-MailboxFolderStatistics", {
      Identity: mailbox,
      FolderScope: "Calendar",
    }).rows;
    const byId = contoso.ask("Get-MailboxFolderPermission", {
      Identity: `${mailbox}:${textOf(folder?.["FolderId"])}`,
    });
    expect(byId.rows).toEqual(contoso.ask("Get-MailboxFolderPermission", { Identity: calendar() }).rows);
    expect(byId.rows.map((row) => row["User"])).toEqual(expect.arrayContaining(["Default", "Anonymous"]));
    expect(
      contoso.ask("Get-MailboxFolderPermission", { Identity: `${mailbox}:\\Nowhere` }).failure?.kind,
    ).toBe("not-found");
  });
});
