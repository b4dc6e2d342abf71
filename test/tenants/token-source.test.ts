import { readFileSync } from "node:fs";
import { X509Certificate, constants, createVerify } from "node:crypto";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SignInError, createTokenSource, tenantFrom } from "../../src/tenants/index.ts";
import type { DeviceCode, TokenSource } from "../../src/tenants/index.ts";
import { CLIENT_ID, TENANT_ID, jwt, loginServer, network, refusal, tenantAt, tokenReply } from "./support.ts";
import type { LoginSaid } from "./support.ts";

const CERTIFICATE = join(import.meta.dirname, "fixtures", "app.pem");
const ENVIRONMENT = { SECRET: "canary-of-a-secret" };

async function bySecret(
  answer: (count: number) => LoginSaid | "reset",
  now?: () => number,
): Promise<{ source: TokenSource; asked: Awaited<ReturnType<typeof loginServer>>["asked"] }> {
  const { origin, asked } = await loginServer((_, count) => answer(count));
  const clock = now === undefined ? {} : { now };
  const source = createTokenSource(tenantAt(origin), {
    network: network(),
    environment: ENVIRONMENT,
    ...clock,
  });
  return { source, asked };
}

async function signInErrorOf(source: TokenSource): Promise<SignInError> {
  const error: unknown = await source.token().then(
    () => new Error("it went well"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof SignInError)) throw error;
  return error;
}

test("a secret signs in at the token endpoint of its tenant, and asks nobody else anything", async () => {
  const { source, asked } = await bySecret(() => tokenReply("the-token"));
  expect((await source.token()).value).toBe("the-token");
  expect(asked).toHaveLength(1);
  expect(asked[0]?.path).toBe(`/${TENANT_ID}/oauth2/v2.0/token`);
  expect(Object.fromEntries(asked[0]?.form ?? [])).toMatchObject({
    client_id: CLIENT_ID,
    client_secret: "canary-of-a-secret",
    grant_type: "client_credentials",
    scope: "https://outlook.office365.com/.default",
  });
});

test("a hundred callers at once share one sign-in, and later ones its token", async () => {
  const { source, asked } = await bySecret((count) => tokenReply(`token-${count}`));
  const tokens = await Promise.all(Array.from({ length: 100 }, () => source.token()));
  expect(new Set(tokens.map(({ value }) => value))).toEqual(new Set(["token-1"]));
  expect((await source.token()).value).toBe("token-1");
  expect(asked).toHaveLength(1);
});

test("a token is renewed two minutes before it ends", async () => {
  const clock = { ms: Date.now() };
  const { source, asked } = await bySecret(
    (count) => tokenReply(`token-${count}`),
    () => clock.ms,
  );
  await source.token();
  clock.ms += 3_600_000 - 125_000;
  expect((await source.token()).value).toBe("token-1");
  clock.ms += 10_000;
  expect((await source.token()).value).toBe("token-2");
  expect(asked).toHaveLength(2);
});

test("a token that lives for seconds only is used for most of its life", async () => {
  const { source, asked } = await bySecret((count) => tokenReply(`token-${count}`, 30));
  await source.token();
  await source.token();
  expect(asked).toHaveLength(1);
});

test("while the sign-in service is in trouble, a token that is still good goes on being used", async () => {
  const clock = { ms: Date.now() };
  const busy: LoginSaid = { status: 503, body: "<html>busy</html>" };
  const { source } = await bySecret(
    (count) => (count === 1 ? tokenReply("old") : busy),
    () => clock.ms,
  );
  await source.token();
  clock.ms += 3_600_000 - 60_000;
  expect((await source.token()).value).toBe("old");
  clock.ms += 61_000;
  expect(await signInErrorOf(source)).toMatchObject({ transient: true });
});

test("renewing brings a new token although the old one looks good, with the claims of the challenge", async () => {
  const { source, asked } = await bySecret((count) => tokenReply(`token-${count}`));
  await source.token();
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
  expect((await source.token({ renew: { claims } })).value).toBe("token-2");
  expect(JSON.parse(asked[1]?.form.get("claims") ?? "")).toMatchObject(JSON.parse(claims));
  expect((await source.token()).value).toBe("token-2");
});

test("a sign-in that failed is tried anew by the next caller, at once", async () => {
  const { source, asked } = await bySecret((count) =>
    count === 1 ? { status: 503, body: {} } : tokenReply("now"),
  );
  expect(await signInErrorOf(source)).toMatchObject({ transient: true });
  expect((await source.token()).value).toBe("now");
  expect(asked).toHaveLength(2);
});

test("one caller who stops waiting does not end the sign-in of the others", async () => {
  const { source } = await bySecret(() => ({ ...tokenReply("shared"), afterMs: 50 }));
  const controller = new AbortController();
  const leaving = source.token({ signal: controller.signal });
  const staying = source.token();
  controller.abort(new Error("enough"));
  await expect(leaving).rejects.toThrow("enough");
  expect((await staying).value).toBe("shared");
});

test("a certificate signs an assertion with its thumbprint, its chain and PSS", async () => {
  const { origin, asked } = await loginServer(() => tokenReply("by-certificate"));
  const tenant = tenantAt(origin, { certificate: { path: CERTIFICATE } });
  const source = createTokenSource(tenant, { network: network(), environment: {} });
  expect((await source.token()).value).toBe("by-certificate");
  const assertion = asked[0]?.form.get("client_assertion") ?? "";
  const [head = "", body = "", signature = ""] = assertion.split(".");
  const header: Record<string, unknown> = JSON.parse(Buffer.from(head, "base64url").toString());
  const certificate = new X509Certificate(readFileSync(CERTIFICATE));
  expect(header["alg"]).toBe("PS256");
  expect(header["x5t#S256"]).toBe(
    Buffer.from(certificate.fingerprint256.replaceAll(":", ""), "hex").toString("base64url"),
  );
  expect(header["x5c"]).toHaveLength(1);
  const verify = createVerify("sha256").update(`${head}.${body}`);
  const key = { key: certificate.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING };
  expect(verify.verify(key, Buffer.from(signature, "base64url"))).toBe(true);
});

test("a device code is shown to a person, and later tokens need nobody", async () => {
  const accessToken = (count: number): LoginSaid => ({
    body: {
      token_type: "Bearer",
      expires_in: 3_600,
      access_token: `token-${count}`,
      refresh_token: "refresh-1",
      scope: "https://outlook.office365.com/.default",
      client_info: Buffer.from(JSON.stringify({ uid: "u", utid: TENANT_ID })).toString("base64url"),
      id_token: jwt({ tid: TENANT_ID, oid: "u", sub: "u", preferred_username: "ann@contoso.com" }),
    },
  });
  const { origin, asked } = await loginServer(({ path, form }, count) => {
    if (path.endsWith("/devicecode")) {
      const answer = { user_code: "ABC", device_code: "d", verification_uri: "https://example/device" };
      return { body: { ...answer, expires_in: 900, interval: 0, message: "go there" } };
    }
    if (form.get("grant_type") === "refresh_token") return accessToken(count);
    return asked.length < 4
      ? { status: 400, body: { error: "authorization_pending", error_codes: [70016] } }
      : accessToken(count);
  });
  const shown: DeviceCode[] = [];
  const source = createTokenSource(tenantAt(origin, { deviceCode: {} }), {
    network: network(),
    environment: {},
    onDeviceCode: (code) => void shown.push(code),
  });
  expect((await source.token()).value).toBe("token-4");
  expect(shown).toEqual([
    { tenant: "contoso", url: "https://example/device", code: "ABC", expiresInMs: 900_000 },
  ]);
  expect((await source.token({ renew: {} })).value).toBe("token-5");
  expect(shown).toHaveLength(1);
  expect(asked.at(-1)?.form.get("refresh_token")).toBe("refresh-1");
});

test("a managed identity is asked where its platform says, for the audience of Exchange", async () => {
  const { origin, asked } = await loginServer(() => ({
    body: {
      access_token: "by-identity",
      expires_on: String(Math.floor(Date.now() / 1000) + 3_600),
      resource: "https://outlook.office365.com",
      token_type: "Bearer",
    },
  }));
  process.env["IDENTITY_ENDPOINT"] = `${origin}/msi/token`;
  process.env["IDENTITY_HEADER"] = "header";
  onTestFinished(() => {
    delete process.env["IDENTITY_ENDPOINT"];
    delete process.env["IDENTITY_HEADER"];
  });
  const { name, tenantId, domain } = tenantAt(origin);
  const tenant = tenantFrom({ name, tenantId, domain, managedIdentity: {}, cloud: "global" }, []);
  const source = createTokenSource(tenant, { network: network(), environment: {} });
  expect((await source.token()).value).toBe("by-identity");
  expect(asked.map(({ path }) => path)).toEqual(["/msi/token"]);
});

test("without anybody to show a code to, a device code cannot sign in", async () => {
  const { origin, asked } = await loginServer(() => tokenReply());
  const tenant = tenantAt(origin, { deviceCode: {} });
  const error = await signInErrorOf(createTokenSource(tenant, { network: network(), environment: {} }));
  expect(error.message).toBe('Cannot sign in to tenant "contoso": nobody is there to enter a code');
  expect(asked).toHaveLength(0);
});

test("a secret that is not set is named before anybody is asked", async () => {
  const { origin, asked } = await loginServer(() => tokenReply());
  const source = createTokenSource(tenantAt(origin), { network: network(), environment: {} });
  const error = await signInErrorOf(source);
  expect(error.message).toBe(
    'Cannot sign in to tenant "contoso": the environment variable SECRET is not set',
  );
  expect(error.advice).toContain("SECRET");
  expect(asked).toHaveLength(0);
});

test.each([
  [7000215, "the client secret is wrong", "value, not its id"],
  [7000222, "the client secret has expired", "create a new one"],
  [700016, `the app ${CLIENT_ID} is not known there`, "clientId"],
  [90002, `there is no tenant ${TENANT_ID} in this cloud`, "tenantId"],
  [700027, "the certificate is not the one registered for the app", "upload"],
  [65001, "the app has no consent for Exchange", "Exchange.ManageAsApp"],
  [53003, "a conditional access policy forbids it", "policy"],
  [1234567, "the sign-in service answered invalid_client (AADSTS1234567)", "clientId"],
])("AADSTS%i is said in a sentence: %s", async (code, cause, advice) => {
  const { source } = await bySecret(() => refusal(code));
  const error = await signInErrorOf(source);
  expect(error.message).toBe(`Cannot sign in to tenant "contoso": ${cause}`);
  expect(error.advice).toContain(advice);
  expect(error.transient).toBe(false);
});

test.each<[string, LoginSaid | "reset"]>([
  ["429", { ...refusal(90033, "temporarily_unavailable", 429), headers: { "retry-after": "5" } }],
  ["500 with HTML", { status: 500, body: "<html>" }],
  ["a reset", "reset"],
])("%s is the service's trouble, not ours", async (_, said) => {
  const { source } = await bySecret(() => said);
  expect(await signInErrorOf(source)).toMatchObject({ transient: true });
});

test("a host that cannot be reached is named", async () => {
  const source = createTokenSource(tenantAt("http://127.0.0.1:1"), {
    network: network(),
    environment: ENVIRONMENT,
  });
  const error = await signInErrorOf(source);
  expect(error.message).toBe(
    'Cannot sign in to tenant "contoso": cannot reach 127.0.0.1:1: the connection was refused',
  );
});

test.each<[string, LoginSaid]>([
  ["a page of HTML", { body: "<html>welcome</html>" }],
  ["a list", { body: [] }],
  ["no token", { body: { token_type: "Bearer", expires_in: 3600 } }],
  ["an empty token", { body: { token_type: "Bearer", expires_in: 3600, access_token: "" } }],
  ["a redirect", { status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "" }],
])("%s instead of a token is a failure and not a token", async (_, said) => {
  const { source } = await bySecret(() => said);
  const error = await signInErrorOf(source);
  expect(error.message).toContain("gave an answer that holds no token");
});

test("no secret and no words of the service are in any message", async () => {
  const replies: (LoginSaid | "reset")[] = [
    refusal(7000215),
    { status: 400, body: { error: "canary-of-a-secret", error_description: "canary-of-a-secret" } },
    { status: 400, body: { error: "invalid_grant", suberror: "canary-of-a-secret" } },
    { status: 500, body: "canary-of-a-secret" },
    { body: { access_token: "", error: "canary-of-a-secret" } },
    "reset",
  ];
  for (const said of replies) {
    const { source } = await bySecret(() => said);
    const error = await signInErrorOf(source);
    const everything = `${error.message} ${error.advice} ${String(error.stack)} ${JSON.stringify(error)} ${String(error.cause)}`;
    expect(everything).not.toContain("canary");
    expect(everything).not.toContain("Some words");
  }
});
