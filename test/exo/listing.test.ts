import { expect, test } from "vitest";
import type { ExoRow, Page, Restarted } from "../../src/job/index.ts";
import { INVOKE, clientOf, errorOf } from "./support/client.ts";
import type { Client } from "./support/client.ts";
import { CONCURRENCY, MICRO_DELAY, TRUNCATED, expiredCursor, notFound } from "./support/replies.ts";
import { envelope } from "./support/wire-server.ts";
import type { Asked, Said, Saying } from "./support/wire-server.ts";

/** Place in the listing a request asks for: 0 is its first page. */
function placeOf({ url }: Asked): number {
  return Number(/skiptoken=(\d+)/.exec(url)?.[1] ?? "0");
}

/** A page with one row, and a link to the next unless it is the last. */
function page(asked: Asked, place: number, last: number, more: object = {}): Said {
  const host = `http://${asked.headers.host}`;
  const link = place < last ? { "@odata.nextLink": `${host}${INVOKE}?%24skiptoken=${place + 1}` } : {};
  return { body: envelope([{ Place: place }], { ...link, ...more }) };
}

async function read({ exo }: Client, parameters = {}): Promise<(Page | Restarted)[]> {
  const seen: (Page | Restarted)[] = [];
  for await (const one of exo.pages("Get-Mailbox", parameters)) seen.push(one);
  return seen;
}

const rowsOf = (pages: readonly (Page | Restarted)[]): readonly ExoRow[] =>
  pages.flatMap((one) => ("rows" in one ? one.rows : []));

test("pages are followed by POST with the same body and headers, to the last", async () => {
  const client = await clientOf((asked) => page(asked, placeOf(asked), 3));
  const pages = await read(client, { ResultSize: "Unlimited" });
  expect(rowsOf(pages)).toEqual([0, 1, 2, 3].map((Place) => ({ Place })));
  const [first, ...others] = client.server.asked;
  expect(others).toHaveLength(3);
  for (const { method, text, headers } of others) {
    expect([method, text]).toEqual(["POST", first?.text]);
    for (const name of [
      "x-anchormailbox",
      "connection-id",
      "prefer",
      "x-cmdletname",
      "content-type",
      "authorization",
    ]) {
      expect(headers[name]).toBe(first?.headers[name]);
    }
    expect(headers["client-request-id"]).not.toBe(first?.headers["client-request-id"]);
  }
  expect(client.answered.map((event) => event.page)).toEqual([false, true, true, true]);
});

test("invoke follows pages to the end and keeps every warning", async () => {
  const client = await clientOf((asked) =>
    page(asked, placeOf(asked), 2, { "@adminapi.warnings": [`w${placeOf(asked)}`] }),
  );
  const reply = await client.exo.invoke("Get-Mailbox", {});
  expect(reply.rows).toHaveLength(3);
  expect(reply.warnings).toEqual(["w0", "w1", "w2"]);
  expect(reply.answeredAtMs).toBeGreaterThanOrEqual(reply.sentAtMs);
});

test("the link of a batch item is followed with that item's own headers", async () => {
  const client = await clientOf((asked) => {
    if (!asked.url.includes("$batch")) return page(asked, placeOf(asked), 1);
    const responses = asked.json.requests.map(({ id }) => ({
      id,
      status: 200,
      body: page(asked, 0, 1).body,
    }));
    return { body: { responses } };
  });
  const guids = ["1", "2"].map((digit) => `${digit.repeat(8)}-bbbb-4ccc-8ddd-eeeeeeeeeeee`);
  const replies = await Promise.all(
    guids.map((guid) =>
      client.exo.invoke("Get-InboxRule", { Mailbox: guid }, { anchor: { kind: "mailbox", guid } }),
    ),
  );
  for (const { rows } of replies) expect(rows).toEqual([{ Place: 0 }, { Place: 1 }]);
  const anchors = client.server.asked.slice(1).map(({ headers }) => headers["x-anchormailbox"]);
  expect(new Set(anchors).size).toBe(2);
});

test("a truncation warning beside a link is the service's way of paging", async () => {
  const client = await clientOf((asked) =>
    page(asked, placeOf(asked), 1, { "@adminapi.warnings": [TRUNCATED, MICRO_DELAY] }),
  );
  // The last page still carries the warning, and no link: rows are missing.
  expect(await errorOf(client.exo.invoke("Get-Mailbox", {}))).toMatchObject({
    kind: "incomplete",
    remedy: "give-up",
  });
});

test("a truncation warning without a link is never a success", async () => {
  const client = await clientOf(() => ({
    body: envelope([{ a: 1 }], { "@adminapi.warnings": [TRUNCATED] }),
  }));
  const error = await errorOf(client.exo.invoke("Get-Mailbox", {}));
  expect(error.message).toBe(
    "Cannot read all of Get-Mailbox: Exchange left rows out and gave no way to the rest",
  );
});

test("a numeric ResultSize is how many rows are enough", async () => {
  const client = await clientOf((asked) =>
    page(asked, placeOf(asked), 9, { "@adminapi.warnings": [TRUNCATED] }),
  );
  expect((await client.exo.invoke("Get-Mailbox", { ResultSize: 3 })).rows).toHaveLength(3);
  expect((await client.exo.invoke("Get-Mailbox", { resultsize: "1" })).rows).toHaveLength(1);
  expect(client.server.asked).toHaveLength(4);
  const short = await clientOf(() => ({ body: envelope([{ a: 1 }], { "@adminapi.warnings": [TRUNCATED] }) }));
  expect((await short.exo.invoke("Get-Mailbox", { ResultSize: 1 })).rows).toHaveLength(1);
  expect(await errorOf(short.exo.invoke("Get-Mailbox", { ResultSize: 2 }))).toMatchObject({
    kind: "incomplete",
  });
});

test.each<[string, Saying]>([
  ["an expired cursor", { status: 400, body: expiredCursor() }],
  ["404", { status: 404, body: notFound() }],
  ["404 without a body", { status: 404 }],
  ["no bytes", { status: 200 }],
  ["a null page", { body: envelope(null) }],
])("%s in the middle begins the listing again and says so", async (_, lost) => {
  let losses = 0;
  const client = await clientOf((asked) => {
    if (placeOf(asked) === 1 && losses === 0) {
      losses += 1;
      return lost;
    }
    return page(asked, placeOf(asked), 2);
  });
  const pages = await read(client);
  expect(pages.map((one) => ("rows" in one ? one.rows[0]?.["Place"] : "restarted"))).toEqual([
    0,
    "restarted",
    0,
    1,
    2,
  ]);
});

test("invoke forgets what a lost listing brought before", async () => {
  let losses = 0;
  const client = await clientOf((asked) => {
    if (placeOf(asked) === 2 && losses++ === 0) return { status: 400, body: expiredCursor() };
    return page(asked, placeOf(asked), 2);
  });
  expect((await client.exo.invoke("Get-Mailbox", {})).rows).toEqual([0, 1, 2].map((Place) => ({ Place })));
});

test("a listing that is lost again and again is incomplete, never short", async () => {
  const client = await clientOf((asked) =>
    placeOf(asked) === 1 ? { status: 400, body: expiredCursor() } : page(asked, 0, 2),
  );
  const error = await errorOf(client.exo.invoke("Get-Mailbox", {}));
  expect(error).toMatchObject({ kind: "incomplete", remedy: "give-up" });
  expect(error.message).toBe("Cannot read all of Get-Mailbox: Exchange lost the place in it 4 times");
  expect(client.server.asked).toHaveLength(8);
});

test("pages in a circle end as incomplete", async () => {
  const client = await clientOf((asked) => {
    const host = `http://${asked.headers.host}`;
    const next = (placeOf(asked) + 1) % 3;
    return { body: envelope([{}], { "@odata.nextLink": `${host}${INVOKE}?%24skiptoken=${next}` }) };
  });
  expect((await errorOf(client.exo.invoke("Get-Mailbox", {}))).message).toContain(
    "its pages lead in a circle",
  );
});

test("an empty last page is the end; an empty page with a link is not", async () => {
  const client = await clientOf((asked) => {
    const place = placeOf(asked);
    const said = page(asked, place, 3);
    const bare = { ...(said.body as object), value: [] };
    return place === 1 || place === 3 ? { body: bare } : said;
  });
  expect(rowsOf(await read(client))).toEqual([{ Place: 0 }, { Place: 2 }]);
});

test("a throttled or failing page is asked for again, and no page is lost or doubled", async () => {
  const troubles: Saying[] = [
    { status: 429, headers: { "retry-after": "0" } },
    { status: 503, body: "<html>" },
    "reset",
    { status: 429, headers: { "content-type": "text/plain" }, body: CONCURRENCY },
    "cut",
  ];
  const client = await clientOf((asked) => {
    const trouble = placeOf(asked) > 0 ? troubles.shift() : undefined;
    return trouble ?? page(asked, placeOf(asked), 3);
  });
  expect(rowsOf(await read(client))).toEqual([0, 1, 2, 3].map((Place) => ({ Place })));
  expect(client.retried).toHaveLength(5);
});

test("a reader that stops early costs no further page", async () => {
  const client = await clientOf((asked) => page(asked, placeOf(asked), 9));
  for await (const one of client.exo.pages("Get-Mailbox", {})) {
    expect(one).toHaveProperty("rows");
    break;
  }
  expect(client.server.asked).toHaveLength(1);
});

test("a listing is withdrawn between two pages", async () => {
  const client = await clientOf((asked) => page(asked, placeOf(asked), 9));
  const controller = new AbortController();
  const reading = (async () => {
    for await (const _ of client.exo.pages("Get-Mailbox", {}, { signal: controller.signal }))
      controller.abort();
  })();
  expect(await errorOf(reading)).toMatchObject({ kind: "stopped", remedy: "stopped" });
  expect(client.server.asked).toHaveLength(1);
});

test("a write is never sent again for the sake of a page", async () => {
  const client = await clientOf((asked) => page(asked, 0, 5));
  const reply = await client.exo.invoke("Add-MailboxPermission", { Identity: "a", User: "b" });
  expect(reply.rows).toHaveLength(1);
  expect(client.server.asked).toHaveLength(1);
});
