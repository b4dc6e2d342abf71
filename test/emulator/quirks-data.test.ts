import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator, type Emulator, type QuirkName } from "../../src/emulator/index.ts";
import { be, benchOf, raw, type Bench, type RawReply } from "./wire.ts";

let emulator: Emulator;
let bench: Bench;

beforeAll(async () => {
  emulator = await startEmulator({ mailboxes: 400, legacy: true });
  bench = await benchOf(emulator);
});
afterAll(async () => emulator.stop());

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (reply: RawReply): readonly Row[] => JSON.parse(reply.text).value;
const large = { headers: { prefer: "odata.maxpagesize=1000" } };

/** A whole listing as text. */
async function list(cmdlet: string, parameters: object = {}, select = ""): Promise<RawReply> {
  const query = select === "" ? "" : `?$select=${select}`;
  return bench.invoke(cmdlet, { ResultSize: "Unlimited", ...parameters }, { ...large, query });
}

/** What a question answers with the quirk on, and with it off. */
async function onAndOff<T>(name: QuirkName, ask: () => Promise<T>): Promise<[on: T, off: T]> {
  be(emulator);
  const on = await ask();
  be(emulator, { quirks: { [name]: false } });
  const off = await ask();
  be(emulator);
  return [on, off];
}

/** Permission rows of the first mailboxes, as text and as rows. */
async function permissions(count = 60): Promise<string> {
  const targets = [...emulator.targets(bench.tenantId)].slice(0, count);
  const replies: string[] = [];
  for (let at = 0; at < targets.length; at += 20) {
    const items = targets.slice(at, at + 20).map((Identity, nth) => ({
      id: String(nth),
      cmdlet: "Get-MailboxPermission",
      parameters: { Identity },
    }));
    replies.push((await bench.batch(items)).text);
  }
  return replies.join("\n");
}

test("noOpWarnings: removing what is not there is a 200 with a warning and no rows (exo-protocol.md 11, quirk 7)", async () => {
  const [target = "", stranger = ""] = emulator.targets(bench.tenantId);
  const remove = async (): Promise<RawReply> =>
    bench.invoke("Remove-MailboxPermission", {
      Identity: target,
      User: stranger,
      AccessRights: ["ChangeOwner"],
      Confirm: false,
    });
  const [on, off] = await onAndOff("noOpWarnings", remove);
  expect([on.status, rowsOf(on)]).toEqual([200, []]);
  expect(JSON.parse(on.text)["@adminapi.warnings"][0]).toContain(
    "because the ACE doesn't exist on the object.",
  );
  expect(JSON.parse(off.text)["@adminapi.warnings"]).toEqual([]);
});

test("joinedRights: several rights in one element (exo-protocol.md 11, quirk 34)", async () => {
  const [on, off] = await onAndOff("joinedRights", permissions);
  expect(on).toContain(
    '"AccessRights@odata.type":"#Collection(String)","AccessRights":["FullAccess, ReadPermission"]',
  );
  expect(off).toContain('"AccessRights":["FullAccess","ReadPermission"]');
  expect(off).not.toMatch(/"AccessRights":\["[^"]*,/);
});

test("doubledSelf: a second SELF row with ExternalAccount (exo-protocol.md 11, quirk 35)", async () => {
  const [on, off] = await onAndOff("doubledSelf", async () => permissions(300));
  expect(on).toMatch(/ExternalAccount[^}]*"User":"NT AUTHORITY\\\\SELF","UserSid":"S-1-5-10"/);
  expect(off).not.toMatch(/ExternalAccount[^}]*"UserSid":"S-1-5-10"/);
});

test("stringBooleans: Deny as text beside Deny as boolean (exo-protocol.md 11, quirk 36)", async () => {
  const [on, off] = await onAndOff("stringBooleans", permissions);
  expect(on).toContain('"Deny":"False"');
  expect(on).toContain('"Deny":false');
  expect(off).not.toContain('"Deny":"');
});

test("twinIdentities: an identity that brings the rows of a longer one too (exo-protocol.md 11, quirk 37)", async () => {
  be(emulator);
  const rows = rowsOf(await bench.invoke("Get-MailboxPermission", { Identity: "gosho" }));
  expect(new Set(rows.map((row) => row["Identity"]))).toEqual(new Set(["gosho", "Gosho2"]));
  be(emulator, { quirks: { twinIdentities: false } });
  expect((await bench.invoke("Get-MailboxPermission", { Identity: "gosho" })).status).toBe(404);
});

test("hostileNames: names with markup, pipes and newlines (exo-protocol.md 11, quirk 37 and 59)", async () => {
  const names = async (): Promise<string> => (await list("Get-Mailbox", {}, "Name,DisplayName")).text;
  const [on, off] = await onAndOff("hostileNames", names);
  expect(on).toMatch(/\\nCNF:[0-9a-f-]{36}|\| a 'b' & c/);
  expect(off).not.toMatch(/\\nCNF:|\| a 'b' & c/);
});

test("renamedRecipients: a SendAs row that names the mailbox by an old display name (exo-protocol.md 11, quirk 37)", async () => {
  const strangers = async (): Promise<number> => {
    const known = new Set(
      rowsOf(await list("Get-Recipient", {}, "DisplayName,Name")).flatMap((row) => [
        row["DisplayName"],
        row["Name"],
      ]),
    );
    const rows = rowsOf(await list("Get-RecipientPermission", {}, "Identity"));
    return rows.filter((row) => !known.has(row["Identity"])).length;
  };
  const [on, off] = await onAndOff("renamedRecipients", strangers);
  expect(on).toBeGreaterThan(off);
});

test("emptyIdentityIsAll: an empty or null Identity reads everything (exo-protocol.md 11, quirk 38)", async () => {
  be(emulator);
  for (const Identity of ["", null])
    expect(rowsOf(await bench.invoke("Get-Mailbox", { Identity }))).toHaveLength(100);
  expect(rowsOf(await bench.invoke("Get-MailboxPermission", { Identity: "" }))).toHaveLength(100);
  be(emulator, { quirks: { emptyIdentityIsAll: false } });
  expect((await bench.invoke("Get-MailboxPermission", { Identity: "" })).status).toBe(400);
});

test("delegatesAsNames: delegates on behalf as names or GUIDs, never addresses (exo-protocol.md 11, quirk 39)", async () => {
  const delegates = async (): Promise<unknown[]> =>
    rowsOf(
      await list("Get-Mailbox", { Filter: "GrantSendOnBehalfTo -ne $null" }, "GrantSendOnBehalfTo"),
    ).flatMap((row) => row["GrantSendOnBehalfTo"]);
  const isGuid = (text: unknown): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(String(text));
  const [on, off] = await onAndOff("delegatesAsNames", delegates);
  expect(on.some((name) => !isGuid(name))).toBe(true);
  expect(on.some((name) => String(name).includes("@"))).toBe(false);
  expect(off.every(isGuid)).toBe(true);
});

test("orphanedSids: deleted trustees as raw SIDs (exo-protocol.md 11, quirk 40)", async () => {
  const orphans = async (orphanedSids: boolean): Promise<boolean> => {
    be(emulator, { quirks: { orphanedSids, legacyEntries: false } });
    return /"User":"S-1-5-21-[\d-]+","UserSid":"S-1-5-21-/.test(await permissions(300));
  };
  expect([await orphans(true), await orphans(false)]).toEqual([true, false]);
});

test("legacyEntries: inherited and system rows of older tenants (exo-protocol.md 11, quirk 42)", async () => {
  const [on, off] = await onAndOff("legacyEntries", async () =>
    /"User":"NT AUTHORITY\\\\SYSTEM"[^}]*"IsInherited":true/.test(await permissions()),
  );
  expect([on, off]).toEqual([true, false]);
});

test("denyEntries: a Deny entry survives a removal without Deny (exo-protocol.md 11, quirk 41)", async () => {
  be(emulator);
  const [, , target = "", trustee = ""] = emulator.targets(bench.tenantId);
  const entry = { Identity: target, User: trustee, AccessRights: ["FullAccess"] };
  const denied = async (): Promise<boolean> => {
    const rows = rowsOf(await bench.invoke("Get-MailboxPermission", { Identity: target, User: trustee }));
    return rows.some((row) => String(row["Deny"]).toLowerCase() === "true");
  };
  await bench.invoke("Add-MailboxPermission", { ...entry, Deny: true });
  await bench.invoke("Remove-MailboxPermission", { ...entry, Confirm: false });
  expect(await denied()).toBe(true);
  await bench.invoke("Remove-MailboxPermission", { ...entry, Deny: true, Confirm: false });
  expect(await denied()).toBe(false);
});

test("bigRuleIdentity: integers beyond 2^53 as bare numbers (exo-protocol.md 11, quirk 43)", async () => {
  const rules = async (): Promise<string> => {
    const targets = [...emulator.targets(bench.tenantId)].slice(0, 20);
    const items = targets.map((Mailbox, at) => ({
      id: String(at),
      cmdlet: "Get-InboxRule",
      parameters: { Mailbox },
    }));
    return (await bench.batch(items)).text;
  };
  const [on, off] = await onAndOff("bigRuleIdentity", rules);
  const numbers = [...on.matchAll(/"RuleIdentity":(\d+)[,}]/g)].map((match) => BigInt(match[1] ?? 0));
  expect(numbers.some((number) => number > 2n ** 53n)).toBe(true);
  expect(off).toMatch(/"RuleIdentity":\d{1,10}[,}]/);
});

test("sizes, limits and spans of time are texts (exo-protocol.md 11, quirk 45; 5.3)", async () => {
  be(emulator);
  const [row = {}] = rowsOf(
    await bench.invoke("Get-Mailbox", { RecipientTypeDetails: "UserMailbox", ResultSize: 1 }),
  );
  expect(row["ProhibitSendQuota"]).toMatch(/^\d+ GB \([\d,]+ bytes\)$/);
  expect(row["RecipientLimits"]).toMatch(/^\d+$/);
  expect(row["RetainDeletedItemsFor"]).toMatch(/^\d+\.\d\d:\d\d:\d\d$/);
});

test("storedCasing: addresses in the casing they were stored with, found in any (exo-protocol.md 11, quirk 46)", async () => {
  const shouting = async (): Promise<string | undefined> =>
    rowsOf(await list("Get-Mailbox", {}, "PrimarySmtpAddress"))
      .map((row) => String(row["PrimarySmtpAddress"]))
      .find((address) => /@[A-Z]/.test(address));
  const [on, off] = await onAndOff("storedCasing", shouting);
  expect([typeof on, off]).toEqual(["string", undefined]);
  const found = await bench.invoke("gEt-MaIlBoX", { iDeNtItY: on?.toUpperCase() });
  expect(rowsOf(found)[0]?.["PrimarySmtpAddress"]).toBe(on);
});

test("absentProperties: keys missing in some rows, null or empty in others (exo-protocol.md 11, quirk 47)", async () => {
  const widths = async (): Promise<Set<number>> =>
    new Set(
      rowsOf(await bench.invoke("Get-Mailbox", { RecipientTypeDetails: "UserMailbox" })).map(
        (row) => Object.keys(row).length,
      ),
    );
  const [on, off] = await onAndOff("absentProperties", widths);
  expect(on.size).toBeGreaterThan(off.size);
  const [row = {}] = rowsOf(await bench.invoke("Get-Mailbox", { ResultSize: 1 }));
  expect(Object.values(row)).toEqual(expect.arrayContaining([null, ""]));
});

test("localisedFolders: the calendar in the language of the mailbox, first of its scope (exo-protocol.md 11, quirk 48)", async () => {
  const calendars = async (): Promise<Set<unknown>> => {
    const targets = [...emulator.targets(bench.tenantId)].slice(0, 20);
    const items = targets.map((Identity, at) => ({
      id: String(at),
      cmdlet: "Get-MailboxFolderStatistics",
      parameters: { Identity, FolderScope: "Calendar" },
    }));
    const { responses } = JSON.parse((await bench.batch(items)).text);
    return new Set(
      responses.map((item: { body: { value: readonly Row[] } }) => item.body.value[0]?.["Name"]),
    );
  };
  const [on, off] = await onAndOff("localisedFolders", calendars);
  expect([...on]).toEqual(expect.arrayContaining(["Calendar", "Kalender", "Calendrier"]));
  expect([...off]).toEqual(["Calendar"]);
});

test("writeLagSeconds: a write is seen at once on its own connection, later on others (exo-protocol.md 11, quirk 49)", async () => {
  be(emulator, { timeScale: 50, quirks: { writeLagSeconds: 20 } });
  const [, , , , target = "", trustee = ""] = emulator.targets(bench.tenantId);
  const entry = { Identity: target, User: trustee };
  await bench.invoke("Add-MailboxPermission", { ...entry, AccessRights: "FullAccess" });
  const seen = async (headers: Readonly<Record<string, string>>): Promise<boolean> =>
    rowsOf(await bench.invoke("Get-MailboxPermission", entry, { headers })).length > 0;
  const other = { "connection-id": "7a1d5f5e-0000-4000-8000-000000000001" };
  expect([await seen({}), await seen(other)]).toEqual([true, false]);
  await expect.poll(async () => seen(other), { interval: 50, timeout: 3_000 }).toBe(true);
});

test("enumPrefixes: the beginning of a member is taken for it: 200 and no rows (exo-protocol.md 11, quirk 50)", async () => {
  const ask = async (): Promise<RawReply> =>
    bench.invoke("Get-QuarantineMessage", { QuarantineTypes: "File" });
  const [on, off] = await onAndOff("enumPrefixes", ask);
  expect([on.status, rowsOf(on)]).toEqual([200, []]);
  expect(off.status).toBe(400);
  expect(
    rowsOf(await bench.invoke("Get-QuarantineMessage", { QuarantineTypes: "Spam" })).length,
  ).toBeGreaterThan(0);
});

test("pageSizeZero: 200, no rows, no nextLink (exo-protocol.md 11, quirk 51)", async () => {
  const ask = async (): Promise<RawReply> => bench.invoke("Get-QuarantineMessage", { PageSize: 0 });
  const [on, off] = await onAndOff("pageSizeZero", ask);
  expect([on.status, rowsOf(on), JSON.parse(on.text)["@odata.nextLink"]]).toEqual([200, [], undefined]);
  expect(rowsOf(off).length).toBeGreaterThan(0);
});

test("ambiguousIdentity: a write to an identity of several objects (exo-protocol.md 11, quirk 54)", async () => {
  be(emulator);
  const reply = await bench.invoke("Set-Mailbox", { Identity: "gosho", CustomAttribute1: "x" });
  expect([reply.status, JSON.parse(reply.text).error.code]).toEqual([400, "BadRequest"]);
  expect(reply.text).toContain("object: 'gosho' matches multiple entries");
});

test("wildcardErrors: a sweep has rows, and errors where it ends (exo-protocol.md 11, quirk 58)", async () => {
  be(emulator);
  const parameters = { Identity: "*", ResultSize: "Unlimited" };
  let reply = await bench.invoke("Get-MailboxPermission", parameters, large);
  expect(rowsOf(reply).length).toBe(1000);
  expect(reply.text).not.toContain("@adminapi.errors");
  for (
    let link = JSON.parse(reply.text)["@odata.nextLink"];
    link;
    link = JSON.parse(reply.text)["@odata.nextLink"]
  )
    reply = await bench.invoke("Get-MailboxPermission", parameters, {
      ...large,
      query: new URL(link).search,
    });
  expect(JSON.parse(reply.text)["@adminapi.errors"]).toEqual([
    expect.stringContaining("BackEndLocatorException"),
  ]);
  expect(reply.text).toMatch(/"adminapi\.errors@odata\.type":"#Collection\(String\)","@adminapi\.errors":\[/);
});

test("softDeletedIdentities: deleted mailboxes carry their container (exo-protocol.md 11, quirk 59)", async () => {
  const ask = async (): Promise<string> =>
    (await list("Get-Mailbox", { SoftDeletedMailbox: true }, "Identity")).text;
  const [on, off] = await onAndOff("softDeletedIdentities", ask);
  expect(on).toContain('"Identity":"Soft Deleted Objects\\\\');
  expect(off).not.toContain("Soft Deleted Objects");
});

test("dirSyncedRefusals: synchronised objects refuse writes (exo-protocol.md 11, quirk 60)", async () => {
  be(emulator);
  const rows = rowsOf(await list("Get-Mailbox", {}, "ExchangeGuid,IsDirSynced"));
  const synced = rows.find((row) => row["IsDirSynced"] === true);
  expect(synced).toBeDefined();
  const write = async (): Promise<RawReply> =>
    bench.invoke("Set-Mailbox", { Identity: synced?.["ExchangeGuid"], HiddenFromAddressListsEnabled: true });
  const reply = await write();
  expect(reply.status).toBe(400);
  expect(reply.text).toContain("is being synchronized from your on-premises organization");
  expect(reply.text).toContain("out of the current user's write scope");
  be(emulator, { quirks: { dirSyncedRefusals: false } });
  expect((await write()).status).toBe(200);
});

test("noOutput: the forms of a reply without output (exo-protocol.md 11, quirk 8)", async () => {
  const [target = ""] = emulator.targets(bench.tenantId);
  let value = 0;
  const write = async (noOutput: string): Promise<[number, string]> => {
    be(emulator, { quirks: { noOutput } });
    value += 1;
    const reply = await bench.invoke("Set-Mailbox", { Identity: target, CustomAttribute15: `v${value}` });
    return [reply.status, reply.text.replace(/^\{"@odata\.context":"[^"]+",/, "{")];
  };
  const head = '{"adminapi.warnings@odata.type":"#Collection(String)","@adminapi.warnings":[]';
  expect(await write("empty-list")).toEqual([200, `${head},"value":[]}`]);
  expect(await write("no-value")).toEqual([200, `${head}}`]);
  expect(await write("null-value")).toEqual([200, `${head},"value":null}`]);
  expect(await write("empty-body")).toEqual([200, ""]);
  expect(await write("no-content")).toEqual([204, ""]);
});

test("confirmHandshake: Confirm:true asks and does nothing (exo-protocol.md 11, quirk 65)", async () => {
  be(emulator);
  const [target = ""] = emulator.targets(bench.tenantId);
  const read = async (): Promise<unknown> =>
    rowsOf(
      await bench.invoke("Get-Mailbox", { Identity: target }, { query: "?$select=CustomAttribute14" }),
    )[0]?.["CustomAttribute14"];
  const write = async (Confirm: boolean): Promise<RawReply> =>
    bench.invoke("Set-Mailbox", { Identity: target, CustomAttribute14: "asked", Confirm });
  const before = await read();
  const asked = await write(true);
  expect(JSON.parse(asked.text)["@adminapi.confirmationmessage"]).toContain("Are you sure");
  expect([await read(), [...emulator.ledger.read(emulator.ledger.length - 2)][0]?.executedAtMs]).toEqual([
    before,
    null,
  ]);
  await write(false);
  expect(await read()).toBe("asked");
});

test("trusteeNames: Send As read as a resource may name trustees by their display names (exo-protocol.md 10.5)", async () => {
  const query = "Recipient?$expand=RecipientPermission";
  const trustees = async (share: number): Promise<readonly string[]> => {
    be(emulator, { quirks: { trusteeNames: share } });
    const reply = await raw(`${bench.base}/${query}`, {
      method: "GET",
      headers: { ...bench.headers, ...large.headers },
    });
    const held = rowsOf(reply).flatMap(({ RecipientPermission: list }) => list as readonly Row[]);
    return held.map(({ Trustee }) => String(Trustee)).toSorted();
  };
  const [usual, named] = [await trustees(0), await trustees(1)];
  expect(named).toHaveLength(usual.length);
  expect(usual.filter((trustee) => trustee.includes("@")).length).toBeGreaterThan(0);
  expect(named.filter((trustee) => trustee.includes("@"))).toEqual([]);
});
