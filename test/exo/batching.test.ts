import { expect, test } from "vitest";
import { MAILBOX_ID, TENANT_ID, clientOf } from "./support/client.ts";
import { envelope, itemwise } from "./support/wire-server.ts";

test("one call goes out as a plain request with its cmdlet, and its rows come back", async () => {
  const { exo, server } = await clientOf(() => ({ body: envelope([{ User: "ann" }]) }));
  const reply = await exo.invoke("Get-MailboxPermission", { Identity: MAILBOX_ID });
  expect(reply.rows).toEqual([{ User: "ann" }]);
  expect(server.asked).toHaveLength(1);
  expect(server.asked[0]).toMatchObject({
    method: "POST",
    url: `/adminapi/beta/${TENANT_ID}/InvokeCommand`,
    json: { CmdletInput: { CmdletName: "Get-MailboxPermission", Parameters: { Identity: MAILBOX_ID } } },
  });
});

test("calls made together travel in one batch and are told apart by their ids", async () => {
  const { exo, server, answered } = await clientOf(({ json }) => ({
    body: {
      responses: json.requests
        .map((item) => ({
          id: item.id,
          status: 200,
          body: envelope([{ Asked: item.body.CmdletInput.Parameters.Identity }]),
        }))
        .toReversed(),
    },
  }));
  const names = Array.from({ length: 10 }, (_, place) => `mailbox-${place}`);
  const replies = await Promise.all(
    names.map((Identity) => exo.invoke("Get-MailboxPermission", { Identity }, { run: "r1" })),
  );
  expect(replies.map(({ rows }) => rows[0]?.["Asked"])).toEqual(names);
  expect(server.asked).toHaveLength(1);
  expect(answered).toMatchObject([{ calls: 10, runs: [{ run: "r1", calls: 10 }], status: 200 }]);
});

test("a thousand calls arrive in full batches, each once", async () => {
  const seen: unknown[] = [];
  const { exo, server } = await clientOf(
    itemwise(({ parameters }) => {
      seen.push(parameters.Identity);
      return { body: envelope([]) };
    }),
  );
  const names = Array.from({ length: 1_000 }, (_, place) => `mailbox-${place}`);
  await Promise.all(names.map((Identity) => exo.invoke("Get-MailboxPermission", { Identity })));
  expect(new Set(seen)).toEqual(new Set(names));
  expect(seen).toHaveLength(1_000);
  expect(server.asked).toHaveLength(100);
});
