import { expect, test } from "vitest";
import { PERMISSION, clientOf, errorOf, names } from "./support/client.ts";
import { plainError } from "./support/replies.ts";
import { echo, envelope, itemwise } from "./support/wire-server.ts";

test("a refusal of the whole request goes to the gate as the tenant's, and the calls go again together", async () => {
  const { exo, server, gate, answered } = await clientOf((asked, count) =>
    count === 1 ? { status: 429, headers: { "retry-after": "12" } } : echo(asked),
  );
  await Promise.all(names(5).map((Identity) => exo.invoke(PERMISSION, { Identity }, { run: "r" })));
  expect(gate.reports[0]).toMatchObject({ refused: 5, passedBy: 0, whole: true, retryAfterMs: 12_000 });
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
  expect(gate.reports[0]).toMatchObject({
    passed: 6,
    refused: 4,
    passedBy: 0,
    whole: false,
    retryAfterMs: 7_000,
  });
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
  const refusals = gate.reports.filter(({ refused }) => refused > 0);
  expect(refusals[0]).toMatchObject({ refused: 1, passedBy: 1, knownBusy: 0 });
  expect(refusals.slice(1).every(({ refused, knownBusy }) => refused === 1 && knownBusy === 1)).toBe(true);
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
