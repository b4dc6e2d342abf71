import { isAbsolute, join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  defaultSettings,
  journalPath,
  mayBeSpokenTo,
  parseSettings,
  SettingsError,
  settleMsOf,
} from "../src/config.ts";

const TENANT = `tenants:
  - name: contoso
    tenantId: 8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e
    domain: contoso.onmicrosoft.com
    clientId: 11111111-2222-3333-4444-555555555555
`;

/** The mistakes of a text, each with its line. */
function mistakes(text: string): readonly string[] {
  try {
    parseSettings(text, "exosweep.yaml");
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes;
    throw error;
  }
  return [];
}

describe("a settings file", () => {
  test("without a word is the defaults", () => {
    expect(parseSettings("", "exosweep.yaml")).toEqual(defaultSettings());
    expect(parseSettings("# nothing but a comment\n", "exosweep.yaml")).toEqual(defaultSettings());
  });

  test("keeps what it says and fills in the rest", () => {
    const settings = parseSettings(
      `redis: rediss://user:word@redis.example:6380\njournal: sqlite:/var/lib/x.db\n${TENANT}    secret: { env: SECRET }\n`,
      "exosweep.yaml",
    );
    expect(settings.redis).toBe("rediss://user:word@redis.example:6380");
    expect(settings.tenants).toEqual([
      {
        name: "contoso",
        tenantId: "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e",
        domain: "contoso.onmicrosoft.com",
        clientId: "11111111-2222-3333-4444-555555555555",
        secret: { env: "SECRET" },
        cloud: "global",
      },
    ]);
    expect(settings.batch).toEqual({ maxCalls: 20, startCalls: 10, lingerMs: 25 });
  });

  test("may point a tenant at another server, by plain http only on loopback or where it is allowed", () => {
    const cloud = (login: string): string =>
      `${TENANT}    secret: { env: S }\n    cloud: { login: "${login}", exchange: "https://x.example" }\n`;
    expect(mistakes(cloud("http://127.0.0.1:8080"))).toEqual([]);
    expect(mistakes(cloud("http://[::1]:8080/"))).toEqual([]);
    expect(mistakes(cloud("http://emulator:8080"))).toEqual([
      "line 7: tenants[0].cloud.login: expected https: plain http is for loopback and for hosts named in insecureHosts",
    ]);
    expect(mistakes(`insecureHosts: [Emulator]\n${cloud("http://emulator:8080")}`)).toEqual([]);
  });

  test("that asks for fewer calls in a batch than it starts with starts with fewer", () => {
    const settings = parseSettings("batch: { maxCalls: 4 }\ngate: { maxWindow: 2 }", "exosweep.yaml");
    expect(settings.batch.startCalls).toBe(4);
    expect(settings.gate.startWindow).toBe(2);
  });
});

describe("a mistake is named with its line:", () => {
  const secret = "    secret: { env: S }\n";
  test.each([
    ["an unknown key", "redis: redis://127.0.0.1\nqueue: 3", "line 2: queue: unknown key"],
    ["an unknown key with settings under it", "a:\n  b: 1", "line 1: a: unknown key"],
    [
      "an unknown key of a tenant",
      `${TENANT}${secret}    colour: red`,
      "line 7: tenants[0].colour: unknown key",
    ],
    [
      "an unknown key of a cloud",
      `${TENANT}${secret}    cloud:\n      login: https://l.example\n      exchange: https://e.example\n      teams: https://g.example`,
      "line 10: tenants[0].cloud.teams: unknown key",
    ],
    ["a file that is a list", "- 1", "line 1: expected a group of settings, got a list"],
    [
      "a word for a number",
      "batch:\n  maxCalls: many",
      "line 2: batch.maxCalls: expected a number, got a string",
    ],
    ["a number below its bound", "batch:\n  maxCalls: 0", "line 2: batch.maxCalls: expected at least 1"],
    ["a number above its bound", "gate:\n  maxWindow: 5000", "line 2: gate.maxWindow: expected at most 1000"],
    [
      "half a number",
      "batch:\n  maxCalls: 1.5",
      "line 2: batch.maxCalls: expected a whole number, got a number",
    ],
    [
      "a time no timer can hold",
      "requests:\n  timeoutMs: 3000000000",
      "line 2: requests.timeoutMs: expected at most 86400000",
    ],
    [
      "a Redis that is no URL",
      "redis: localhost:6379x",
      "line 1: redis: expected a URL such as redis://127.0.0.1:6379 or rediss://…",
    ],
    [
      "a Redis of another protocol",
      "redis: http://localhost",
      "line 1: redis: expected a URL such as redis://127.0.0.1:6379 or rediss://…",
    ],
    [
      "a journal of another kind",
      "journal: mysql://x",
      "line 1: journal: expected sqlite:PATH or postgres://user@host/database",
    ],
    ["an empty group", "gate:\n", "line 1: gate: expected a group of settings, got nothing"],
    [
      "a tenant without a domain",
      "tenants:\n  - name: x\n    tenantId: 8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e\n    deviceCode: {}",
      "line 2: tenants[0].domain: missing: expected a string",
    ],
    [
      "a tenant id that is none",
      `${TENANT.replace("8f6c", "zzzz")}${secret}`,
      "line 3: tenants[0].tenantId: expected a GUID such as 8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e",
    ],
    [
      "a domain with a newline",
      `${TENANT.replace("contoso.onmicrosoft.com", '"a.b\\r\\nX-Evil: 1"')}${secret}`,
      "line 4: tenants[0].domain: expected a domain such as contoso.onmicrosoft.com",
    ],
    [
      "a name with a space",
      `${TENANT.replace("name: contoso", "name: con toso")}${secret}`,
      "line 2: tenants[0].name: expected letters, digits, dot, dash and underscore, at most 63",
    ],
    [
      "no way to sign in",
      TENANT,
      "line 2: tenants[0]: expected exactly one of secret, certificate, managedIdentity, deviceCode, got none",
    ],
    [
      "two ways to sign in",
      `${TENANT}${secret}    deviceCode: {}`,
      "line 2: tenants[0]: expected exactly one of secret, certificate, managedIdentity, deviceCode, got secret and deviceCode",
    ],
    [
      "an app without its id",
      `${TENANT.replace(/ {4}clientId.*\n/, "")}${secret}`,
      "line 2: tenants[0].clientId: missing: expected the client id of the app registration",
    ],
    [
      "an unknown cloud",
      `${TENANT}${secret}    cloud: mars`,
      "line 7: tenants[0].cloud: expected global, gcc-high, dod, china or { login: URL, exchange: URL }",
    ],
    [
      "half a cloud",
      `${TENANT}${secret}    cloud: { login: "https://l.example" }`,
      "line 7: tenants[0].cloud.exchange: expected a URL that starts with https://",
    ],
    [
      "a cloud with a path",
      `${TENANT}${secret}    cloud: { login: "https://l.example/x", exchange: "https://e.example" }`,
      "line 7: tenants[0].cloud.login: expected a URL without user, path, query and fragment",
    ],
    [
      "a managed identity elsewhere",
      `${TENANT}    managedIdentity: {}\n    cloud: { login: "https://l.example", exchange: "https://e.example" }`,
      "line 6: tenants[0].managedIdentity: expected another way to sign in: a managed identity cannot be used with an overridden cloud",
    ],
    [
      "a name used twice",
      `${TENANT}${secret}${(TENANT + secret).replace("tenants:\n", "").replace("contoso", "CONTOSO")}`,
      'line 7: tenants[1].name: expected unique names, got "CONTOSO" twice',
    ],
    ["a key used twice", "redis: redis://a\nredis: redis://b", "line 2: Map keys must be unique"],
    [
      "a flow without its end",
      "a: [1",
      "line 1: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    ["a tab", "a:\n\t- b", "line 2: Tabs are not allowed as indentation"],
    [
      "an alias of nothing",
      "redis: *x",
      "line 1: Unresolved alias (the anchor must be set before the alias): x",
    ],
    ["a tag of nobody", "redis: !!js x", "line 1: Unresolved tag: tag:yaml.org,2002:js"],
    [
      "a second document",
      "redis: redis://a\n---\nredis: redis://b",
      "line 2: Source contains multiple documents",
    ],
  ])("%s", (_name, text, mistake) => {
    expect(mistakes(text)).toEqual([mistake]);
  });

  test("a list of aliases that would fill the memory", () => {
    const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 9; level += 1) {
      bomb.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(", ")}]`);
    }
    expect(mistakes(bomb.join("\n"))).toEqual([expect.stringContaining("Excessive alias count")]);
  });

  test("all of them at once, in the order of the file", () => {
    const text = `redis: nowhere
tenants:
  - name: a
    tenantId: 1
    colour: red
  - name: A
batch: { maxCalls: 0 }
`;
    expect(mistakes(text).map((mistake) => mistake.replace(/: (expected|missing).*/, ""))).toEqual([
      "line 1: redis",
      "line 3: tenants[0].domain",
      "line 3: tenants[0]",
      "line 3: tenants[0].clientId",
      "line 4: tenants[0].tenantId",
      "line 5: tenants[0].colour: unknown key",
      "line 6: tenants[1].tenantId",
      "line 6: tenants[1].domain",
      "line 6: tenants[1]",
      "line 6: tenants[1].clientId",
      "line 6: tenants[1].name",
      "line 7: batch.maxCalls",
    ]);
  });

  test("never with the value, which may be a secret in the wrong place", () => {
    const found = [
      ...mistakes(`${TENANT}    secret: "hunter2~Q"\n`),
      ...mistakes(`${TENANT}    secret: { env: "hunter2~Q" }\n`),
      ...mistakes(`${TENANT}    secret: { value: hunter2~Q }\n`),
      ...mistakes("redis: hunter2~Q\n"),
    ];
    expect(found).toHaveLength(5);
    expect(found.join("\n")).not.toContain("hunter2");
    expect(found[0]).toContain("never the secret itself");
  });
});

test("the journal lies in the data directory, unless its path is absolute", () => {
  const dataDir = join(import.meta.dirname, "data");
  expect(journalPath(defaultSettings(), dataDir)).toBe(join(dataDir, "journal.db"));
  expect(isAbsolute(journalPath(defaultSettings({ journal: "sqlite:x/y.db" }), dataDir))).toBe(true);
  expect(journalPath(defaultSettings({ journal: "sqlite:/abs/y.db" }), dataDir)).toBe("/abs/y.db");
});

test("only https, loopback and named hosts may be spoken to", () => {
  const allowed = (url: string): boolean => mayBeSpokenTo(new URL(url), ["emulator"]);
  expect(
    [
      "https://evil.example",
      "http://localhost:1",
      "http://127.9.9.9",
      "http://[::1]",
      "http://EMULATOR:2",
    ].map(allowed),
  ).toEqual([true, true, true, true, true]);
  expect(
    ["http://evil.example", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "ftp://x"].map(
      allowed,
    ),
  ).toEqual([false, false, false, false]);
});

test("a lost write is not looked for while it may still be carried out", () => {
  expect(settleMsOf(defaultSettings())).toBe(360_000);
  expect(settleMsOf(defaultSettings({ requests: { timeoutMs: 300_000 } }))).toBe(600_000);
});
