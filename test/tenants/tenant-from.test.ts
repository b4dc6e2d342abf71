import { expect, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import type { TenantSettings } from "../../src/config.ts";
import { tenantFrom, tenantOfToken } from "../../src/tenants/index.ts";
import { CLIENT_ID, TENANT_ID, jwt } from "./support.ts";

const BASE = { name: "contoso", tenantId: TENANT_ID.toUpperCase(), domain: "contoso.onmicrosoft.com" };

function settings(more: Partial<TenantSettings>): TenantSettings {
  const [tenant] = defaultSettings({ tenants: [{ ...BASE, ...more }], insecureHosts: ["emulator"] }).tenants;
  if (tenant === undefined) throw new Error("no tenant");
  return tenant;
}

test.each([
  ["global", "https://login.microsoftonline.com", "https://outlook.office365.com"],
  ["gcc-high", "https://login.microsoftonline.us", "https://outlook.office365.us"],
  ["dod", "https://login.microsoftonline.us", "https://outlook-dod.office365.us"],
  ["china", "https://login.chinacloudapi.cn", "https://outlook.office365.cn"],
] as const)("%s lives at %s and %s, and its audience is its own host", (cloud, login, exchange) => {
  const tenant = tenantFrom(settings({ cloud, secret: { env: "S" }, clientId: CLIENT_ID }), []);
  expect([tenant.cloud.login.origin, tenant.cloud.exchange.origin]).toEqual([login, exchange]);
  expect(tenant.cloud.audience).toBe(exchange);
  expect(tenant.tenantId).toBe(TENANT_ID);
});

test("an overridden cloud keeps the audience of the real one", () => {
  const cloud = { login: "http://emulator:1", exchange: "https://127.0.0.1:2" };
  const tenant = tenantFrom(settings({ cloud, secret: { env: "S" }, clientId: CLIENT_ID }), ["emulator"]);
  expect(tenant.cloud).toMatchObject({ name: "custom", audience: "https://outlook.office365.com" });
});

test("plain http is for this machine and for named hosts", () => {
  const cloud = { login: "http://emulator:1", exchange: "http://127.0.0.1:2" };
  const made = () => tenantFrom(settings({ cloud, secret: { env: "S" }, clientId: CLIENT_ID }), []);
  expect(made).toThrow("cloud.login is http://emulator:1, which is plain http");
});

test("a person at a terminal signs in with Microsoft's public client unless another is named", () => {
  expect(tenantFrom(settings({ deviceCode: {} }), []).clientId).toBe("fb78d390-0c51-40cd-8e17-fdbfab77341b");
  expect(tenantFrom(settings({ deviceCode: {}, clientId: CLIENT_ID }), []).clientId).toBe(CLIENT_ID);
});

test("a managed identity may be the system's or a named one", () => {
  expect(tenantFrom(settings({ managedIdentity: {} }), [])).toMatchObject({
    clientId: "managed-identity",
    credential: { kind: "managedIdentity", clientId: undefined },
  });
  expect(tenantFrom(settings({ managedIdentity: { clientId: CLIENT_ID } }), []).credential).toEqual({
    kind: "managedIdentity",
    clientId: CLIENT_ID,
  });
});

test("a token tells its tenant; an opaque one tells nothing", () => {
  expect(tenantOfToken(jwt({ tid: TENANT_ID.toUpperCase() }))).toBe(TENANT_ID);
  const others = [jwt({}), jwt({ tid: 7 }), "", "opaque", "a.b.c", "a.bnVsbA.c", "a.WzE.c"];
  for (const token of others) expect(tenantOfToken(token)).toBeUndefined();
});
