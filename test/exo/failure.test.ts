import { expect, test } from "vitest";
import { ExoError } from "../../src/exo/index.ts";
import { PERMISSION, clientOf, errorOf } from "./support/client.ts";
import { notFound, pipeError, plainError } from "./support/replies.ts";
import type { Saying } from "./support/wire-server.ts";

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
