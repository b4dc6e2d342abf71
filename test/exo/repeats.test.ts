import { expect, test } from "vitest";
import { PERMISSION, clientOf, errorOf } from "./support/client.ts";
import { CONCURRENCY, pipeError, plainError } from "./support/replies.ts";
import { echo } from "./support/wire-server.ts";
import type { Saying } from "./support/wire-server.ts";

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
  expect(server.asked.filter(({ text }) => text.includes(PERMISSION))).toHaveLength(4);
  expect(error).toMatchObject({
    kind: "server-error",
    status: 500,
    requestId: "0b1c2d3e-0000-4000-8000-000000000001",
  });
  expect(error.message).toBe(
    `Cannot run ${PERMISSION}: Exchange failed (500): "The LDAP server is unavailable"`,
  );
});
