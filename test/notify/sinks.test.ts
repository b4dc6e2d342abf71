/** Sinks against real servers: what arrives, what comes back, and what never leaves. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { createNetwork } from "../../src/network/index.ts";
import { makeSink } from "../../src/notify/sinks/make.ts";
import { allowedAddress } from "../../src/notify/sinks/addresses.ts";
import type { Answer } from "../../src/notify/sinks/sink.ts";
import { testMessage } from "../../src/notify/message.ts";
import { trySink } from "../../src/notify/try.ts";
import { tenantFrom } from "../../src/tenants/index.ts";
import { AUTHORITY, mailServer, receiver, SECRET, verified } from "../support/receivers.ts";
import { CLIENT_ID, jwt, loginServer, TENANT_ID, tokenReply } from "../tenants/support.ts";

const TOKEN = jwt({ tid: TENANT_ID });
const message = testMessage(Date.UTC(2026, 10, 23, 3));
const mail = { from: "audit@contoso.com", to: ["anna@contoso.com", "bob@contoso.com"] };

interface Cloud {
  readonly login?: string;
  readonly graph?: string;
  readonly smtp?: string;
}

/** Sends a message with an id of its own to one sink, as its settings have it. */
async function send(
  sink: Record<string, unknown>,
  {
    cloud = {},
    environment = {},
    timeoutMs = 2_000,
    trust = true,
    id = "msg_1",
  }: {
    readonly cloud?: Cloud;
    readonly environment?: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
    readonly trust?: boolean;
    readonly id?: string;
  } = {},
): Promise<Answer> {
  const nowhere = "http://127.0.0.1:1";
  const settings = defaultSettings({
    tenants: [
      {
        name: "contoso",
        tenantId: TENANT_ID,
        clientId: CLIENT_ID,
        domain: "contoso.onmicrosoft.com",
        secret: { env: "APP" },
        cloud: { login: nowhere, exchange: nowhere, ...cloud },
      },
    ],
    notify: { sinks: [{ name: "it", ...sink }] },
  });
  const [own] = settings.notify.sinks;
  if (own === undefined) throw new Error("No sink");
  const networks = [
    createNetwork({ connections: 2, environment: {}, allowedAddress: allowedAddress([]) }),
    createNetwork({ connections: 2, environment: {} }),
  ] as const;
  onTestFinished(async () => void (await Promise.all(networks.map((network) => network.close()))));
  const made = makeSink(own, {
    outside: networks[0],
    network: networks[1],
    tenants: settings.tenants.map((tenant) => tenantFrom(tenant, [])),
    environment: { HOOK: SECRET, APP: "app-secret", ...environment },
    insecureHosts: [],
    certificateAuthorities: trust ? [readFileSync(AUTHORITY, "utf8")] : [],
    timeoutMs,
  });
  return trySink(made, { id, message, atMs: Date.now() }, timeoutMs, new AbortController().signal);
}

const hook = (url: string, secret: object = { env: "HOOK" }) => ({ webhook: { url, secret } });

test("a webhook arrives signed as Standard Webhooks has it", async () => {
  const there = await receiver();
  expect(await send(hook(`${there.url}/in?a=1`), { id: "msg_x" })).toMatchObject({
    is: "accepted",
    said: "202",
  });
  const [request] = there.received;
  expect(request?.path).toBe("/in?a=1");
  expect(verified(request ?? fail())).toEqual({
    id: "msg_x",
    data: { type: "test", timestamp: message.at, data: message },
  });
  const tampered = { ...(request ?? fail()), body: `${request?.body} ` };
  expect(() => verified(tampered)).toThrow("No matching signature");
});

test("with two secrets, a receiver that knows either of them verifies", async () => {
  const there = await receiver();
  const other = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
  await send(hook(there.url), { environment: { HOOK: `${other} ${SECRET}\n` } });
  expect(verified(there.received[0] ?? fail()).id).toBe("msg_1");
});

test("a secret comes from a file only its owner can read", async () => {
  const directory = mkdtempSync(join(tmpdir(), "exosweep-secret-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "hook");
  const there = await receiver();
  expect((await send(hook(there.url, { file }))).said).toBe(`the file "${file}" cannot be read: ENOENT`);
  writeFileSync(file, `${SECRET}\n`, { mode: 0o644 });
  expect((await send(hook(there.url, { file }))).said).toContain("others on this machine can read");
  chmodSync(file, 0o600);
  expect(await send(hook(there.url, { file }))).toMatchObject({ is: "accepted" });
  expect(there.received).toHaveLength(1);
});

test.each([
  ["is not there", "", "the environment variable HOOK is not set"],
  ["is a word", "whsec_secret!", "not one of Standard Webhooks"],
  ["is too short", `whsec_${Buffer.alloc(8).toString("base64")}`, "not one of Standard Webhooks"],
  ["has no prefix", SECRET.slice(6), "not one of Standard Webhooks"],
])("nothing is sent when the secret %s, and it is not repeated", async (_, secret, said) => {
  const there = await receiver();
  const answer = await send(hook(there.url), { environment: { HOOK: secret } });
  expect(answer).toMatchObject({ is: "trouble", said: expect.stringContaining(said) });
  expect(secret === "" || !answer.said.includes(secret)).toBe(true);
  expect(there.received).toHaveLength(0);
});

test.each([
  [200, "accepted"],
  [204, "accepted"],
  [400, "refused"],
  [404, "refused"],
  [408, "trouble"],
  [410, "refused"],
  [429, "trouble"],
  [500, "trouble"],
  [503, "trouble"],
] as const)("%i is %s", async (status, is) => {
  const there = await receiver(() => ({ status, headers: { "retry-after": "7" } }));
  const answer = await send(hook(there.url));
  expect(answer.is).toBe(is);
  expect(answer.retryAfterMs).toBe(is === "trouble" ? 7_000 : undefined);
});

test("a Retry-After may be a date", async () => {
  const headers = { "retry-after": new Date(Date.now() + 60_000).toUTCString() };
  const there = await receiver(() => ({ status: 503, headers }));
  const { retryAfterMs = 0 } = await send(hook(there.url));
  expect(retryAfterMs).toBeGreaterThan(57_000);
  expect(retryAfterMs).toBeLessThanOrEqual(60_000);
});

test("a redirect is not followed", async () => {
  const elsewhere = await receiver();
  const there = await receiver(() => ({ status: 307, headers: { location: elsewhere.url } }));
  expect(await send(hook(there.url))).toMatchObject({ is: "refused", said: expect.stringContaining("307") });
  expect(elsewhere.received).toHaveLength(0);
});

test("one that says nothing has its time, and one that is not there none", async () => {
  const there = await receiver(() => "hang");
  const answer = await send(hook(there.url), { timeoutMs: 200 });
  expect(answer).toMatchObject({ is: "trouble", said: expect.stringContaining("within 200 ms") });
  expect(await send(hook("http://127.0.0.1:1"))).toMatchObject({
    is: "trouble",
    said: "Cannot reach 127.0.0.1:1: the connection was refused",
  });
});

test("a workflow of Teams gets an Adaptive Card, and its address is repeated nowhere", async () => {
  const there = await receiver(() => ({ status: 404 }));
  const address = `${there.url}/workflows/abc/triggers?sig=QyBzZWNyZXQ`;
  const answer = await send({ teams: { url: { env: "FLOW" } } }, { environment: { FLOW: address } });
  expect(JSON.stringify(answer)).toBe('{"is":"refused","said":"404"}');
  const [request] = there.received;
  expect(request?.path).toBe("/workflows/abc/triggers?sig=QyBzZWNyZXQ");
  expect(JSON.parse(request?.body ?? "")).toMatchObject({
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        content: { type: "AdaptiveCard", body: [{ inlines: [{ text: message.title }] }, {}] },
      },
    ],
  });
});

test.each(["http://flows.example/x?sig=1", "https://user:word@flows.example/", "no address", ""])(
  "nothing is sent to a workflow at %o",
  async (address) => {
    const answer = await send({ teams: { url: { env: "FLOW" } } }, { environment: { FLOW: address } });
    expect(answer.is).toBe("trouble");
    expect(answer.said).not.toContain("flows.example");
  },
);

async function signIn() {
  return loginServer(() => tokenReply(TOKEN));
}

test("Graph is given the token of its own audience, and a mail to send", async () => {
  const login = await signIn();
  const graph = await receiver();
  const answer = await send(
    { email: { ...mail, tenant: "contoso", via: "graph" } },
    { cloud: { login: login.origin, graph: graph.url } },
  );
  expect(answer).toMatchObject({ is: "accepted" });
  expect(login.asked[0]?.form.get("scope")).toContain("https://graph.microsoft.com/.default");
  const [request] = graph.received;
  expect(request).toMatchObject({
    path: "/v1.0/users/audit%40contoso.com/sendMail",
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(JSON.parse(request?.body ?? "")).toMatchObject({
    saveToSentItems: false,
    message: {
      subject: message.title,
      body: { contentType: "HTML", content: expect.stringContaining("Nothing has happened") },
      toRecipients: mail.to.map((address) => ({ emailAddress: { address } })),
      internetMessageHeaders: [{ name: "x-exosweep-delivery", value: "msg_1" }],
    },
  });
});

test("Graph that turns a token away is asked once more with a new one, then told of with its word", async () => {
  const login = await signIn();
  const body = JSON.stringify({ error: { code: "ErrorAccessDenied", message: `not for ${TOKEN}` } });
  const graph = await receiver((count) => ({ status: count === 1 ? 401 : 403, body }));
  const answer = await send(
    { email: { ...mail, tenant: "contoso", via: "graph" } },
    { cloud: { login: login.origin, graph: graph.url } },
  );
  expect(answer).toEqual({
    is: "refused",
    said: "403 ErrorAccessDenied: the app needs the right Mail.Send of Microsoft Graph, for audit@contoso.com",
  });
  expect(login.asked).toHaveLength(2);
  expect(graph.received).toHaveLength(2);
});

test("no token of another tenant is sent", async () => {
  const login = await loginServer(() => tokenReply(jwt({ tid: CLIENT_ID })));
  const graph = await receiver();
  const answer = await send(
    { email: { ...mail, tenant: "contoso", via: "graph" } },
    { cloud: { login: login.origin, graph: graph.url } },
  );
  expect(answer).toMatchObject({
    is: "trouble",
    said: 'the token for tenant "contoso" is of another tenant',
  });
  expect(graph.received).toHaveLength(0);
});

test("a mail goes by SMTP with TLS and the app's token, and is the same mail every time", async () => {
  const [login, server] = [await signIn(), await mailServer()];
  const sink = { email: { ...mail, tenant: "contoso", via: "smtp" } };
  const cloud = { login: login.origin, smtp: `127.0.0.1:${server.port}` };
  for (const _ of [1, 2]) expect(await send(sink, { cloud })).toMatchObject({ is: "accepted", said: "250" });
  expect(login.asked[0]?.form.get("scope")).toContain("https://outlook.office365.com/.default");
  expect(server.mails).toHaveLength(2);
  for (const sent of server.mails) {
    expect(sent).toMatchObject({ user: mail.from, token: TOKEN, from: mail.from, to: mail.to });
    expect(sent.tls).toMatch(/^TLSv1\.[23]$/);
    expect(sent.text).toMatch(/^Message-ID: <msg_1@contoso\.com>\r?$/m);
    expect(sent.text).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
    expect(sent.text).toContain("Subject: exosweep: a test message");
  }
});

test.each([
  [
    "without TLS",
    { hideSTARTTLS: true, disabledCommands: ["STARTTLS"] },
    "it offers no TLS of version 1.2 or later",
  ],
  ["with an old TLS", { minVersion: "TLSv1", maxVersion: "TLSv1.1" }, "127.0.0.1 could not be used"],
] as const)("a server %s hears neither token nor mail", async (_, options, said) => {
  const [login, server] = [await signIn(), await mailServer({ ...options } as object)];
  const cloud = { login: login.origin, smtp: `127.0.0.1:${server.port}` };
  const answer = await send({ email: { ...mail, tenant: "contoso", via: "smtp" } }, { cloud });
  expect(answer).toMatchObject({ is: "trouble", said: expect.stringContaining(said) });
  expect(server.mails).toEqual([]);
});

test("a server with a certificate nobody vouches for hears neither token nor mail", async () => {
  let asked = 0;
  const server = await mailServer({
    onAuth(_, __, answer) {
      asked += 1;
      answer(null, { user: "x" });
    },
  });
  const login = await signIn();
  const cloud = { login: login.origin, smtp: `127.0.0.1:${server.port}` };
  const answer = await send({ email: { ...mail, tenant: "contoso", via: "smtp" } }, { cloud, trust: false });
  expect(answer).toMatchObject({
    is: "trouble",
    said: expect.stringContaining("certificate is not trusted"),
  });
  expect(asked).toBe(0);
});

test.each([
  ["that turns the token away", { onAuth: refuseToken }, "refused", "535: the app's token was turned away"],
  ["that is full", { onMailFrom: failing(452) }, "trouble", "452"],
  ["that wants no such mail", { onMailFrom: failing(550) }, "refused", "550"],
  ["that knows no address", { onRcptTo: failing(550) }, "refused", "550"],
] as const)("a server %s: the answer is told without its text", async (_, options, is, said) => {
  const [login, server] = [await signIn(), await mailServer({ ...options })];
  const cloud = { login: login.origin, smtp: `127.0.0.1:${server.port}` };
  const answer = await send({ email: { ...mail, tenant: "contoso", via: "smtp" } }, { cloud });
  expect(answer).toMatchObject({ is, said: expect.stringContaining(said) });
  expect(JSON.stringify(answer)).not.toContain(TOKEN);
  expect(JSON.stringify(answer)).not.toContain("quoted");
});

function refuseToken(_: unknown, __: unknown, answer: (error: Error) => void): void {
  answer(Object.assign(new Error(`quoted ${TOKEN}`), { responseCode: 535 }));
}

function failing(responseCode: number) {
  return (_: unknown, __: unknown, answer: (error: Error) => void): void =>
    answer(Object.assign(new Error("quoted text"), { responseCode }));
}

test("a mail server that hangs has its time", async () => {
  const login = await signIn();
  const server = await mailServer({ onMailFrom: () => undefined });
  const cloud = { login: login.origin, smtp: `127.0.0.1:${server.port}` };
  const answer = await send(
    { email: { ...mail, tenant: "contoso", via: "smtp" } },
    { cloud, timeoutMs: 400 },
  );
  expect(answer.is).toBe("trouble");
});

test("sign-in that fails is told with what to do, and without the secret", async () => {
  const login = await loginServer(() => ({
    status: 401,
    body: { error: "invalid_client", error_codes: [7000215], error_description: "AADSTS7000215: app-secret" },
  }));
  const graph = await receiver();
  const answer = await send(
    { email: { ...mail, tenant: "contoso", via: "graph" } },
    { cloud: { login: login.origin, graph: graph.url } },
  );
  expect(answer).toMatchObject({
    is: "trouble",
    said: expect.stringContaining("the client secret is wrong"),
  });
  expect(answer.said).not.toContain("app-secret");
});

function fail(): never {
  throw new Error("Nothing was received");
}
