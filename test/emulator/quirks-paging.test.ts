import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator, type Emulator } from "../../src/emulator/index.ts";
import { be, benchOf, bodyOf, raw, signIn, type Bench, type RawReply } from "./wire.ts";

const TRUNCATED =
  "There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.";
const EXPIRED =
  '{"error":{"code":"BadRequest","message":"Invalid Operation","innererror":{"message":"Invalid Operation",' +
  '"type":"Microsoft.Exchange.Admin.OData.Core.ODataServiceException","stacktrace":"",' +
  '"internalexception":{"message":"Expired or Invalid pagination request. Default Expiry time is 00:30:00","type":"System.Exception","stacktrace":""}}}}';

let emulator: Emulator;
let bench: Bench;

beforeAll(async () => {
  emulator = await startEmulator({ mailboxes: 260 });
  bench = await benchOf(emulator);
});
afterAll(async () => emulator.stop());

interface PageBody {
  readonly "@odata.nextLink"?: string;
  readonly "@adminapi.warnings": readonly string[];
  readonly value: readonly { readonly ExchangeGuid: string }[];
}

const parse = (reply: RawReply): PageBody => JSON.parse(reply.text);

/** First page of a listing of 260 mailboxes and some system ones. */
async function firstPage(rows: number, more: Readonly<Record<string, string>> = {}): Promise<RawReply> {
  return bench.invoke("Get-Mailbox", {}, { headers: { prefer: `odata.maxpagesize=${rows}`, ...more } });
}

async function follow(
  link: string | undefined,
  more: Readonly<Record<string, string | undefined>> = {},
  body: object = bodyOf("Get-Mailbox"),
  method = "POST",
): Promise<RawReply> {
  const headers = Object.fromEntries(
    Object.entries({ ...bench.headers, prefer: "odata.maxpagesize=100", ...more }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  return raw(link ?? "", { method, headers, ...(method === "POST" && { body: JSON.stringify(body) }) });
}

async function readAll(rows: number, next = follow): Promise<string[][]> {
  const pages: string[][] = [];
  let reply = parse(await firstPage(rows));
  for (;;) {
    pages.push(reply.value.map((row) => row.ExchangeGuid));
    const link = reply["@odata.nextLink"];
    if (link === undefined) return pages;
    reply = parse(await next(link, { prefer: `odata.maxpagesize=${rows}` }));
  }
}

test("a continuation by POST with the same body and headers reads every row once (exo-protocol.md 6.3)", async () => {
  be(emulator);
  const pages = await readAll(100);
  const rows = pages.flat();
  expect(pages.slice(0, -1).every((page) => page.length === 100)).toBe(true);
  expect(new Set(rows).size).toBe(rows.length);
  for (const guid of emulator.targets(bench.tenantId)) expect(rows).toContain(guid);
});

test("the nextLink is the same path with a token that ends in the server's name (exo-protocol.md 6.3)", async () => {
  be(emulator);
  const reply = await firstPage(10);
  const link = parse(reply)["@odata.nextLink"] ?? "";
  expect(link.startsWith(`${bench.base}/InvokeCommand?%24skiptoken=`)).toBe(true);
  const token = new URL(link).searchParams.get("$skiptoken") ?? "";
  const decoded = Buffer.from(token.slice(3), "base64").toString("latin1");
  expect(decoded).toMatch(/^[0-9A-F]{32}\\[A-Z]{3}P265MB\d{4}$/);
  expect(reply.headers["x-calculatedbetarget"]).toContain(decoded.split("\\")[1]);
});

test("anchorBoundPaging: no anchor, or another one, makes the first continuation a 400 (exo-protocol.md 11, quirk 1)", async () => {
  be(emulator);
  const link = parse(await firstPage(10))["@odata.nextLink"];
  const strangers = [
    { "x-anchormailbox": undefined },
    { "x-anchormailbox": "nonsense" },
    { "x-anchormailbox": `UPN:somebody@${emulator.tenants[0]?.domain}` },
    { "connection-id": "5f0c2b5e-0000-4000-8000-000000000001" },
  ];
  for (const headers of strangers) {
    const reply = await follow(link, headers);
    expect([reply.status, reply.text]).toEqual([400, EXPIRED]);
  }
  const anchorless = parse(await firstPage(10, { "x-anchormailbox": "" }))["@odata.nextLink"];
  expect((await follow(anchorless, { "x-anchormailbox": "" })).status).toBe(400);
  expect((await follow(link)).status, "the right caller may still use it").toBe(200);
  be(emulator, { quirks: { anchorBoundPaging: false } });
  expect((await follow(link, { "x-anchormailbox": undefined })).status).toBe(200);
});

test("under a vanity domain the first page works and the continuation fails (exo-protocol.md 1.1)", async () => {
  be(emulator);
  const vanity = emulator.tenants[0]?.domain.replace(".onmicrosoft.com", ".example") ?? "";
  const headers = { ...bench.headers, prefer: "odata.maxpagesize=10" };
  const first = await raw(`${emulator.url}/adminapi/beta/${vanity}/InvokeCommand`, {
    headers,
    body: JSON.stringify(bodyOf("Get-Mailbox")),
  });
  expect(first.status).toBe(200);
  expect((await follow(parse(first)["@odata.nextLink"])).text).toBe(EXPIRED);
});

test("cursorLifetimeSeconds: an old cursor is refused in the words recorded in 6.4 (exo-protocol.md 11, quirk 2)", async () => {
  be(emulator, { quirks: { cursorLifetimeSeconds: 0 } });
  const link = parse(await firstPage(10))["@odata.nextLink"];
  await new Promise((resolve) => setTimeout(resolve, 5));
  const reply = await follow(link);
  expect([reply.status, reply.text]).toEqual([400, EXPIRED]);
});

test("postOnlyContinuation: GET and a changed body are refused (exo-protocol.md 11, quirk 3)", async () => {
  be(emulator);
  const link = parse(await firstPage(10))["@odata.nextLink"];
  expect((await follow(link, {}, {}, "GET")).text).toBe(EXPIRED);
  expect((await follow(link, {}, bodyOf("Get-Mailbox", { ResultSize: "Unlimited" }))).text).toBe(EXPIRED);
  be(emulator, { quirks: { postOnlyContinuation: false } });
  expect((await follow(link, {}, bodyOf("Get-Mailbox", { ResultSize: "Unlimited" }))).status).toBe(200);
});

test("defaultPageRows: without Prefer a page has 100 rows (exo-protocol.md 11, quirk 4)", async () => {
  be(emulator);
  expect(parse(await bench.invoke("Get-Mailbox")).value).toHaveLength(100);
  be(emulator, { quirks: { defaultPageRows: 1000 } });
  expect(parse(await bench.invoke("Get-Mailbox")).value.length).toBeGreaterThanOrEqual(260);
});

test("oversizePage: more than 1000 rows are cut to 1000, or refused (exo-protocol.md 6.1)", async () => {
  be(emulator);
  expect((await firstPage(5000)).status).toBe(200);
  be(emulator, { quirks: { oversizePage: "reject" } });
  expect((await firstPage(5000)).status).toBe(400);
  expect((await firstPage(1000)).status).toBe(200);
});

test("truncationWarning: rows remaining: 200, a nextLink and the recorded warning (exo-protocol.md 11, quirk 5)", async () => {
  be(emulator);
  const reply = parse(await bench.invoke("Get-Mailbox", { ResultSize: 1 }));
  expect([reply.value.length, reply["@adminapi.warnings"]]).toEqual([1, [TRUNCATED]]);
  expect(reply["@odata.nextLink"]).toBeDefined();
  be(emulator, { quirks: { truncationWarning: false } });
  const silent = parse(await bench.invoke("Get-Mailbox", { ResultSize: 1 }));
  expect([silent["@adminapi.warnings"], typeof silent["@odata.nextLink"]]).toEqual([[], "string"]);
});

test("truncationWarningOnUnlimited: Unlimited still pages, by default without a warning (exo-protocol.md 6.2)", async () => {
  be(emulator);
  const reply = parse(await bench.invoke("Get-Mailbox", { ResultSize: "Unlimited" }));
  expect([reply.value.length, reply["@adminapi.warnings"]]).toEqual([100, []]);
  expect(reply["@odata.nextLink"]).toBeDefined();
  be(emulator, { quirks: { truncationWarningOnUnlimited: true } });
  const warned = parse(await bench.invoke("Get-Mailbox", { ResultSize: "Unlimited" }));
  expect(warned["@adminapi.warnings"]).toEqual([TRUNCATED]);
});

test("shuffledPages: rows of a page come in any order (exo-protocol.md 11, quirk 55)", async () => {
  be(emulator);
  const [straight, again] = [parse(await firstPage(100)), parse(await firstPage(100))];
  expect(again.value).toEqual(straight.value);
  be(emulator, { quirks: { shuffledPages: true } });
  const shuffled = parse(await firstPage(100));
  expect(shuffled.value).not.toEqual(straight.value);
  const guids = (page: PageBody): string[] => page.value.map((row) => row.ExchangeGuid).sort();
  expect(guids(shuffled)).toEqual(guids(straight));
});

test("repeatedSeamRow: a page begins with a row of the page before, and no row is lost for it (exo-protocol.md 11, quirk 55)", async () => {
  be(emulator);
  const all = new Set((await readAll(1000)).flat());
  be(emulator, { quirks: { repeatedSeamRow: 1 } });
  const pages = await readAll(50);
  expect(pages.slice(1).map((page) => page[0])).toEqual(pages.slice(0, -1).map((page) => page.at(-1)));
  expect(pages.every((page) => page.length <= 50)).toBe(true);
  expect(new Set(pages.flat())).toEqual(all);
});

test("midPagingErrors: a continuation is answered 404 or with an empty body, once (exo-protocol.md 11, quirk 56)", async () => {
  be(emulator, { quirks: { midPagingErrors: 1 } });
  const seen = new Set<string>();
  for (let n = 0; n < 12; n += 1) {
    const link = parse(await firstPage(10))["@odata.nextLink"];
    const broken = await follow(link);
    seen.add(broken.status === 200 ? `empty ${broken.bytes.length}` : String(broken.status));
    expect(parse(await follow(link)).value.length).toBeGreaterThan(0);
  }
  expect([...seen].sort()).toEqual(["404", "empty 0"]);
});

test("pagedBatchItems: an item of a batch has a nextLink of its own, good for a single POST (exo-protocol.md 11, quirk 29)", async () => {
  be(emulator);
  const items = [{ id: "a", cmdlet: "Get-Mailbox" }];
  const { responses } = JSON.parse((await bench.batch(items)).text);
  expect(responses[0].body.value).toHaveLength(100);
  expect(parse(await follow(responses[0].body["@odata.nextLink"])).value).toHaveLength(100);
  be(emulator, { quirks: { pagedBatchItems: false } });
  const whole = JSON.parse((await bench.batch(items)).text).responses[0].body;
  expect(whole.value.length).toBeGreaterThanOrEqual(260);
  expect(whole["@odata.nextLink"]).toBeUndefined();
});

test("a cursor of one tenant is worth nothing in another", async () => {
  const two = await startEmulator({ tenants: 2, mailboxes: 20 });
  be(two);
  const first = await benchOf(two);
  const reply = parse(await first.invoke("Get-Mailbox", { ResultSize: 1 }));
  const other = two.tenants[1]?.tenantId ?? "";
  const stolen = (reply["@odata.nextLink"] ?? "").replace(first.tenantId, other);
  const headers = { ...first.headers, authorization: `Bearer ${await signIn(two, 1)}` };
  const answer = await raw(stolen, {
    headers,
    body: JSON.stringify(bodyOf("Get-Mailbox", { ResultSize: 1 })),
  });
  expect(answer.text).toBe(EXPIRED);
  await two.stop();
});
