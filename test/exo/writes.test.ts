import { expect, test } from "vitest";
import { clientOf, errorOf, names } from "./support/client.ts";
import { plainError } from "./support/replies.ts";
import { echo } from "./support/wire-server.ts";
import type { Saying } from "./support/wire-server.ts";

test.each<[string, Saying]>([
  ["a reset", "reset"],
  ["a body cut off", "cut"],
  ["silence", "silence"],
  ["503 without a body of Exchange", { status: 503, body: "<html>" }],
  [
    "a backend that broke off",
    { status: 503, body: plainError("X", "x", "M.BackendCommunicationException") },
  ],
  ["500 of Exchange itself", { status: 500, body: plainError("InternalServerError", "x") }],
  ["a redirect to nowhere", { status: 302 }],
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

test("a write turned away before any work is sent again; one of a busy server is in doubt", async () => {
  const turnedAway = plainError("ServiceUnavailable", "x", "M.DCOverloadedException");
  const busy = plainError("ServiceUnavailable", "x", "M.ServerBusyException");
  const write = { Identity: "a", CustomAttribute1: "x" };
  const { exo, server } = await clientOf((asked, count) =>
    count === 1 ? { status: 503, body: turnedAway } : echo(asked),
  );
  await exo.invoke("Set-Mailbox", write);
  expect(server.asked).toHaveLength(2);
  const other = await clientOf(() => ({ status: 503, body: busy }));
  expect(await errorOf(other.exo.invoke("Set-Mailbox", write))).toMatchObject({ ambiguous: true });
  expect(other.server.asked).toHaveLength(1);
});

test("a write that cannot leave in time is announced anew before it leaves later", async () => {
  const { exo, server } = await clientOf(echo);
  let words = 0;
  const beforeSend = (): Promise<number> => {
    words += 1;
    if (words > 1) return Promise.resolve(performance.now() + 60_000);
    // Past the last look and before its connection can stand, this process is held up.
    const leaveByMs = performance.now() + 100;
    process.nextTick(() => {
      while (performance.now() <= leaveByMs + 20);
    });
    return Promise.resolve(leaveByMs);
  };
  await exo.invoke("Set-Mailbox", { Identity: "a", CustomAttribute1: "x" }, { beforeSend });
  expect([words, server.asked.length]).toEqual([2, 1]);
});

test("all hops of a request together have the time of one", async () => {
  const { exo, server } = await clientOf(
    ({ url }, count) => ({ status: 307, headers: { location: `${url}?hop=${count}` }, afterMs: 400 }),
    { requests: { timeoutMs: 600, maxRetries: 0 } },
  );
  const write = exo.invoke("Set-Mailbox", { Identity: "a", CustomAttribute1: "x" });
  expect(await errorOf(write)).toMatchObject({ kind: "timeout", ambiguous: true });
  expect(server.asked.length).toBeLessThanOrEqual(2);
});
