/** The resources behind `Get-EXO*` on raw HTTP, as facts have them (exo-protocol.md 1.4). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEmulator, type Emulator } from "../../src/emulator/index.ts";
import { be, benchOf, raw, type Bench, type RawReply } from "./wire.ts";

let emulator: Emulator;
let bench: Bench;

beforeAll(async () => {
  emulator = await startEmulator({ mailboxes: 130, seed: 2 });
  bench = await benchOf(emulator);
});
afterAll(async () => emulator.stop());

type Row = Readonly<Record<string, unknown>>;
interface Body {
  readonly "@odata.context"?: string;
  readonly "@odata.nextLink"?: string;
  readonly value: readonly Row[];
}

const get = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<RawReply> =>
  raw(path.startsWith("http") ? path : `${bench.base}/${path}`, {
    method: "GET",
    headers: { ...bench.headers, ...headers },
  });
const parse = (reply: RawReply): Body => JSON.parse(reply.text);
const parseRow = (reply: RawReply): Row => JSON.parse(reply.text);
const rowsOf = async (cmdlet: string, parameters: object = {}): Promise<readonly Row[]> =>
  parse(await bench.invoke(cmdlet, parameters, { headers: { prefer: "odata.maxpagesize=1000" } })).value;
const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

async function someMailbox(): Promise<Row> {
  const [row = {}] = await rowsOf("Get-Mailbox", { RecipientTypeDetails: ["UserMailbox"], ResultSize: 1 });
  return row;
}

test("all mailboxes come in pages of 100 unless Prefer says otherwise, by GET and by their whole query", async () => {
  be(emulator);
  const first = parse(await get("Mailbox?PropertySet=Minimum"));
  expect(first.value).toHaveLength(100);
  expect(first["@odata.context"]).toBe(`${bench.base}/$metadata#Mailbox`);
  expect(first["@odata.nextLink"]).toContain("Mailbox?PropertySet=Minimum&%24skiptoken=");
  const second = parse(await get(first["@odata.nextLink"] ?? ""));
  expect(second["@odata.nextLink"]).toBeUndefined();
  const all = new Set([...first.value, ...second.value].map(({ Guid }) => Guid));
  expect(all).toEqual(new Set((await rowsOf("Get-Mailbox")).map(({ Guid }) => Guid)));
  expect(parse(await get("Mailbox", { prefer: "odata.maxpagesize=7" })).value).toHaveLength(7);
});

test("a property set and $select add up; without either, everything comes", async () => {
  be(emulator);
  const names = async (query: string): Promise<readonly string[]> =>
    Object.keys(parse(await get(`Mailbox${query}`)).value[0] ?? {}).toSorted();
  expect(await names("?PropertySet=Minimum")).toEqual(
    [
      ..."Alias DisplayName DistinguishedName EmailAddresses ExchangeVersion ExternalDirectoryObjectId Guid".split(
        " ",
      ),
      ..."Id Name OrganizationId PrimarySmtpAddress RecipientType RecipientTypeDetails UserPrincipalName".split(
        " ",
      ),
    ].toSorted(),
  );
  expect(await names("?$select=alias,NoSuchThing")).toEqual(["Alias"]);
  expect(await names("?PropertySet=StatisticsSeed&$select=Alias")).toEqual([
    "Alias",
    "DatabaseGuid",
    "ExchangeGuid",
    "ExternalDirectoryObjectId",
  ]);
  expect((await names("")).length).toBeGreaterThan(150);
});

test("rows carry no types, and no warnings come with them", async () => {
  be(emulator, { quirks: { unrelatedWarnings: 1 } });
  const { text } = await get("Mailbox");
  expect(text).not.toMatch(/@data\.type|@odata\.type|@adminapi/);
});

test("a key is a text, or base64 of it, whatever the casing of the segments", async () => {
  be(emulator);
  const { Guid, Alias } = await someMailbox();
  const same = [
    `Mailbox('${String(Guid)}')`,
    `mailbox('${base64(String(Guid))}')?IsEncoded=True`,
    `Mailbox('${encodeURIComponent(base64(String(Guid)))}')/?isEncoded=true`,
  ];
  for (const path of same) expect(parseRow(await get(path))).toMatchObject({ Guid, Alias });
  const v1 = bench.base.replace("/beta/", "/v1.0/");
  expect(parseRow(await get(`${v1}/Mailbox('${String(Guid)}')`))).toMatchObject({ Guid });
});

test("filters are OData's, and types may be named beside them", async () => {
  be(emulator);
  const shared = await rowsOf("Get-Mailbox", { RecipientTypeDetails: ["SharedMailbox"] });
  for (const query of [
    `$filter=${encodeURIComponent("RecipientTypeDetails eq 'SharedMailbox' and not (Alias eq 'x')")}`,
    "RecipientTypeDetails=sharedmailbox",
  ])
    expect(parse(await get(`Mailbox?${query}&$select=Guid`)).value).toHaveLength(shared.length);
  expect(parse(await get("Mailbox?$top=3&$select=UserPrincipalName")).value).toHaveLength(3);
  expect(
    parse(await get("Mailbox?$top=3", { prefer: "odata.maxpagesize=2" }))["@odata.nextLink"],
  ).toBeDefined();
});

test("rights of one holder are one object with a list, as many as the plain cmdlet has rows, and no SID", async () => {
  be(emulator);
  const { Guid } = await someMailbox();
  const plain = await rowsOf("Get-MailboxPermission", { Identity: Guid });
  const { value } = parse(await get(`Mailbox('${base64(String(Guid))}')/MailboxPermission?isEncoded=true`));
  const nested = value.flatMap(({ PermissionList }) => PermissionList as readonly Row[]);
  expect(nested).toHaveLength(plain.length);
  expect(new Set(value.map(({ User }) => User))).toEqual(new Set(plain.map(({ User }) => User)));
  expect(Object.keys(value[0] ?? {})).toEqual(["MailboxIdentity", "User", "IsOwner", "PermissionList"]);
  expect(nested.every(({ Deny }) => typeof Deny === "boolean")).toBe(true);
});

test("Send As comes with the recipient that was expanded", async () => {
  be(emulator);
  const { Guid } = await someMailbox();
  const plain = await rowsOf("Get-RecipientPermission", { Identity: Guid });
  const recipient = parseRow(
    await get(`Recipient('${base64(String(Guid))}')?$expand=RecipientPermission&isEncoded=true`),
  );
  const held = recipient["RecipientPermission"] as readonly Row[];
  expect(held.map(({ Trustee }) => Trustee)).toEqual(plain.map(({ Trustee }) => Trustee));
});

test("sizes are numbers of bytes; who was never there is 204", async () => {
  be(emulator);
  const all = await rowsOf("Get-Mailbox", { RecipientTypeDetails: ["UserMailbox"] });
  const replies = await Promise.all(
    all.map(({ Guid }) => get(`Mailbox('${String(Guid)}')/Exchange.GetMailboxStatistics()`)),
  );
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 204]));
  const read = replies.find(({ status }) => status === 200);
  expect(parseRow(read ?? replies[0] ?? (await get("")))["TotalItemSize"]).toBeTypeOf("number");
});

test("folders, entries of a folder and devices are read below the mailbox", async () => {
  be(emulator);
  const { Guid } = await someMailbox();
  const mailbox = `Mailbox('${base64(String(Guid))}')`;
  const scope = "folderscope=Exchange.ElcFolderType'Calendar'";
  const folders = parse(
    await get(`${mailbox}/MailboxFolder/Exchange.GetMailboxFolderStatistics(${scope})?isEncoded=true`),
  ).value;
  expect(folders[0]).toMatchObject({ FolderType: "Calendar" });
  expect(folders[0]?.["FolderSize"]).toBeTypeOf("number");
  for (const folder of [`\\${String(folders[0]?.["Name"])}`, String(folders[0]?.["FolderId"])]) {
    const { value } = parse(
      await get(
        `${mailbox}/MailboxFolder('${encodeURIComponent(base64(folder))}')/MailboxFolderPermission?IsUsingMailboxFolderId=True&isEncoded=true`,
      ),
    );
    const types = value.map(({ MailboxFolderUser: user }) => Reflect.get(Object(user), "UserType"));
    expect(types.slice(0, 2)).toEqual(["Default", "Anonymous"]);
  }
  const devices = await get(`${mailbox}/MobileDevice/Exchange.GetMobileDeviceStatistics()/?IsEncoded=True`);
  expect(parse(devices).value).toBeInstanceOf(Array);
});

describe("what is wrong is said in OData's own way:", () => {
  test("an object that is not there", async () => {
    be(emulator);
    const reply = await get("Mailbox('nobody')/MailboxPermission");
    expect(reply.status).toBe(404);
    expect(reply.text).toContain('"code":"NotFound","message":"An server side error occured."');
  });

  test.each([
    ["Mailbox?Anr=ab", 400],
    ["Mailbox?$skip=3", 400],
    ["Mailbox?$expand=Owner", 400],
    ["Mailbox?$top=many", 400],
    ["Mailbox?$filter=nonsense", 400],
    ["Mailbox('')", 400],
    ["NoSuchSet", 404],
    ["Mailbox('a')/NoSuchThing", 404],
    ["Mailbox?%24skiptoken=forged", 400],
  ])("%s is a %i", async (path, status) => {
    be(emulator);
    expect((await get(path)).status).toBe(status);
  });

  test("a missing role is the 401 that was recorded, with the plain cmdlet's name", async () => {
    be(emulator);
    const body = JSON.stringify({ appRoles: ["Exchange.ManageAsApp"], directoryRoles: ["global-reader"] });
    const grants = `${emulator.url}/__emulator/tenants/${bench.tenantId}/grants`;
    await raw(grants, { method: "PUT", body });
    const reader = await benchOf(emulator);
    const reply = await get("Recipient?$expand=RecipientPermission", reader.headers);
    expect(reply.status).toBe(401);
    expect(reply.text).toContain("User is not allowed to call Get-RecipientPermission");
    expect((await get("Recipient", reader.headers)).status).toBe(200);
    const all = { appRoles: ["Exchange.ManageAsApp"], directoryRoles: ["exchange-administrator"] };
    await raw(grants, { method: "PUT", body: JSON.stringify(all) });
  });

  test("POST is refused, and so is a token nobody made", async () => {
    be(emulator);
    expect((await raw(`${bench.base}/Mailbox`, { headers: bench.headers, body: "{}" })).status).toBe(405);
    expect((await get("Mailbox", { authorization: "Bearer x" })).status).toBe(401);
  });
});

describe("the rest of the service is as nasty here:", () => {
  test("a cursor is good for its own anchor and its own query only", async () => {
    be(emulator);
    const { "@odata.nextLink": link = "" } = parse(await get("Mailbox?$select=Guid"));
    expect((await get(link, { "connection-id": crypto.randomUUID() })).status).toBe(400);
    expect((await get(link.replace("select=Guid", "select=Alias"))).status).toBe(400);
    expect((await get(link.replace("/Mailbox?", "/Recipient?"))).status).toBe(400);
    expect((await get(link)).status).toBe(200);
  });

  test("a call counts against the rate, stands in the ledger, and can be struck by its name", async () => {
    be(emulator, { rate: { kind: "window", n: 1, per: 3600, unit: "item", headers: true } });
    const before = emulator.ledger.length;
    expect((await get("Mailbox?$top=1")).status).toBe(200);
    expect((await get("Mailbox?$top=1")).status).toBe(429);
    expect(emulator.ledger.length - before).toBe(2);

    be(emulator, {
      faults: { script: [{ match: { cmdlet: "Get-EXOMailbox", nth: 1 }, fault: { kind: "cut" } }] },
    });
    const cut = await get("Mailbox?$top=9");
    expect(cut.status).toBe(200);
    expect(() => parse(cut)).toThrow(SyntaxError);
    expect(parse(await get("Mailbox?$top=9")).value).toHaveLength(9);

    const foreign = { match: { cmdlet: "Get-EXOMailbox" }, fault: { kind: "next-foreign" } } as const;
    be(emulator, { faults: { script: [foreign] } });
    expect(parse(await get("Mailbox"))["@odata.nextLink"]).toContain("https://outlook.office365.example/");
  });
});
