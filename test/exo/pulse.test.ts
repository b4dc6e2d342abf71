import { expect, test } from "vitest";
import { PERMISSION, clientOf, errorOf } from "./support/client.ts";
import { plainError } from "./support/replies.ts";
import { echo } from "./support/wire-server.ts";

test("a tenant where nothing gets through pauses the run; a call that fails among others is its own trouble", async () => {
  const down = await clientOf(() => ({ status: 503 }));
  expect(await errorOf(down.exo.invoke(PERMISSION, { Identity: "a" }))).toMatchObject({
    remedy: "pause-run",
  });
  const one = await clientOf((asked) =>
    asked.text.includes("bad") ? { status: 503, afterMs: 10 } : echo(asked),
  );
  const failing = errorOf(one.exo.invoke(PERMISSION, { Identity: "bad" }, { lane: "bulk" }));
  for (let times = 0; times < 10; times += 1) await one.exo.invoke(PERMISSION, { Identity: "good" });
  expect(await failing).toMatchObject({ remedy: "give-up" });
});

test("a call that keeps failing while the tenant answers has its own trouble, also when no other call is left", async () => {
  const { exo, server } = await clientOf((asked) =>
    asked.text.includes("bad") ? { status: 503, headers: { "request-id": "q7" } } : echo(asked),
  );
  const [one, other] = await Promise.all([
    errorOf(exo.invoke(PERMISSION, { Identity: "bad" })),
    errorOf(exo.invoke(PERMISSION, { Identity: "bad too" })),
  ]);
  expect([one, other]).toMatchObject([
    { kind: "server-error", remedy: "give-up", requestId: "q7" },
    { kind: "server-error", remedy: "give-up" },
  ]);
  // Both had to know, before their last try and after it; they share an answer when they ask at the same time.
  const asked = server.asked.filter(({ text }) => text.includes('"Get-Mailbox"'));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThanOrEqual(4);
  expect(String(asked[0]?.headers["x-anchormailbox"])).toContain(
    "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}",
  );
});

test("what failed for good while the service was away is tried once more when it is back", async () => {
  let away = true;
  const { exo, server } = await clientOf((asked) => {
    if (asked.text.includes('"Get-Mailbox"')) away = false;
    return away ? { status: 503 } : echo(asked);
  });
  const reply = await exo.invoke(PERMISSION, { Identity: "a" });
  expect(reply.rows).toHaveLength(1);
  expect(server.asked.at(-1)?.text).toContain("Get-MailboxPermission");
});

test("a tenant that answers only that it is overloaded pauses the run: that is nobody's own trouble", async () => {
  const { exo } = await clientOf(() => ({
    status: 500,
    body: plainError("InternalServerError", "x", "M.DCOverloadedException"),
  }));
  expect(await errorOf(exo.invoke(PERMISSION, { Identity: "a" }))).toMatchObject({
    kind: "transient",
    remedy: "pause-run",
  });
});

test("a tenant that may not run the question still answers it", async () => {
  const { exo } = await clientOf((asked) => (asked.text.includes("bad") ? { status: 503 } : { status: 403 }));
  expect(await errorOf(exo.invoke(PERMISSION, { Identity: "bad" }))).toMatchObject({ remedy: "give-up" });
});

test("a tenant that falls silent pauses the run, also for calls whose own trouble began while others passed", async () => {
  let down = false;
  const { exo, retried } = await clientOf((asked) => {
    if (down) return { status: 503 };
    return asked.text.includes("slow") ? { status: 503, afterMs: 50 } : echo(asked);
  });
  const failing = errorOf(exo.invoke(PERMISSION, { Identity: "slow" }, { lane: "bulk" }));
  // Passes while the first one is on the wire, and once more while it is repeated.
  await exo.invoke(PERMISSION, { Identity: "quick" });
  await expect.poll(() => retried.length, { interval: 1 }).toBeGreaterThan(0);
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
