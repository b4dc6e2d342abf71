import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator, type Emulator } from "../../src/emulator/index.ts";
import { be, benchOf, raw, signIn, type Bench, type RawReply } from "./wire.ts";

let emulator: Emulator;
let bench: Bench;

beforeAll(async () => {
  emulator = await startEmulator({ mailboxes: 40, tenants: 2 });
  bench = await benchOf(emulator);
});
afterAll(async () => emulator.stop());

async function callWith(token: string, cmdlet = "Get-Mailbox"): Promise<RawReply> {
  const headers = { authorization: `Bearer ${token}` };
  return bench.invoke(cmdlet, { ResultSize: 1 }, { headers });
}

async function grant(directoryRoles: readonly string[], appRoles?: readonly string[]): Promise<void> {
  const body = JSON.stringify({ directoryRoles, ...(appRoles && { appRoles }) });
  await raw(`${emulator.url}/__emulator/tenants/${bench.tenantId}/grants`, { method: "PUT", body });
}

/** The same token with one character of its signature, or one claim, changed. */
function forged(token: string, change: (claims: Record<string, unknown>) => void): string {
  const [header = "", claims = "", signature = ""] = token.split(".");
  const object = JSON.parse(Buffer.from(claims, "base64url").toString("utf8"));
  change(object);
  return `${header}.${Buffer.from(JSON.stringify(object)).toString("base64url")}.${signature}`;
}

test("no token, a bad one, a forged one, another tenant's: 401 without a body (exo-protocol.md 2.3, 13)", async () => {
  be(emulator);
  const other = await signIn(emulator, 1);
  const tokens = ["", "nonsense", "a.b.c", other, forged(bench.token, (claims) => (claims["tid"] = "x"))];
  for (const token of tokens) {
    const reply = await callWith(token);
    expect([reply.status, reply.bytes.length]).toEqual([401, 0]);
    expect(reply.headers["www-authenticate"]).toMatch(
      /^Bearer client_id="00000002-0000-0ff1-ce00-000000000000".*error="invalid_token"$/,
    );
  }
});

test("a Graph token is rejected (exo-protocol.md 2.1)", async () => {
  be(emulator);
  const access = emulator.tenants[0];
  const form = {
    grant_type: "client_credentials",
    client_id: access?.clientId ?? "",
    client_secret: access?.secret ?? "",
    scope: "https://graph.microsoft.com/.default",
  };
  const reply = await raw(`${emulator.url}/${bench.tenantId}/oauth2/v2.0/token`, {
    body: new URLSearchParams(form).toString(),
  });
  expect((await callWith(JSON.parse(reply.text).access_token)).status).toBe(401);
});

test("neither grant is 401, the app role alone 403, both 200, the role of v2.0 a bodyless 403 (exo-protocol.md 2.2, 1.6)", async () => {
  be(emulator);
  const status = async (): Promise<[number, number]> => {
    const reply = await callWith(await signIn(emulator));
    return [reply.status, reply.bytes.length > 0 ? 1 : 0];
  };
  await grant([], []);
  expect(await status()).toEqual([401, 0]);
  await grant([]);
  expect(await status()).toEqual([403, 1]);
  await grant(["exchange-administrator"], ["Exchange.ManageAsAppV2"]);
  expect(await status()).toEqual([403, 0]);
  await grant(["exchange-administrator"]);
  expect(await status()).toEqual([200, 1]);
});

test("a Global Reader may read mailboxes but not SendAs (exo-protocol.md 2.2)", async () => {
  be(emulator);
  await grant(["global-reader"]);
  const token = await signIn(emulator);
  await grant(["exchange-administrator"]);
  expect((await callWith(token)).status).toBe(200);
  const denied = await callWith(token, "Get-RecipientPermission");
  expect([denied.status, denied.bytes[0]]).toEqual([403, 0]);
});

test("unauthorizedBody: nothing, or the JSON of the resource endpoints (exo-protocol.md 2.3)", async () => {
  be(emulator, { quirks: { unauthorizedBody: "json" } });
  const reply = await callWith("nonsense");
  expect(JSON.parse(reply.text)).toMatchObject({
    error: {
      code: "Unauthorized",
      innererror: { type: "Microsoft.Exchange.Admin.OData.Core.ODataServiceException" },
    },
  });
});

test("tokenLifetimeSeconds: a token dies in the middle of a run (exo-protocol.md 11, quirk 23)", async () => {
  be(emulator, { quirks: { tokenLifetimeSeconds: 1 } });
  const token = await signIn(emulator);
  expect((await callWith(token)).status).toBe(200);
  await expect.poll(async () => (await callWith(token)).status, { interval: 100, timeout: 3000 }).toBe(401);
  expect((await callWith(await signIn(emulator))).status).toBe(200);
});

test("secretExpired: no new token for the right secret, while tokens made before live on (exo-protocol.md 2.1)", async () => {
  be(emulator);
  const token = await signIn(emulator);
  be(emulator, { quirks: { secretExpired: true } });
  const { tenantId, clientId, secret } = emulator.tenants[0] ?? { tenantId: "", clientId: "", secret: "" };
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: secret,
    scope: "https://outlook.office365.com/.default",
  }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const reply = await raw(`${emulator.url}/${tenantId}/oauth2/v2.0/token`, { method: "POST", body, headers });
  expect(reply.status).toBe(401);
  expect(JSON.parse(reply.text)).toMatchObject({ error: "invalid_client", error_codes: [7000222] });
  expect((await callWith(token)).status).toBe(200);
});

test("claimsChallenge: 401 with claims in base64, and the token stays dead (exo-protocol.md 11, quirk 23)", async () => {
  be(emulator, { quirks: { claimsChallenge: 1 } });
  const token = await signIn(emulator);
  const reply = await callWith(token);
  const claims = /error="insufficient_claims", claims="([^"]+)"$/.exec(
    reply.headers["www-authenticate"] ?? "",
  )?.[1];
  expect(reply.status).toBe(401);
  expect(JSON.parse(Buffer.from(claims ?? "", "base64").toString("utf8"))).toMatchObject({
    access_token: { nbf: { essential: true, value: expect.stringMatching(/^\d{10}$/) } },
  });
  be(emulator);
  expect((await callWith(token)).status).toBe(401);
  expect((await callWith(await signIn(emulator))).status).toBe(200);
});

test("rolePropagationSeconds: a new role does not show at once, nor in an old token (exo-protocol.md 11, quirk 24)", async () => {
  be(emulator);
  await grant([]);
  const before = await signIn(emulator);
  be(emulator, { quirks: { rolePropagationSeconds: 60 } });
  await grant(["exchange-administrator"]);
  expect((await callWith(await signIn(emulator))).status, "too early").toBe(403);
  be(emulator);
  expect((await callWith(before)).status, "the old token").toBe(403);
  expect((await callWith(await signIn(emulator))).status, "a new token").toBe(200);
});

test("frontDoor: a redirect to another host with an affinity cookie, in one hop, two, or for ever (exo-protocol.md 11, quirk 25)", async () => {
  const hops = async (frontDoor: string): Promise<(string | number)[]> => {
    be(emulator, { quirks: { frontDoor } });
    const seen: (string | number)[] = [];
    let url = `${bench.base}/InvokeCommand`;
    let cookie = "";
    for (let n = 0; n < 4; n += 1) {
      const reply = await raw(url, {
        headers: { ...bench.headers, cookie },
        body: '{"CmdletInput":{"CmdletName":"Get-Mailbox","Parameters":{"ResultSize":1}}}',
      });
      if (reply.status !== 302) return [...seen, reply.status];
      url = reply.headers.location ?? "";
      cookie = reply.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
      seen.push(new URL(url).hostname);
    }
    return seen;
  };
  expect(await hops("redirect")).toEqual(["localhost", 200]);
  expect(await hops("two-hops")).toEqual(["localhost", "127.0.0.1", 200]);
  expect(await hops("loop")).toEqual(["localhost", "127.0.0.1", "localhost", "127.0.0.1"]);
  expect(await hops("none")).toEqual([200]);
});

test("discovery: the list of cmdlets, an empty one, a 503, or no answer ever (exo-protocol.md 1.3)", async () => {
  const ask = async (): Promise<RawReply> =>
    raw(`${bench.base.replace("/beta/", "/v1.0/")}/EXOModuleFile?Version=3.9.2`, {
      method: "GET",
      headers: { ...bench.headers, commandname: "*" },
    });
  const said = async (discovery: string): Promise<readonly [number, string]> => {
    be(emulator, { quirks: { discovery } });
    const { status, text } = await ask();
    return [status, text];
  };
  expect(await said("list")).toEqual([200, expect.stringContaining("Get-Mailbox,")]);
  expect(await said("empty")).toEqual([200, expect.stringContaining('"value":[]')]);
  expect(await said("unavailable")).toEqual([503, expect.stringContaining("Service Unavailable")]);

  be(emulator, { quirks: { discovery: "silent" } });
  const answered = ask().then(() => true);
  const patience = new Promise<false>((resolve) => setTimeout(() => resolve(false), 200));
  expect(await Promise.race([answered, patience])).toBe(false);
  answered.catch(() => undefined); // Stopping the emulator ends it.
});
