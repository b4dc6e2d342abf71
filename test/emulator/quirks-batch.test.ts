import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator, type Emulator } from "../../src/emulator/index.ts";
import { be, benchOf, bodyOf, raw, signIn, type BatchCall, type Bench, type RawReply } from "./wire.ts";

let emulator: Emulator;
let bench: Bench;

beforeAll(async () => {
  emulator = await startEmulator({ mailboxes: 40, tenants: 2 });
  bench = await benchOf(emulator);
});
afterAll(async () => emulator.stop());

interface Item {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly value?: readonly { readonly Identity: string }[];
    readonly error?: { readonly code: string; readonly details?: readonly { readonly target: string }[] };
  } | null;
}

const itemsOf = (reply: RawReply): (Item | null)[] => JSON.parse(reply.text).responses;
const targets = (): string[] => [...emulator.targets(bench.tenantId)];

function permissions(count: number): BatchCall[] {
  return targets()
    .slice(0, count)
    .map((Identity, at) => ({ id: `id-${at}`, cmdlet: "Get-MailboxPermission", parameters: { Identity } }));
}

test("every item has its id, status, headers and body; different cmdlets share a batch (exo-protocol.md 7.2)", async () => {
  be(emulator);
  const reply = await bench.batch([
    ...permissions(2),
    { id: "anna@contoso.example", cmdlet: "Get-Mailbox", parameters: { ResultSize: 1 } },
    { id: "b", cmdlet: "Get-Mailbox", parameters: { Identity: "nobody" } },
  ]);
  expect(reply.status).toBe(200);
  const items = itemsOf(reply);
  expect(items.map((item) => [item?.id, item?.status])).toEqual([
    ["id-0", 200],
    ["id-1", 200],
    ["anna@contoso.example", 200],
    ["b", 404],
  ]);
  expect(items[0]?.headers["request-id"]).not.toBe(items[1]?.headers["request-id"]);
  expect(items[3]?.body?.error?.code).toBe("NotFound");
  expect(items[3]?.headers["X-ExceptionType"]).toBe("ManagementObjectNotFoundException");
});

test("urls may be absolute or relative, and an item without a token takes the batch's (exo-protocol.md 7.1)", async () => {
  be(emulator);
  const path = `/adminapi/beta/${bench.tenantId}/InvokeCommand`;
  const urls = [
    "InvokeCommand",
    "/InvokeCommand?$select=Alias",
    path,
    path.slice(1),
    `https://outlook.office365.com${path}`,
  ];
  const body = JSON.stringify({
    requests: urls.map((url, at) => ({
      id: String(at),
      method: "POST",
      url,
      body: bodyOf("Get-Mailbox", { ResultSize: 1 }),
    })),
  });
  const reply = await raw(`${bench.base}/%24batch`, { headers: bench.headers, body });
  const items = itemsOf(reply);
  expect(items.map((item) => item?.status)).toEqual([200, 200, 200, 200, 200]);
  expect(Object.keys(items[1]?.body?.value?.[0] ?? {})).toEqual(["Alias"]);
});

test("a wrong token fails its own item only, and a token of another tenant is a wrong token", async () => {
  be(emulator);
  const [first, second, third] = permissions(3);
  if (!first || !second || !third) throw new Error("too few mailboxes");
  const other = await signIn(emulator, 1);
  const reply = await bench.batch([
    first,
    { ...second, headers: { authorization: "Bearer nonsense" } },
    { ...third, headers: { Authorization: `Bearer ${other}` } },
  ]);
  expect(itemsOf(reply).map((item) => [item?.status, item?.body])).toEqual([
    [200, expect.anything()],
    [401, null],
    [401, null],
  ]);
  expect(itemsOf(reply)[1]?.headers["WWW-Authenticate"]).toMatch(/^Bearer .*error="invalid_token"$/);
  const [, , entry] = [...emulator.ledger.read(emulator.ledger.length - 3)];
  expect([entry?.tenantId, entry?.tokenTenantId, entry?.status]).toEqual([
    bench.tenantId,
    emulator.tenants[1]?.tenantId,
    401,
  ]);
});

test("a denied item says 403 and has no body (exo-protocol.md 2.3)", async () => {
  be(emulator);
  const [item] = itemsOf(await bench.batch([{ id: "x", cmdlet: "Get-Nonsense" }]));
  expect([item?.status, item?.body]).toEqual([403, null]);
});

test("shuffledBatch: items are answered in any order (exo-protocol.md 11, quirk 26)", async () => {
  be(emulator, { quirks: { shuffledBatch: true } });
  const sent = permissions(10);
  const ids = itemsOf(await bench.batch(sent)).map((item) => item?.id);
  expect(ids).not.toEqual(sent.map((call) => call.id));
  expect(new Set(ids)).toEqual(new Set(sent.map((call) => call.id)));
});

test("partialBatchFailure: failures stay inside a 200 (exo-protocol.md 11, quirk 27)", async () => {
  const calls = [...permissions(2), { id: "b", cmdlet: "Get-Mailbox", parameters: { Identity: "nobody" } }];
  be(emulator);
  expect((await bench.batch(calls)).status).toBe(200);
  be(emulator, { quirks: { partialBatchFailure: false } });
  expect((await bench.batch(calls)).status).toBe(404);
});

test("wholeBatchFailure: a batch is answered 503 as a whole (exo-protocol.md 11, quirk 28)", async () => {
  be(emulator, { quirks: { wholeBatchFailure: 1 } });
  const reply = await bench.batch(permissions(3));
  expect([reply.status, reply.bytes.length]).toEqual([503, 0]);
  expect((await bench.invoke("Get-Mailbox", { ResultSize: 1 })).status, "single calls are spared").toBe(200);
});

test("maxBatchItems: more than 20 items are a 400 (exo-protocol.md 11, quirk 30)", async () => {
  be(emulator);
  expect((await bench.batch(permissions(20))).status).toBe(200);
  const reply = await bench.batch(permissions(21));
  expect([reply.status, JSON.parse(reply.text).error.code]).toEqual([400, "BadRequest"]);
  be(emulator, { quirks: { maxBatchItems: 10 } });
  expect((await bench.batch(permissions(11))).status).toBe(400);
});

test("multipartBatch: the reply is multipart/mixed (exo-protocol.md 11, quirk 31)", async () => {
  be(emulator, { quirks: { multipartBatch: true } });
  const reply = await bench.batch(permissions(2));
  const boundary = /^multipart\/mixed; boundary=(\S+)$/.exec(reply.headers["content-type"] ?? "")?.[1] ?? "";
  const parts = reply.text.split(`--${boundary}`);
  expect(parts).toHaveLength(4);
  expect(parts[1]).toMatch(/Content-ID: id-0\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
});

test("missingItems, nullItems: a read has no answer, or a null (exo-protocol.md 11, quirk 33)", async () => {
  be(emulator, { quirks: { missingItems: 1 } });
  expect(itemsOf(await bench.batch(permissions(3)))).toEqual([]);
  be(emulator, { quirks: { nullItems: 1 } });
  expect(itemsOf(await bench.batch(permissions(3)))).toEqual([null, null, null]);
});

test("mistakes of a batch body are plain 400s", async () => {
  be(emulator);
  const item = { id: "1", method: "POST", url: "InvokeCommand", body: {} };
  for (const body of ["{}", '{"requests":[{}]}', JSON.stringify({ requests: [item, item] })]) {
    const reply = await raw(`${bench.base}/$batch`, { headers: bench.headers, body });
    expect([body, reply.status, JSON.parse(reply.text).error.code]).toEqual([body, 400, "BadRequest"]);
  }
  const empty = await raw(`${bench.base}/$batch`, { headers: bench.headers, body: '{"requests":[]}' });
  expect([empty.status, empty.text]).toEqual([200, '{"responses":[]}']);
});
