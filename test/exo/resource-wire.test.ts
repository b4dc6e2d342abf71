import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TENANT_ID, clientOf, errorOf } from "./support/client.ts";
import type { Client } from "./support/client.ts";
import { expiredCursor, plainError } from "./support/replies.ts";
import type { Asked, Saying } from "./support/wire-server.ts";

const ROOT = `/adminapi/beta/${TENANT_ID}`;
const CONTEXT = { "@odata.context": `https://outlook.office365.com${ROOT}/$metadata#Mailbox` };

const collection = (value: readonly unknown[], more: object = {}): Saying => ({
  body: { ...CONTEXT, ...more, value },
});
const hostOf = ({ headers }: Asked): string => `http://${headers.host}`;
const placeOf = ({ url }: Asked): number => Number(/skiptoken=(\d+)/.exec(url)?.[1] ?? 0);

test("one mailbox is one GET, with a bearer, an anchor and no body", async () => {
  const { exo, server } = await clientOf(() => ({
    body: { ...CONTEXT, "@adminapi.warnings": [], Alias: "anna", "Guid@odata.type": "#Guid", Guid: "g" },
  }));
  const guid = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
  const { rows } = await exo.invoke(
    "Get-EXOMailbox",
    { Identity: "anna" },
    { anchor: { kind: "mailbox", guid } },
  );
  expect(rows).toEqual([{ Alias: "anna", Guid: "g" }]);
  const [asked] = server.asked;
  expect(asked).toMatchObject({
    method: "GET",
    url: `${ROOT}/Mailbox('YW5uYQ==')?isEncoded=true&PropertySet=Minimum`,
    text: "",
  });
  expect(asked?.headers).toMatchObject({
    authorization: "Bearer token-1",
    "x-anchormailbox": `MBX:${guid}@${TENANT_ID}`,
    prefer: "odata.maxpagesize=1000",
  });
});

test("the version of the address is as the settings have it", async () => {
  const { exo, server } = await clientOf(() => collection([]), { api: { resources: "v1.0" } });
  await exo.invoke("Get-EXORecipient", {});
  expect(server.asked[0]?.url).toBe(`/adminapi/v1.0/${TENANT_ID}/Recipient?PropertySet=Minimum`);
});

test("they never travel in a batch, and each asks the gate for its place", async () => {
  const { exo, server, answered } = await clientOf(() => collection([]));
  await Promise.all(["a", "b", "c"].map((Identity) => exo.invoke("Get-EXOMailboxPermission", { Identity })));
  expect(server.asked.map(({ method }) => method)).toEqual(["GET", "GET", "GET"]);
  expect(answered.map(({ calls }) => calls)).toEqual([1, 1, 1]);
});

describe("an answer", () => {
  const read = (client: Client, cmdlet = "Get-EXOMailboxStatistics"): Promise<unknown> =>
    client.exo.invoke(cmdlet, { Identity: "anna" }).then(({ rows }) => rows);

  test("of one thing may be nothing: 204, or a null", async () => {
    expect(await read(await clientOf(() => ({ status: 204 })))).toEqual([]);
    expect(await read(await clientOf(() => ({ body: { ...CONTEXT, value: null } })))).toEqual([]);
  });

  test("of one thing may come as a collection", async () => {
    expect(await read(await clientOf(() => collection([{ ItemCount: 3 }])))).toEqual([{ ItemCount: 3 }]);
  });

  test("keeps sizes as they are, and integers beyond 2^53 exact", async () => {
    const client = await clientOf(() => ({ body: '{"TotalItemSize":9007199254740993,"ItemCount":12}' }));
    expect(await read(client)).toEqual([{ TotalItemSize: 9_007_199_254_740_993n, ItemCount: 12 }]);
  });

  test.each<[string, Saying]>([
    ["without a body", { status: 200 }],
    ["of NUL bytes", { body: Buffer.alloc(470) }],
    ["without its collection", { body: CONTEXT }],
    ["with a null in its place", { body: { ...CONTEXT, value: null } }],
    ["that ends in the middle", { body: '{"value":[{"User":"bo"},{"Us' }],
    ["that is cut off", "cut"],
  ])("%s is no empty collection: it is asked for again, then it fails", async (_, said) => {
    const client = await clientOf(() => said, { requests: { maxRetries: 1 } });
    const error = await errorOf(client.exo.invoke("Get-EXOMailboxPermission", { Identity: "anna" }));
    expect(["malformed", "network"]).toContain(error.kind);
    const good = await clientOf((_, count) => (count === 1 ? said : collection([])));
    expect(await read(good, "Get-EXOMailboxPermission")).toEqual([]);
  });

  test("that the app lacks the role names it, although it is a 401 (exo-protocol.md 2.3)", async () => {
    const text = "User is not allowed to call Get-RecipientPermission";
    const client = await clientOf(() => ({ status: 401, body: plainError("Unauthorized", text) }));
    const error = await errorOf(client.exo.invoke("Get-EXORecipientPermission", { Identity: "anna" }));
    expect(error).toMatchObject({ kind: "forbidden", remedy: "pause-run" });
    expect(error.message).toContain("Recipient Management is the least role group that may");
  });

  test("404 says of an object that it is gone, and of a listing nothing of the kind", async () => {
    const gone: Saying = { status: 404, body: plainError("NotFound", "An server side error occured.") };
    const client = await clientOf(() => gone, { requests: { maxRetries: 1 } });
    expect(await errorOf(client.exo.invoke("Get-EXOMailboxPermission", { Identity: "anna" }))).toMatchObject({
      kind: "not-found",
      remedy: "gone",
    });
    expect((await errorOf(client.exo.invoke("Get-EXOMailbox", {}))).kind).toBe("malformed");
  });

  test("429 is the gate's affair, and costs no attempt", async () => {
    const client = await clientOf(
      (_, count) =>
        count <= 4 ? { status: 429, headers: { "retry-after": "0" } } : collection([{ User: "bo" }]),
      { requests: { maxRetries: 1 } },
    );
    expect(await read(client, "Get-EXOMailboxPermission")).toHaveLength(1);
    expect(client.answered.filter(({ throttledItems }) => throttledItems === 1)).toHaveLength(4);
  });
});

describe("a server that", () => {
  test("hangs is given up after its time, and asked again", async () => {
    const client = await clientOf((_, count) => (count === 1 ? "silence" : collection([{ User: "bo" }])), {
      requests: { timeoutMs: 300 },
    });
    expect((await client.exo.invoke("Get-EXOMailboxPermission", { Identity: "anna" })).rows).toHaveLength(1);
    expect(client.retried).toHaveLength(1);
  });

  test("redirects to the same resource is followed with bearer and cookie, and nowhere else", async () => {
    const identity = "tilde~~~?";
    const path = `${ROOT}/Mailbox('${encodeURIComponent(Buffer.from(identity).toString("base64"))}')/MailboxPermission`;
    const away = (location: string): Saying => ({
      status: 302,
      headers: { location, "set-cookie": "a=1; Path=/" },
    });
    const client = await clientOf((asked, count) =>
      count === 1 ? away(`${hostOf(asked)}${path}?isEncoded=true&hop=1`) : collection([{ User: "bo" }]),
    );
    expect((await client.exo.invoke("Get-EXOMailboxPermission", { Identity: identity })).rows).toHaveLength(
      1,
    );
    expect(client.server.asked[1]?.headers).toMatchObject({ authorization: "Bearer token-1", cookie: "a=1" });

    for (const elsewhere of [
      "https://evil.example/x",
      path.replace("MailboxPermission", "MobileDevice"),
      `${ROOT}/Mailbox`,
    ]) {
      const other = await clientOf(() => away(elsewhere));
      const error = await errorOf(other.exo.invoke("Get-EXOMailboxPermission", { Identity: identity }));
      expect([error.kind, other.server.asked.length]).toEqual(["unsafe-link", 1]);
    }
  });
});

describe("a listing", () => {
  const paged =
    (pages: number, path = "Mailbox?PropertySet=Minimum&%24skiptoken=") =>
    (asked: Asked): Saying => {
      const place = placeOf(asked);
      const link = { "@odata.nextLink": `${hostOf(asked)}${ROOT}/${path}${place + 1}` };
      return collection([{ Place: place }], place < pages - 1 ? link : {});
    };

  test("is followed by GET, with the same anchor and connection", async () => {
    const { exo, server } = await clientOf(paged(3));
    expect((await exo.invoke("Get-EXOMailbox", {})).rows).toEqual([0, 1, 2].map((Place) => ({ Place })));
    expect(new Set(server.asked.map(({ method }) => method))).toEqual(new Set(["GET"]));
    for (const name of ["x-anchormailbox", "connection-id", "prefer"])
      expect(new Set(server.asked.map(({ headers }) => headers[name])).size).toBe(1);
  });

  test("ends at a numeric ResultSize", async () => {
    const { exo, server } = await clientOf(paged(9));
    expect((await exo.invoke("Get-EXOMailbox", { ResultSize: 2 })).rows).toHaveLength(2);
    expect(server.asked).toHaveLength(2);
  });

  test.each<[string, (asked: Asked) => string]>([
    ["another host", () => `https://outlook.office365.example${ROOT}/Mailbox?$skiptoken=1`],
    ["another tenant", (asked) => `${hostOf(asked)}/adminapi/beta/other/Mailbox?$skiptoken=1`],
    ["another resource", (asked) => `${hostOf(asked)}${ROOT}/Recipient?$skiptoken=1`],
    ["an object of the set", (asked) => `${hostOf(asked)}${ROOT}/Mailbox('x')?$skiptoken=1`],
    ["another version", (asked) => `${hostOf(asked)}/adminapi/v1.0/${TENANT_ID}/Mailbox?$skiptoken=1`],
    ["InvokeCommand", (asked) => `${hostOf(asked)}${ROOT}/InvokeCommand?$skiptoken=1`],
    ["a path that climbs", (asked) => `${hostOf(asked)}${ROOT}/x/%2e%2e/Mailbox?$skiptoken=1`],
    ["an escaped slash", (asked) => `${hostOf(asked)}/adminapi/beta/${TENANT_ID}%2fMailbox?$skiptoken=1`],
    ["an address without a cursor", (asked) => `${hostOf(asked)}${ROOT}/Mailbox`],
    ["somebody's credentials", (asked) => `http://a:b@${asked.headers.host}${ROOT}/Mailbox?$skiptoken=1`],
    ["nonsense", () => "%zz"],
  ])("is never followed to %s", async (_, link) => {
    const client = await clientOf((asked) => collection([{}], { "@odata.nextLink": link(asked) }));
    const error = await errorOf(client.exo.invoke("Get-EXOMailbox", {}));
    expect(error.kind).toBe("unsafe-link");
    expect(client.server.asked).toHaveLength(1);
  });

  test("below a mailbox is followed to the same key only, escaped or not", async () => {
    const identity = "tilde~~~?";
    const key = Buffer.from(identity).toString("base64");
    const escaped = encodeURIComponent(key);
    expect(key).not.toBe(escaped.replaceAll("%3D", "="));
    const link = (asked: Asked, as: string): object => ({
      "@odata.nextLink": `${hostOf(asked)}${ROOT}/Mailbox('${as}')/MailboxPermission?isEncoded=true&%24skiptoken=${placeOf(asked) + 1}`,
    });
    const client = await clientOf((asked) =>
      collection([{ User: placeOf(asked) }], placeOf(asked) < 1 ? link(asked, escaped) : {}),
    );
    expect((await client.exo.invoke("Get-EXOMailboxPermission", { Identity: identity })).rows).toHaveLength(
      2,
    );
    const other = await clientOf((asked) => collection([{}], link(asked, key.toLowerCase())));
    expect((await errorOf(other.exo.invoke("Get-EXOMailboxPermission", { Identity: "anna" }))).kind).toBe(
      "unsafe-link",
    );
  });

  test.each<[string, Saying]>([
    ["an expired cursor", { status: 400, body: expiredCursor() }],
    ["404", { status: 404, body: plainError("NotFound", "An server side error occured.") }],
    ["no bytes", { status: 200 }],
  ])("begins again after %s in the middle, and says so", async (_, lost) => {
    let losses = 0;
    const client = await clientOf((asked) =>
      placeOf(asked) === 1 && losses++ === 0 ? lost : paged(3)(asked),
    );
    const steps: unknown[] = [];
    for await (const step of client.exo.pages("Get-EXOMailbox", {}))
      steps.push("restarted" in step ? "restarted" : step.rows[0]?.["Place"]);
    expect(steps).toEqual([0, "restarted", 0, 1, 2]);
  });

  test("has every row once and in order, whatever its pages are and whatever fails between them", async () => {
    const trouble: readonly Saying[] = [
      "reset",
      "cut",
      { status: 503 },
      { status: 429, headers: { "retry-after": "0" } },
      { body: '{"value":[{"Place":0},{"Pl' },
      { body: {} },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat({ max: trouble.length }), { maxLength: 8 }),
        async (sizes, order) => {
          const left = [...order];
          const starts = sizes.map((_, page) => sizes.slice(0, page).reduce((sum, size) => sum + size, 0));
          const client = await clientOf(
            (asked) => {
              const bad = trouble[left.shift() ?? trouble.length];
              if (bad !== undefined) return bad;
              const page = placeOf(asked);
              const rows = Array.from({ length: sizes[page] ?? 0 }, (_, nth) => ({
                Place: (starts[page] ?? 0) + nth,
              }));
              const next = `${hostOf(asked)}${ROOT}/Mailbox?%24skiptoken=${page + 1}`;
              return collection(rows, page < sizes.length - 1 ? { "@odata.nextLink": next } : {});
            },
            { requests: { maxRetries: 9 } },
          );
          const { rows } = await client.exo.invoke("Get-EXOMailbox", {});
          const total = sizes.reduce((sum, size) => sum + size, 0);
          expect(rows).toEqual(Array.from({ length: total }, (_, Place) => ({ Place })));
          await client.exo.close();
        },
      ),
      { numRuns: 25 },
    );
  });
});
