import { expect, test } from "vitest";
import { PERMISSION, clientOf, errorOf, names } from "./support/client.ts";
import { notFound, plainError } from "./support/replies.ts";
import { echo, envelope, itemwise } from "./support/wire-server.ts";
import type { Saying } from "./support/wire-server.ts";

const FORBIDDEN: Saying = {
  status: 403,
  headers: { "content-encoding": "gzip" },
  body: Buffer.alloc(470),
};

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
  expect(tokens.renewals).toHaveLength(2);
  expect(server.asked).toHaveLength(3);
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
