import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator, type Emulator } from "../../src/emulator/index.ts";
import { be, benchOf, bodyOf, raw, type Bench } from "./wire.ts";

let emulator: Emulator;
let bench: Bench;

beforeAll(async () => {
  emulator = await startEmulator({ mailboxes: 40 });
  bench = await benchOf(emulator);
});
afterAll(async () => emulator.stop());

const target = (at = 0): string => [...emulator.targets(bench.tenantId)][at] ?? "";

test("the envelope has its members in the recorded order (exo-protocol.md 5.1)", async () => {
  be(emulator);
  const { text } = await bench.invoke("Get-Mailbox", { ResultSize: 2 });
  const places = [
    `{"@odata.context":"${bench.base}/$metadata#Collection(Exchange.GenericHashTable)",`,
    `"@odata.nextLink":"${bench.base}/InvokeCommand?%24skiptoken=`,
    '"adminapi.warnings@odata.type":"#Collection(String)",',
    '"@adminapi.warnings":["There are more',
    '"value":[{',
  ].map((part) => text.indexOf(part));
  expect(places[0]).toBe(0);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test("@odata.context echoes host and tenant segment exactly as called (exo-protocol.md 5.1)", async () => {
  be(emulator);
  const domain = emulator.tenants[0]?.domain ?? "";
  const url = `${emulator.url.replace("127.0.0.1", "localhost")}/AdminApi/Beta/${domain.toUpperCase()}`;
  const reply = await raw(`${url}/InvokeCommand?`, {
    headers: bench.headers,
    body: JSON.stringify(bodyOf("get-mailbox", { resultsize: 1 })),
  });
  expect(
    reply.text.startsWith(`{"@odata.context":"${url}/$metadata#Collection(Exchange.GenericHashTable)",`),
  ).toBe(true);
});

test("replies carry the recorded headers (exo-protocol.md 3.3)", async () => {
  be(emulator);
  const { headers } = await bench.invoke("Get-Mailbox", { ResultSize: 1 });
  expect(headers).toMatchObject({
    "content-type":
      "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
    "odata-version": "4.0",
    "preference-applied": 'odata.include-annotations="*"',
    "x-backendhttpstatus": "200,200",
    "x-concurrencycount": "0",
    "x-combinedapponlyconcurrencycount": "0",
    "x-usertype": "Business",
    organizationstatus: "Active",
    "restrict-access-confirm": "1",
    "cache-control": "no-cache",
    vary: "Accept-Encoding",
    server: "Microsoft-HTTPAPI/2.0",
    "x-ms-appid": emulator.tenants[0]?.clientId,
  });
  expect(headers["request-id"]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(headers["x-calculatedbetarget"]).toMatch(/\.PROD\.OUTLOOK\.COM$/);
});

test("authorization and content type are enough for a call (exo-protocol.md 3.1)", async () => {
  be(emulator);
  const { authorization = "" } = bench.headers;
  const reply = await raw(`${bench.base}/InvokeCommand`, {
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ CmdletInput: { Parameters: { Identity: target() }, CmdletName: "GET-MAILBOX" } }),
  });
  expect([reply.status, JSON.parse(reply.text).value.length]).toEqual([200, 1]);
});

test("a gzipped request body is read (exo-protocol.md 3.1)", async () => {
  be(emulator);
  const { gzipSync } = await import("node:zlib");
  const body = gzipSync(JSON.stringify(bodyOf("Get-Mailbox", { Identity: target() })));
  const reply = await raw(`${bench.base}/InvokeCommand`, {
    headers: { ...bench.headers, TransferEncoding: "gzip" },
    body,
  });
  expect(reply.status).toBe(200);
});

test("annotations: type members stand before the values they describe (exo-protocol.md 11, quirk 44)", async () => {
  be(emulator);
  const { text } = await bench.invoke("Get-Mailbox", { Identity: target() });
  expect(text).toContain(
    `"ExchangeGuid@data.type":"System.Guid","ExchangeGuid@odata.type":"#Guid","ExchangeGuid":"${target()}"`,
  );
  expect(text).toMatch(/"EmailAddresses@odata\.type":"#Collection\(String\)","EmailAddresses":\["/);
  expect(text).toMatch(
    /"WhenCreated@data\.type":"System\.DateTime","WhenCreated":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00"/,
  );
  expect(text).toMatch(/"WhenCreatedUTC@data\.type":"System\.DateTime","WhenCreatedUTC":"[^"]+\.\d{7}Z"/);
  be(emulator, { quirks: { annotations: false } });
  const bare = await bench.invoke("Get-Mailbox", { Identity: target() });
  expect(bare.text).not.toMatch(/@data\.type|[a-z]@odata\.type":"#(Guid|Int)/);
  expect(Object.keys(JSON.parse(bare.text).value[0])).toContain("ExchangeGuid");
});

test("$select keeps the named properties in any case, with their annotations, and ignores unknown ones (exo-protocol.md 5.2)", async () => {
  be(emulator);
  for (const name of ["$select", "%24select"]) {
    const { text } = await bench.invoke(
      "Get-Mailbox",
      { Identity: target() },
      { query: `?${name}=exchangeguid,PrimarySMTPAddress,Nonsense` },
    );
    const names = Object.keys(JSON.parse(text).value[0]);
    expect(names.sort()).toEqual([
      "ExchangeGuid",
      "ExchangeGuid@data.type",
      "ExchangeGuid@odata.type",
      "PrimarySmtpAddress",
    ]);
  }
});

test("unrelatedWarnings: a success carries a warning about something else (exo-protocol.md 11, quirk 6)", async () => {
  be(emulator);
  const calm = await bench.invoke("Get-Mailbox", { Identity: target() });
  expect(calm.text).toContain('"@adminapi.warnings":[],');
  be(emulator, { quirks: { unrelatedWarnings: 1 } });
  const { text } = await bench.invoke("Get-Mailbox", { Identity: target() });
  expect(JSON.parse(text)["@adminapi.warnings"]).toHaveLength(1);
  expect(JSON.parse(text).value).toHaveLength(1);
});

test("escapedUnicode: text outside ASCII is escaped, or UTF-8 (exo-protocol.md 4.6)", async () => {
  be(emulator);
  const name = (text: string): unknown => JSON.parse(text).value.map((row: object) => Object.values(row));
  const listing = { query: "?$select=DisplayName" };
  const escaped = await bench.invoke("Get-Mailbox", {}, listing);
  expect(escaped.bytes.every((byte) => byte < 0x7f)).toBe(true);
  expect(escaped.text).toMatch(/\\u[0-9a-f]{4}/);
  be(emulator, { quirks: { escapedUnicode: false } });
  const utf8 = await bench.invoke("Get-Mailbox", {}, listing);
  expect(utf8.bytes.some((byte) => byte > 0x7f)).toBe(true);
  expect(name(utf8.text)).toEqual(name(escaped.text));
});

test("gzipReplies: a large reply is compressed for those who accept it (exo-protocol.md 3.1)", async () => {
  be(emulator, { quirks: { gzipReplies: 1 } });
  const packed = await bench.invoke("Get-Mailbox", {}, { headers: { "accept-encoding": "gzip" } });
  expect([packed.headers["content-encoding"], packed.bytes[0], packed.bytes[1]]).toEqual([
    "gzip",
    0x1f,
    0x8b,
  ]);
  expect(JSON.parse(gunzipSync(packed.bytes).toString("utf8")).value.length).toBeGreaterThan(30);
  expect((await bench.invoke("Get-Mailbox")).headers["content-encoding"]).toBeUndefined();
});

test("errorInSuccess: 200 with an error in the envelope (exo-protocol.md 11, quirk 63)", async () => {
  be(emulator, { quirks: { errorInSuccess: 1 } });
  const reply = await bench.invoke("Get-Mailbox", { Identity: target() });
  expect(reply.status).toBe(200);
  expect(JSON.parse(reply.text)).toEqual({
    error: {
      code: "InternalServerError",
      message: "The server is busy, try again.",
      innererror: {
        message: "The server is busy, try again.",
        type: "Microsoft.Exchange.Data.Storage.ServerBusyException",
      },
    },
  });
});

test("cmdlet discovery lists what the caller's roles allow (exo-protocol.md 1.3)", async () => {
  be(emulator);
  const read = async (): Promise<string[]> => {
    const token = await (await import("./wire.ts")).signIn(emulator);
    const reply = await raw(`${emulator.url}/AdminApi/v1.0/${bench.tenantId}/EXOModuleFile?Version=3.9.2`, {
      method: "GET",
      headers: { authorization: `Bearer ${token}`, CommandName: "*" },
    });
    const { value } = JSON.parse(reply.text);
    expect(value[0].fileName).toBe("ExchangeOnline.psm1");
    return value[0].exportedCmdlets.split(",");
  };
  const grants = async (directoryRoles: readonly string[]): Promise<void> => {
    await raw(`${emulator.url}/__emulator/tenants/${bench.tenantId}/grants`, {
      method: "PUT",
      body: JSON.stringify({ directoryRoles }),
    });
  };
  expect(await read()).toEqual(expect.arrayContaining(["Get-Mailbox", "Get-RecipientPermission"]));
  await grants(["global-reader"]);
  const reader = await read();
  expect(reader).toContain("Get-Mailbox");
  expect(reader).not.toContain("Get-RecipientPermission");
  await grants(["exchange-administrator"]);
});

test("addresses that do not take calls say so (exo-protocol.md 1.1)", async () => {
  be(emulator);
  const ask = async (method: string, path: string): Promise<number> =>
    (
      await raw(`${emulator.url}${path}`, {
        method,
        headers: bench.headers,
        ...(method === "POST" && { body: "{}" }),
      })
    ).status;
  expect(await ask("POST", `/adminapi/v1.0/${bench.tenantId}/InvokeCommand`)).toBe(405);
  expect(await ask("GET", `/adminapi/beta/${bench.tenantId}/InvokeCommand`)).toBe(405);
  expect(await ask("POST", `/adminapi/beta/${bench.tenantId}/Nonsense`)).toBe(405);
  expect(await ask("GET", `/adminapi/beta/${bench.tenantId}/Nonsense`)).toBe(404);
  expect(await ask("GET", `/adminapi/beta/${bench.tenantId}/EXOBanner('AutogenSession')?Version=3.9.2`)).toBe(
    200,
  );
  expect(await ask("GET", `/adminapi/beta/${bench.tenantId}/$metadata`)).toBe(200);
  expect(await ask("GET", `/adminapi/beta/${bench.tenantId}`)).toBe(200);
});

test("odd addresses and hosts are answered, never a fault of ours", async () => {
  be(emulator);
  const paths = [
    "/adminapi/beta/%E0%A4%A/InvokeCommand",
    "//",
    "/%",
    "/adminapi",
    `/adminapi/beta/${bench.tenantId}/%`,
    "/x?%24skiptoken=%",
  ];
  for (const path of paths) {
    const reply = await raw(emulator.url + path, { method: "GET", headers: { ...bench.headers, host: "[" } });
    expect([path, reply.headers["x-emulator-bug"], [400, 401, 404].includes(reply.status)]).toEqual([
      path,
      undefined,
      true,
    ]);
  }
});
