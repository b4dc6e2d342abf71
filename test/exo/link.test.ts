import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nextPage, redirected } from "../../src/exo/link.ts";
import type { Tenant } from "../../src/tenants/index.ts";
import { INVOKE, TENANT_ID, clientOf, errorOf, tenantAt } from "./support/client.ts";
import { envelope, wireServer } from "./support/wire-server.ts";

const ORIGIN = "https://exchange.test";
const TENANT = tenantAt(ORIGIN);
const GLOBAL: Tenant = {
  ...TENANT,
  cloud: { ...TENANT.cloud, name: "global", exchange: new URL("https://outlook.office365.com") },
};
const QUERY = "?%24skiptoken=AAbb01%2B";
const GOOD = `${ORIGIN}${INVOKE}${QUERY}`;
const OTHER_TENANT = "22222222-2222-4333-8444-555555555555";

test("the next page of the same tenant at the same address is followed, in any case", () => {
  expect(nextPage(GOOD, TENANT)?.href).toBe(GOOD);
  expect(nextPage(`${ORIGIN}${INVOKE.toUpperCase()}?$skiptoken=a`, TENANT)).toBeDefined();
  expect(nextPage(`${ORIGIN}:443${INVOKE}?a`, TENANT)?.origin).toBe(ORIGIN);
  expect(nextPage(`${ORIGIN}${INVOKE}?$skiptoken={ann@contoso.com|1}`, TENANT)?.origin).toBe(ORIGIN);
});

/** Ways to make `GOOD` lead elsewhere while it looks the same to somebody. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ["another host", `https://evil.test${INVOKE}${QUERY}`],
  ["our host as a subdomain", `https://exchange.test.evil.test${INVOKE}${QUERY}`],
  ["our host as a suffix", `https://evilexchange.test${INVOKE}${QUERY}`],
  ["our host as a user", `https://exchange.test@evil.test${INVOKE}${QUERY}`],
  ["our host as user and password", `https://exchange.test:443@evil.test${INVOKE}${QUERY}`],
  ["a user at our host", `https://user@exchange.test${INVOKE}${QUERY}`],
  ["an encoded at sign", `https://exchange.test%40evil.test${INVOKE}${QUERY}`],
  ["a backslash before the host ends", `https://exchange.test\\@evil.test${INVOKE}${QUERY}`],
  ["backslashes for slashes", `https:\\\\exchange.test${INVOKE}${QUERY}`],
  ["a backslash in the path", `https://exchange.test/\\evil.test${INVOKE}${QUERY}`],
  ["another port", `https://exchange.test:8443${INVOKE}${QUERY}`],
  ["port 446 of an overridden cloud", `https://exchange.test:446${INVOKE}${QUERY}`],
  ["a port out of range", `https://exchange.test:99999${INVOKE}${QUERY}`],
  ["plain http", `http://exchange.test${INVOKE}${QUERY}`],
  ["another scheme", `ftp://exchange.test${INVOKE}${QUERY}`],
  ["a file", `file:///etc/passwd`],
  ["javascript", "javascript:alert(1)"],
  ["data", "data:application/json,{}"],
  ["no scheme", `//evil.test${INVOKE}${QUERY}`],
  ["no host", `${INVOKE}${QUERY}`],
  ["three slashes", `https:///exchange.test${INVOKE}${QUERY}`],
  ["one slash", `https:/exchange.test${INVOKE}${QUERY}`],
  ["a trailing dot", `https://exchange.test.${INVOKE}${QUERY}`],
  ["a look-alike letter", `https://exch\u0430nge.test${INVOKE}${QUERY}`],
  ["a full-width letter", `https://\uff45xchange.test${INVOKE}${QUERY}`],
  ["punycode", `https://xn--exchnge-4of.test${INVOKE}${QUERY}`],
  ["an encoded host", `https://%65xchange.test${INVOKE}${QUERY}`],
  ["a tab in the host", `https://exch\tange.test${INVOKE}${QUERY}`],
  ["a new line in the host", `https://exchange.test\r\n.evil.test${INVOKE}${QUERY}`],
  ["a new line in the query", `${GOOD}\r\nX-Header: 1`],
  ["a leading space", ` ${GOOD}`],
  ["a NUL", `${GOOD}\0`],
  ["a fragment", `${GOOD}#x`],
  ["a question for another host in the query only", `https://evil.test/?${GOOD}`],
  ["another tenant", `${ORIGIN}/adminapi/beta/${OTHER_TENANT}/InvokeCommand${QUERY}`],
  ["another tenant by dots", `${ORIGIN}${INVOKE}/../../${OTHER_TENANT}/InvokeCommand${QUERY}`],
  [
    "another tenant by encoded dots",
    `${ORIGIN}/adminapi/beta/${TENANT_ID}/%2e%2e/${OTHER_TENANT}/InvokeCommand${QUERY}`,
  ],
  [
    "another tenant by encoded slashes",
    `${ORIGIN}/adminapi/beta/${OTHER_TENANT}%2f..%2f${TENANT_ID}/InvokeCommand${QUERY}`,
  ],
  ["another route", `${ORIGIN}/adminapi/beta/${TENANT_ID}/$batch${QUERY}`],
  ["another version", `${ORIGIN}/adminapi/v2.0/${TENANT_ID}/InvokeCommand${QUERY}`],
  ["a longer path", `${ORIGIN}${INVOKE}/x${QUERY}`],
  ["a doubled slash", `${ORIGIN}/${INVOKE}${QUERY}`],
  ["an encoded letter in the path", `${ORIGIN}${INVOKE.replace("I", "%49")}${QUERY}`],
  ["no query", `${ORIGIN}${INVOKE}`],
  ["an empty query", `${ORIGIN}${INVOKE}?`],
  ["nothing", ""],
  ["too much", `${GOOD}${"a".repeat(10_000)}`],
  ["an address in numbers", `https://2130706433${INVOKE}${QUERY}`],
  ["an IPv6 address", `https://[::1]${INVOKE}${QUERY}`],
  ["an IPv6 address with a zone", `https://[fe80::1%25eth0]${INVOKE}${QUERY}`],
];

test.each(HOSTILE)("%s is refused as the next page", (_, link) => {
  expect(nextPage(link, TENANT)).toBeUndefined();
});

test.each(HOSTILE)("%s is refused with the rules of the global cloud too", (_, link) => {
  expect(nextPage(link.replaceAll("exchange.test", "outlook.office365.com"), GLOBAL)?.href ?? "").toBe("");
});

const MAILBOXES = `/adminapi/beta/${TENANT_ID}/Mailbox`;
const ONE = `/adminapi/beta/${TENANT_ID}/Mailbox('YW5%2FYQ==')/MailboxPermission`;

test.each(HOSTILE)("%s is refused as the next page of a resource", (_, link) => {
  for (const path of [MAILBOXES, ONE])
    expect(nextPage(link.replaceAll(INVOKE, path), TENANT, new URL(`${ORIGIN}${path}?a=1`))).toBeUndefined();
});

test("a resource goes on at its own address only; keys may be escaped, and mind their case", () => {
  const asked = new URL(`${ORIGIN}${ONE}?isEncoded=true`);
  const next = (path: string, of = asked): URL | undefined =>
    nextPage(`${of.origin}${path}${QUERY}`, of.origin === ORIGIN ? TENANT : GLOBAL, of);
  expect(next(ONE)).toBeDefined();
  expect(next(ONE.replace("%2F", "/"))).toBeDefined();
  expect(next(ONE.replaceAll("'", "%27").replace("(", "%28").replace(")", "%29"))).toBeDefined();
  expect(
    next(ONE.replace("/Mailbox(", "/mailbox(").replace("MailboxPermission", "mailboxpermission")),
  ).toBeDefined();
  for (const other of [
    ONE.replace("YW5", "yW5"),
    ONE.replace("YW5%2FYQ==", "YW5%2FYQ"),
    ONE.replace("MailboxPermission", "MobileDevice"),
    ONE.replace("/Mailbox(", "/%4dailbox("),
    ONE.replace("%2F", "%252F"),
    ONE.replace("%2F", "%zz"),
    `${ONE}/x`,
    MAILBOXES,
    INVOKE,
  ])
    expect(next(other)).toBeUndefined();
  const region = new URL(`https://outlook.office365.com${ONE}?isEncoded=true`);
  const door = nextPage(`https://eur02b.outlook.office365.com:446${ONE}${QUERY}`, GLOBAL, region);
  expect([door?.host, door?.search]).toEqual(["eur02b.outlook.office365.com", QUERY]);
});

test("the global cloud has regional doors, on 443 whatever port they name; an overridden cloud has none", () => {
  const page = (host: string): string => `https://${host}${INVOKE}${QUERY}`;
  for (const host of [
    "outlook.office.com",
    "eur02b.outlook.office365.com",
    "eur02b.outlook.office365.com:446",
  ]) {
    expect(nextPage(page(host), GLOBAL)?.port).toBe("");
    expect(nextPage(page(host), TENANT)).toBeUndefined();
  }
  for (const host of [
    "a.b.outlook.office365.com",
    "outlook.office365.com.evil.test",
    "-.outlook.office365.com",
    "eur02b.outlook.office365.com:8443",
    "eur02b.outlook.office365.us",
  ]) {
    expect(nextPage(page(host), GLOBAL)).toBeUndefined();
  }
});

test("a redirect may lead to the same path only, also when it names just a path", () => {
  const asked = new URL(`${ORIGIN}${INVOKE}?a=1`);
  expect(redirected(`${ORIGIN}${INVOKE}?b=2`, asked, TENANT)?.search).toBe("?b=2");
  expect(redirected(`${INVOKE}?b=2`, asked, TENANT)?.origin).toBe(ORIGIN);
  for (const location of [`//evil.test${INVOKE}`, `/\\evil.test${INVOKE}`, "/", "", "x", `${ORIGIN}/login`]) {
    expect(redirected(location, asked, TENANT)).toBeUndefined();
  }
  for (const [, link] of HOSTILE.filter(([name]) => !/query|no host/.test(name))) {
    expect(redirected(link, asked, TENANT)?.origin ?? ORIGIN).toBe(ORIGIN);
  }
});

test("whatever is accepted has exactly our origin and path", () => {
  const part = fc.constantFrom(
    "https://",
    "http://",
    "exchange.test",
    "evil.test",
    "@",
    ":",
    "443",
    "446",
    "\\",
    "/",
    "//",
    ".",
    "..",
    "%2e",
    "%2f",
    INVOKE,
    TENANT_ID,
    OTHER_TENANT,
    "/adminapi/beta/",
    "/InvokeCommand",
    "?",
    "$skiptoken=a",
    "#",
    "\t",
    "\r\n",
    " ",
    "\0",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.string(), (parts, tail) => {
      const url = nextPage(parts.join("") + tail, TENANT);
      if (url === undefined) return;
      expect(url.origin).toBe(ORIGIN);
      expect(url.pathname.toLowerCase()).toBe(INVOKE.toLowerCase());
      expect(url.username + url.password + url.hash).toBe("");
    }),
    { numRuns: 5_000 },
  );
});

test("a page that names another server is refused before anybody connects to it", async () => {
  const elsewhere = await wireServer(() => ({ body: envelope([{ stolen: true }]) }));
  const { exo, server } = await clientOf(() => ({
    body: envelope([{ a: 1 }], { "@odata.nextLink": `${elsewhere.origin}${INVOKE}?%24skiptoken=x` }),
  }));
  const error = await errorOf(exo.invoke("Get-Mailbox", {}));
  expect(error).toMatchObject({ kind: "unsafe-link", remedy: "give-up" });
  expect(error.message).not.toContain(elsewhere.origin);
  expect(server.asked).toHaveLength(1);
  expect(elsewhere.connections()).toBe(0);
  await elsewhere.close();
});

test.each([301, 302, 303, 307, 308])(
  "a %i to another server is refused before anybody connects to it",
  async (status) => {
    const elsewhere = await wireServer(() => ({ body: envelope([]) }));
    const { exo } = await clientOf(() => ({ status, headers: { location: `${elsewhere.origin}${INVOKE}` } }));
    const error = await errorOf(exo.invoke("Get-Mailbox", {}));
    expect(error).toMatchObject({ kind: "unsafe-link", remedy: "pause-run" });
    expect(elsewhere.connections()).toBe(0);
    await elsewhere.close();
  },
);

test("a redirect on the same server is followed with method, body, bearer and cookie", async () => {
  const { exo, server } = await clientOf(({ url }) =>
    url.includes("door=2")
      ? { body: envelope([{ a: 1 }]) }
      : {
          status: 302,
          headers: { location: `${INVOKE}?door=2`, "set-cookie": "affinity=7; Path=/; Secure" },
        },
  );
  expect((await exo.invoke("Get-Mailbox", { Identity: "x" })).rows).toEqual([{ a: 1 }]);
  const [first, second] = server.asked;
  expect(second).toMatchObject({ method: "POST", text: first?.text });
  expect(second?.headers).toMatchObject({ authorization: "Bearer token-1", cookie: "affinity=7" });
});

test("a redirect in a circle ends", async () => {
  const { exo, server } = await clientOf(() => ({ status: 307, headers: { location: INVOKE } }));
  expect(await errorOf(exo.invoke("Get-Mailbox", {}))).toMatchObject({ kind: "unsafe-link" });
  expect(server.asked.length).toBeLessThan(10);
});
