import { expect, test } from "vitest";
import { ExoError, createExchange } from "../../src/exo/index.ts";
import { defaultSettings } from "../../src/config.ts";
import { createNetwork } from "../../src/network/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { SignInError } from "../../src/tenants/index.ts";
import type { TokenSource } from "../../src/tenants/index.ts";
import { TENANT_ID, clientOf, errorOf, tenantAt } from "./support/client.ts";
import { openGate } from "./support/open-gate.ts";
import { CONCURRENCY, notFound, pipeError, plainError } from "./support/replies.ts";
import { envelope, itemwise, wireServer } from "./support/wire-server.ts";
import type { Saying } from "./support/wire-server.ts";

const PERMISSION = "Get-MailboxPermission";
const names = (count: number): string[] => Array.from({ length: count }, (_, place) => `mailbox-${place}`);
const echo = itemwise(({ parameters }) => ({ body: envelope([{ Asked: parameters["Identity"] }]) }));
const NUL = Buffer.alloc(470);
const FORBIDDEN: Saying = { status: 403, headers: { "content-encoding": "gzip" }, body: NUL };

test.each<[string, Saying]>([
  [
    "429 with a Retry-After",
    { status: 429, headers: { "retry-after": "0" }, body: plainError("TooManyRequests", "x") },
  ],
  ["429 with a fraction", { status: 429, headers: { "retry-after": "0.01" } }],
  ["429 with rubbish", { status: 429, headers: { "retry-after": "later" } }],
  ["429 without any", { status: 429 }],
  ["429 in words", { status: 429, headers: { "content-type": "text/plain" }, body: "slow down" }],
  ["the concurrency text under 429", { status: 429, body: CONCURRENCY }],
  ["the concurrency text under 500", { status: 500, body: CONCURRENCY }],
  ["the concurrency text under 200", { status: 200, body: CONCURRENCY }],
  ["503 with HTML", { status: 503, body: "<html>" }],
  ["504", { status: 504 }],
  ["408", { status: 408 }],
  [
    "directory trouble",
    { status: 500, body: plainError("InternalServerError", "LDAP", "M.ADTransientException") },
  ],
  [
    "storage trouble under 400",
    { status: 400, body: pipeError("BadRequest", "M.StorageTransientException", "x") },
  ],
  ["a reset", "reset"],
  ["a body cut off", "cut"],
  ["JSON cut off", { body: '{"value":[{"a":1' }],
  [
    "a success with an error in it",
    { body: pipeError("InternalServerError", "M.DCOverloadedException", "x") },
  ],
  ["404 that is not Exchange's", { status: 404, body: "<html>" }],
])("a read that meets %s is repeated and succeeds", async (_, trouble) => {
  const { exo, server, retried } = await clientOf((asked, count) => (count === 1 ? trouble : echo(asked)));
  expect((await exo.invoke(PERMISSION, { Identity: "a" }, { run: "r" })).rows).toEqual([{ Asked: "a" }]);
  expect(server.asked).toHaveLength(2);
  expect(retried).toMatchObject([{ tenant: "contoso", run: "r", cmdlet: PERMISSION }]);
});

test("a read that meets silence is repeated after the timeout", async () => {
  const { exo } = await clientOf((asked, count) => (count === 1 ? "silence" : echo(asked)), {
    requests: { timeoutMs: 100 },
  });
  expect((await exo.invoke(PERMISSION, { Identity: "a" })).rows).toEqual([{ Asked: "a" }]);
});

test("a slow cmdlet gets the long timeout", async () => {
  const { exo } = await clientOf((asked) => ({ ...echo(asked), afterMs: 150 }), {
    requests: { timeoutMs: 100, slowTimeoutMs: 2_000, maxRetries: 0 },
  });
  expect((await exo.invoke("Get-DistributionGroupMember", { Identity: "a" })).rows).toHaveLength(1);
  expect(await errorOf(exo.invoke("Get-DistributionGroup", { Identity: "a" }))).toMatchObject({
    kind: "timeout",
  });
});

test("repeats are bounded, and the last word is a sentence with the service's id", async () => {
  const { exo, server } = await clientOf(() => ({
    status: 500,
    headers: { "request-id": "0b1c2d3e-0000-4000-8000-000000000001" },
    body: plainError("InternalServerError", "The LDAP server on 'dc1.prod.outlook.com' is unavailable."),
  }));
  const error = await errorOf(exo.invoke(PERMISSION, { Identity: "a" }));
  expect(server.asked).toHaveLength(4);
  expect(error).toMatchObject({
    kind: "server-error",
    status: 500,
    requestId: "0b1c2d3e-0000-4000-8000-000000000001",
  });
  expect(error.message).toBe(
    `Cannot run ${PERMISSION}: Exchange failed (500): "The LDAP server is unavailable"`,
  );
});

test("a tenant where nothing gets through pauses the run; a call that fails among others is its own trouble", async () => {
  const down = await clientOf(() => ({ status: 503 }));
  expect(await errorOf(down.exo.invoke(PERMISSION, { Identity: "a" }))).toMatchObject({
    remedy: "pause-run",
  });
  const one = await clientOf((asked) =>
    asked.text.includes("bad") ? { status: 503, afterMs: 10 } : echo(asked),
  );
  const failing = errorOf(one.exo.invoke(PERMISSION, { Identity: "bad" }, { lane: "audit" }));
  for (let times = 0; times < 10; times += 1) await one.exo.invoke(PERMISSION, { Identity: "good" });
  expect(await failing).toMatchObject({ remedy: "give-up" });
});

test("a tenant that falls silent pauses the run, also for calls that saw others pass before", async () => {
  let down = false;
  const { exo } = await clientOf((asked) => {
    if (down) return { status: 503 };
    return asked.text.includes("slow") ? { status: 503, afterMs: 50 } : echo(asked);
  });
  const failing = errorOf(exo.invoke(PERMISSION, { Identity: "slow" }, { lane: "audit" }));
  await exo.invoke(PERMISSION, { Identity: "quick" });
  down = true;
  expect(await failing).toMatchObject({ remedy: "pause-run" });
});

test("a host that cannot be reached pauses the run and is named", async () => {
  const { exo, server } = await clientOf(() => "reset");
  await server.close();
  const error = await errorOf(exo.invoke(PERMISSION, { Identity: "a" }));
  expect(error).toMatchObject({ kind: "not-sent", remedy: "pause-run", ambiguous: false });
  expect(error.message).toContain("cannot reach 127.0.0.1");
});

test("a refusal of the whole request goes to the gate as the tenant's, and the calls go again together", async () => {
  const { exo, server, gate, answered } = await clientOf((asked, count) =>
    count === 1 ? { status: 429, headers: { "retry-after": "12" } } : echo(asked),
  );
  await Promise.all(names(5).map((Identity) => exo.invoke(PERMISSION, { Identity }, { run: "r" })));
  expect(gate.reports[0]?.refusal).toEqual({ scope: "tenant", retryAfterMs: 12_000, items: 5 });
  expect(server.asked.map(({ json }) => json.requests?.length)).toEqual([5, 5]);
  expect(answered[0]).toMatchObject({
    throttledBatch: true,
    throttledItems: 5,
    runs: [{ run: "r", calls: 5, throttledItems: 5 }],
  });
});

test("items refused at the end of a batch go again together, and their neighbours do not", async () => {
  let first = true;
  const { exo, server, gate } = await clientOf((asked) => {
    const { responses } = echo(asked).body as { responses: { id: string }[] };
    const refused = first ? responses.slice(-4) : [];
    first = false;
    const throttled = refused.map(({ id }) => ({
      id,
      status: 429,
      headers: { "Retry-After": "7" },
      body: null,
    }));
    return {
      body: { responses: [...responses.slice(0, responses.length - throttled.length), ...throttled] },
    };
  });
  const replies = await Promise.all(names(10).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(replies.map(({ rows }) => rows[0]?.["Asked"])).toEqual(names(10));
  expect(gate.reports[0]?.refusal).toEqual({ scope: "tenant", retryAfterMs: 7_000, items: 4 });
  expect(server.asked.map(({ json }) => json.requests?.length)).toEqual([10, 4]);
});

test("one busy mailbox among others waits alone, does not close the tenant, and is put off in the end", async () => {
  const busy = { status: 429, headers: { "Retry-After": "0.2" }, body: plainError("TooManyRequests", "x") };
  const { exo, server, gate } = await clientOf(
    itemwise(({ parameters }) => (parameters["Identity"] === "mailbox-2" ? busy : { body: envelope([]) })),
    { requests: { maxBusyMs: 500 } },
  );
  const outcomes = await Promise.allSettled(names(6).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(1);
  const [, , failed] = outcomes;
  const error: unknown = failed?.status === "rejected" ? failed.reason : undefined;
  expect(error).toMatchObject({ kind: "mailbox-busy", remedy: "wait", retryAfterMs: 200 });
  expect(gate.reports.flatMap(({ refusal }) => refusal?.scope ?? [])).toEqual(
    gate.reports.flatMap(({ refusal }) => (refusal === undefined ? [] : "mailbox")),
  );
  expect(server.asked.slice(1).every(({ json }) => json.requests === undefined)).toBe(true);
  expect(server.asked.length).toBeGreaterThan(1);
});

test("throttling without end is put off after the time for repeats", async () => {
  const { exo } = await clientOf(() => ({ status: 429, headers: { "retry-after": "3" } }), {
    requests: { maxRetryMs: 60 },
  });
  expect(await errorOf(exo.invoke(PERMISSION, { Identity: "a" }))).toMatchObject({
    kind: "throttled",
    remedy: "wait",
    retryAfterMs: 3_000,
  });
});

test("a 401 gets one new token for everybody, with the claims of the challenge", async () => {
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
  const challenge = `Bearer realm="", error="insufficient_claims", claims="${Buffer.from(claims).toString("base64")}"`;
  const { exo, server, tokens } = await clientOf((asked) =>
    asked.headers.authorization === "Bearer token-1"
      ? { status: 401, headers: { "www-authenticate": challenge } }
      : echo(asked),
  );
  await Promise.all(names(30).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(tokens.renewals).toEqual([claims]);
  expect(server.asked.at(-1)?.json.requests[0]?.headers["Authorization"]).toBe("Bearer token-2");
});

test("a token that is never accepted pauses the run", async () => {
  const { exo, server, tokens } = await clientOf(() => ({ status: 401 }));
  const error = await errorOf(exo.invoke(PERMISSION, { Identity: "a" }));
  expect(error).toMatchObject({ kind: "unauthorized", remedy: "pause-run", status: 401 });
  expect(tokens.renewals).toHaveLength(1);
  expect(server.asked).toHaveLength(2);
});

test("a 401 of one item renews the token and asks for that item again", async () => {
  const { exo, tokens } = await clientOf(
    itemwise(({ parameters, headers }) => {
      const bearer = headers["Authorization"] ?? headers["authorization"];
      const stale = bearer === "Bearer token-1" && parameters["Identity"] === "mailbox-1";
      return stale ? { status: 401 } : { body: envelope([{ Asked: parameters["Identity"] }]) };
    }),
  );
  const replies = await Promise.all(names(3).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(replies.map(({ rows }) => rows[0]?.["Asked"])).toEqual(names(3));
  expect(tokens.renewals).toHaveLength(1);
});

test("a cmdlet refused with NUL bytes before it ever worked pauses the run, after one new token", async () => {
  const { exo, tokens } = await clientOf(() => FORBIDDEN);
  const error = await errorOf(exo.invoke("Get-RecipientPermission", { Identity: "a" }));
  expect(error).toMatchObject({ kind: "forbidden", remedy: "pause-run", status: 403 });
  expect(error.message).toBe(
    "Cannot run Get-RecipientPermission: the app may not run it (403): Recipient Management is the least role group that may",
  );
  expect(tokens.renewals).toHaveLength(1);
});

test("a role that arrives with the new token is noticed", async () => {
  const { exo } = await clientOf((asked) =>
    asked.headers.authorization === "Bearer token-1" ? FORBIDDEN : echo(asked),
  );
  expect((await exo.invoke(PERMISSION, { Identity: "a" })).rows).toHaveLength(1);
});

test("a cmdlet that works for others is denied for one, without a new token", async () => {
  const { exo, tokens } = await clientOf(
    itemwise(({ parameters }) =>
      parameters["Identity"] === "mailbox-0"
        ? { status: 403, body: plainError("Forbidden", "x") }
        : { body: envelope([]) },
    ),
  );
  const outcomes = await Promise.allSettled(names(4).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled", "fulfilled"]);
  const [first] = outcomes;
  expect(first?.status === "rejected" ? first.reason : undefined).toMatchObject({
    kind: "forbidden",
    remedy: "denied",
  });
  expect(tokens.renewals).toEqual([]);
});

test("an object that is not there also shows that the cmdlet may be run", async () => {
  const answers: Saying[] = [{ status: 404, body: notFound() }, FORBIDDEN];
  const { exo } = await clientOf(() => answers.shift() ?? "reset");
  expect(await errorOf(exo.invoke(PERMISSION, { Identity: "a" }))).toMatchObject({
    kind: "not-found",
    remedy: "gone",
  });
  expect(await errorOf(exo.invoke(PERMISSION, { Identity: "b" }))).toMatchObject({
    kind: "forbidden",
    remedy: "denied",
  });
});

test.each<[string, Saying]>([
  ["a reset", "reset"],
  ["a body cut off", "cut"],
  ["silence", "silence"],
  ["503 without a body of Exchange", { status: 503, body: "<html>" }],
  ["no item", { body: { responses: [] } }],
  ["JSON cut off", { body: '{"responses":[' }],
])("a write that ends in %s is sent once, and said to be in doubt", async (_, trouble) => {
  const { exo, server } = await clientOf(() => trouble, { requests: { timeoutMs: 150 } });
  const writes = names(2).map((Identity) =>
    errorOf(exo.invoke("Add-MailboxPermission", { Identity, User: "u" })),
  );
  for (const error of await Promise.all(writes)) {
    expect(error).toMatchObject({ ambiguous: true, remedy: "give-up" });
    expect(error.message).toMatch(/^Cannot tell whether Add-MailboxPermission was executed: /);
  }
  expect(server.asked).toHaveLength(1);
});

test("a lost item of a batch of writes is in doubt; the others are settled", async () => {
  const { exo, server } = await clientOf((asked) => {
    const { responses } = echo(asked).body as { responses: unknown[] };
    return { body: { responses: responses.slice(1) } };
  });
  const [lost, done] = await Promise.allSettled(
    names(2).map((Identity) => exo.invoke("Remove-MailboxPermission", { Identity, User: "u" })),
  );
  expect(lost?.status === "rejected" ? lost.reason : undefined).toMatchObject({ ambiguous: true });
  expect(done?.status).toBe("fulfilled");
  expect(server.asked).toHaveLength(1);
});

test("a throttled write was not executed, and is sent again", async () => {
  const { exo, server } = await clientOf((asked, count) => (count === 1 ? { status: 429 } : echo(asked)));
  await exo.invoke("Start-MigrationBatch", { Identity: "a" });
  expect(server.asked).toHaveLength(2);
});

test("what is done between headers and body is done for each answer of a call that goes alone", async () => {
  const order: string[] = [];
  const { exo, server } = await clientOf((asked, count) => {
    order.push(`asked ${count}`);
    return count === 1 ? { status: 503, bodyAfterMs: 20 } : { ...echo(asked), bodyAfterMs: 20 };
  });
  const alone = {
    beforeReply: async () => {
      await Promise.resolve();
      order.push("before reply");
    },
  };
  const [reply] = await Promise.all([
    exo.invoke(PERMISSION, { Identity: "a" }, { alone }),
    exo.invoke(PERMISSION, { Identity: "a" }, { alone, lane: "audit" }).catch(() => "other"),
  ]);
  expect(reply.rows).toEqual([{ Asked: "a" }]);
  expect(server.asked.every(({ json }) => json.requests === undefined)).toBe(true);
  expect(order.filter((what) => what === "before reply")).toHaveLength(3);
});

test("what fails between headers and body ends the call as it is, and the permit comes back", async () => {
  const { exo, gate } = await clientOf(echo);
  const trouble = new Error("the journal is full");
  const alone = { beforeReply: () => Promise.reject(trouble) };
  await expect(exo.invoke(PERMISSION, { Identity: "a" }, { alone })).rejects.toBe(trouble);
  expect(gate.reports).toMatchObject([{ calls: 1, fault: true }]);
  expect((await exo.invoke(PERMISSION, { Identity: "b" })).rows).toHaveLength(1);
});

/** An Exchange with a token source of the test's own. */
async function withTokens(tokens: TokenSource) {
  const server = await wireServer(echo);
  const network = createNetwork({ connections: 4, environment: {} });
  const defaults = defaultSettings();
  const exo = createExchange({
    tenant: tenantAt(server.origin),
    tokens,
    gate: openGate(),
    network,
    settings: { batch: defaults.batch, requests: { ...defaults.requests, retryDelayMs: 1, maxRetries: 2 } },
    telemetry: new Telemetry(),
  });
  const close = async (): Promise<void> => {
    await exo.close();
    await network.close();
    await server.close();
  };
  return { exo, server, close };
}

test("a sign-in that fails for good reaches every caller as it is, and nothing is sent", async () => {
  const failure = new SignInError("contoso", "the client secret has expired", "Create a new one.");
  const { exo, server, close } = await withTokens({ token: () => Promise.reject(failure) });
  const outcomes = await Promise.allSettled(names(3).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  for (const outcome of outcomes) expect(outcome).toEqual({ status: "rejected", reason: failure });
  expect(server.asked).toHaveLength(0);
  await close();
});

test("a sign-in service in trouble is asked again", async () => {
  let times = 0;
  const { exo, close } = await withTokens({
    token: () => {
      times += 1;
      if (times < 3) return Promise.reject(new SignInError("contoso", "busy", "Wait.", true));
      return Promise.resolve({ value: "token", expiresAtMs: Date.now() + 1e6 });
    },
  });
  expect((await exo.invoke(PERMISSION, { Identity: "a" })).rows).toHaveLength(1);
  await close();
});

test("a token of another tenant is refused before anything is sent", async () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const value = `${part({})}.${part({ tid: "22222222-2222-4333-8444-555555555555" })}.x`;
  const { exo, server, close } = await withTokens({
    token: () => Promise.resolve({ value, expiresAtMs: 1e15 }),
  });
  const [outcome] = await Promise.allSettled([exo.invoke(PERMISSION, { Identity: "a" })]);
  const reason: unknown = outcome.status === "rejected" ? outcome.reason : undefined;
  expect(reason).toBeInstanceOf(SignInError);
  expect(String(reason)).toContain(`not for ${TENANT_ID}`);
  expect(server.asked).toHaveLength(0);
  await close();
});

test("no token and no row is in any error, whatever the service echoes", async () => {
  const echoing: ((bearer: string) => Saying)[] = [
    (bearer) => ({ status: 400, body: pipeError("BadRequest", "T", `You sent Authorization: ${bearer}`) }),
    (bearer) => ({ status: 400, body: `You sent ${bearer}` }),
    (bearer) => ({ status: 404, headers: { "request-id": `${bearer}\tx` }, body: notFound() }),
    (bearer) => ({ status: 500, body: plainError("InternalServerError", bearer, bearer) }),
    (bearer) => ({ body: `{"value":[{"${bearer}` }),
  ];
  for (const say of echoing) {
    const { exo } = await clientOf((asked) => say(String(asked.headers.authorization)), {
      requests: { maxRetries: 0 },
    });
    const error = await errorOf(exo.invoke(PERMISSION, { Identity: "canary-mailbox" }));
    const all = `${error.message} ${String(error.requestId)} ${String(error.errorId)} ${String(error.cause)}`;
    expect(all).not.toContain("token-1");
    expect(all).not.toContain("canary");
    expect(error).toBeInstanceOf(ExoError);
  }
});
