import { X509Certificate } from "node:crypto";
import {
  ConfidentialClientApplication,
  PublicClientApplication,
  type INetworkModule,
} from "@azure/msal-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Emulator } from "../../src/emulator/index.ts";
import { selfSigned, type SelfSigned } from "./certificate.ts";
import { raw, startPolite, type RawReply } from "./wire.ts";

let emulator: Emulator;
let pem: SelfSigned;

beforeAll(async () => {
  pem = selfSigned("app");
  emulator = await startPolite({}, { certificates: [pem.certificate], tenants: 2, pollIntervalSeconds: 0 });
});

afterAll(async () => emulator.stop());

/** What a client does to reach an emulator: the authority stays Microsoft's, the connection goes elsewhere. */
function rewriting(to: string): INetworkModule {
  const go = async (
    url: string,
    method: string,
    options?: { headers?: Record<string, string>; body?: string },
  ) => {
    const reply = await raw(url.replace("https://login.microsoftonline.com", to), {
      method,
      headers: options?.headers ?? {},
      ...(options?.body !== undefined && { body: options.body }),
    });
    return { headers: {}, status: reply.status, body: JSON.parse(reply.text) };
  };
  return {
    sendGetRequestAsync: async (url, options) => go(url, "GET", options),
    sendPostRequestAsync: async (url, options) => go(url, "POST", options),
  };
}

function access(at = 0): Emulator["tenants"][number] {
  const tenant = emulator.tenants[at];
  if (!tenant) throw new Error("no tenant");
  return tenant;
}

function authority(): string {
  return `https://login.microsoftonline.com/${access().tenantId}`;
}

const SCOPES = ["https://outlook.office365.com/.default"];

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
}

async function callWith(token: string): Promise<RawReply> {
  return raw(`${emulator.url}/adminapi/beta/${access().tenantId}/InvokeCommand`, {
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: '{"CmdletInput":{"CmdletName":"Get-Mailbox","Parameters":{"ResultSize":1}}}',
  });
}

test("the real msal-node signs in with a secret, and the token opens the admin API", async () => {
  const app = new ConfidentialClientApplication({
    auth: { clientId: access().clientId, clientSecret: access().secret, authority: authority() },
    system: { networkClient: rewriting(emulator.url) },
  });
  const result = await app.acquireTokenByClientCredential({ scopes: SCOPES });
  expect((await callWith(result?.accessToken ?? "")).status).toBe(200);
  expect(claimsOf(result?.accessToken ?? "")).toMatchObject({
    aud: "https://outlook.office365.com",
    appid: access().clientId,
    tid: access().tenantId,
    roles: ["Exchange.ManageAsApp"],
    wids: ["29232cdf-9323-42fd-ade2-1d097af3e4de", "0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
  });
});

test("the real msal-node signs in with a certificate, and answers a claims challenge", async () => {
  const thumbprintSha256 = new X509Certificate(pem.certificate).fingerprint256.replaceAll(":", "");
  const app = new ConfidentialClientApplication({
    auth: {
      clientId: access().clientId,
      clientCertificate: { thumbprintSha256, privateKey: pem.key },
      authority: authority(),
    },
    system: { networkClient: rewriting(emulator.url) },
  });
  const first = await app.acquireTokenByClientCredential({ scopes: SCOPES });
  expect((await callWith(first?.accessToken ?? "")).status).toBe(200);
  emulator.addFaults([{ match: { nth: 1 }, fault: { kind: "claims" } }]);
  const challenged = await callWith(first?.accessToken ?? "");
  expect(challenged.status).toBe(401);
  const claims = /claims="([^"]+)"/.exec(challenged.headers["www-authenticate"] ?? "")?.[1] ?? "";
  const again = await app.acquireTokenByClientCredential({
    scopes: SCOPES,
    claims: Buffer.from(claims, "base64").toString("utf8"),
  });
  expect((await callWith(first?.accessToken ?? "")).status, "the challenged token stays dead").toBe(401);
  expect((await callWith(again?.accessToken ?? "")).status).toBe(200);
});

test("the real msal-node signs a person in by device code, after as many polls as were asked for", async () => {
  const app = new PublicClientApplication({
    auth: { clientId: "fb78d390-0c51-40cd-8e17-fdbfab77341b", authority: authority() },
    system: { networkClient: rewriting(emulator.url) },
  });
  let shown = "";
  const result = await app.acquireTokenByDeviceCode({
    scopes: SCOPES,
    deviceCodeCallback: ({ message }) => (shown = message),
  });
  expect(shown).toContain("enter the code");
  expect(claimsOf(result?.accessToken ?? "")).toMatchObject({
    scp: "Exchange.Manage",
    tid: access().tenantId,
  });
  expect((await callWith(result?.accessToken ?? "")).status).toBe(200);
});

test("wrong credentials get Entra's own error numbers", async () => {
  const ask = async (
    tenant: string,
    form: Readonly<Record<string, string>>,
  ): Promise<[number, string, number]> => {
    const reply = await raw(`${emulator.url}/${tenant}/oauth2/v2.0/token`, {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: access().clientId,
        client_secret: access().secret,
        scope: SCOPES.join(" "),
        ...form,
      }).toString(),
    });
    const { error, error_codes: codes, error_description: text } = JSON.parse(reply.text);
    expect(text).toMatch(
      new RegExp(`^AADSTS${codes[0]}: .+ Trace ID: .+ Correlation ID: .+ Timestamp: .+Z$`),
    );
    return [reply.status, error, codes[0]];
  };
  const { tenantId } = access();
  expect(await ask(tenantId, { client_secret: "wrong" })).toEqual([401, "invalid_client", 7000215]);
  expect(await ask("11111111-2222-4333-8444-555555555555", {})).toEqual([400, "invalid_request", 90002]);
  expect(await ask(tenantId, { client_id: access(1).clientId })).toEqual([
    400,
    "unauthorized_client",
    700016,
  ]);
  expect(await ask(tenantId, { scope: "https://outlook.office365.com/Exchange.Manage" })).toEqual([
    400,
    "invalid_scope",
    1002012,
  ]);
  expect(await ask(tenantId, { scope: "https://example.com/.default" })).toEqual([
    400,
    "invalid_resource",
    500011,
  ]);
  expect(await ask(tenantId, { grant_type: "password" })).toEqual([400, "unsupported_grant_type", 70003]);
  expect(await ask(tenantId, { client_assertion: "a.b.c" })).toEqual([401, "invalid_client", 50027]);
});

test("a certificate nobody registered is refused with AADSTS700027", async () => {
  const stranger = await startPolite({}, {});
  const app = new ConfidentialClientApplication({
    auth: {
      clientId: access().clientId,
      clientCertificate: { thumbprintSha256: "00".repeat(32), privateKey: pem.key },
      authority: authority(),
    },
    system: { networkClient: rewriting(stranger.url) },
  });
  await expect(app.acquireTokenByClientCredential({ scopes: SCOPES })).rejects.toThrow("AADSTS700027");
  await stranger.stop();
});

test("discovery is what a library expects", async () => {
  const { tenantId } = access();
  const read = async (path: string): Promise<Record<string, unknown>> =>
    JSON.parse((await raw(`${emulator.url}${path}`, { method: "GET" })).text);
  expect(await read(`/${tenantId}/v2.0/.well-known/openid-configuration`)).toMatchObject({
    token_endpoint: `${emulator.url}/${tenantId}/oauth2/v2.0/token`,
    issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
  });
  const authorize = encodeURIComponent(`${authority()}/oauth2/v2.0/authorize`);
  expect(
    await read(`/common/discovery/instance?api-version=1.1&authorization_endpoint=${authorize}`),
  ).toMatchObject({
    tenant_discovery_endpoint: `${emulator.url}/${tenantId}/v2.0/.well-known/openid-configuration`,
  });
  expect(await read(`/${tenantId}/discovery/v2.0/keys`)).toMatchObject({
    keys: [{ kty: "RSA", use: "sig" }],
  });
});
