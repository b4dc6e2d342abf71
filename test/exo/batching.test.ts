import { expect, test } from "vitest";
import { MAILBOX_ID, PERMISSION, TENANT_ID, clientOf, errorOf, names } from "./support/client.ts";
import { openGate } from "./support/open-gate.ts";
import { notFound, pipeError } from "./support/replies.ts";
import { echo, envelope, itemwise } from "./support/wire-server.ts";
import type { Permit } from "../../src/throttle/index.ts";
import type { Said, Saying, WireItem } from "./support/wire-server.ts";

const identityOf = (item: WireItem): unknown => item.body.CmdletInput.Parameters["Identity"];
const sizesOf = (asked: readonly { json: { requests?: readonly unknown[] } }[]): number[] =>
  asked.map(({ json }) => json.requests?.length ?? 1);

test("one call goes out as a plain request with its cmdlet, and its rows come back", async () => {
  const { exo, server } = await clientOf(() => ({ body: envelope([{ User: "ann" }]) }));
  const reply = await exo.invoke(PERMISSION, { Identity: MAILBOX_ID });
  expect(reply.rows).toEqual([{ User: "ann" }]);
  expect(server.asked).toHaveLength(1);
  expect(server.asked[0]).toMatchObject({
    method: "POST",
    url: `/adminapi/beta/${TENANT_ID}/InvokeCommand`,
    json: { CmdletInput: { CmdletName: PERMISSION, Parameters: { Identity: MAILBOX_ID } } },
  });
});

test("calls made together travel in one batch and are told apart by their ids", async () => {
  const { exo, server, answered, gate } = await clientOf(({ json }) => ({
    body: {
      responses: json.requests
        .map((item) => ({ id: item.id, status: 200, body: envelope([{ Asked: identityOf(item) }]) }))
        .toReversed(),
    },
  }));
  const replies = await Promise.all(
    names(10).map((Identity) => exo.invoke(PERMISSION, { Identity }, { run: "r1" })),
  );
  expect(replies.map(({ rows }) => rows[0]?.["Asked"])).toEqual(names(10));
  expect(server.asked).toHaveLength(1);
  expect(answered).toMatchObject([{ calls: 10, runs: [{ run: "r1", calls: 10 }], status: 200, waiting: 0 }]);
  expect(gate.reports).toMatchObject([{ calls: 10 }]);
});

test("a thousand calls arrive in full batches, each once", async () => {
  const seen: unknown[] = [];
  const { exo, server } = await clientOf(
    itemwise(({ parameters }) => {
      seen.push(parameters["Identity"]);
      return { body: envelope([]) };
    }),
  );
  await Promise.all(names(1_000).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(seen).toHaveLength(1_000);
  expect(new Set(seen)).toEqual(new Set(names(1_000)));
  expect(server.asked).toHaveLength(100);
});

test("while a place is free a call waits a moment for company, and no longer", async () => {
  const { exo, server } = await clientOf(echo, { batch: { lingerMs: 300 } });
  const startedAt = performance.now();
  const first = exo.invoke(PERMISSION, { Identity: "a" });
  setTimeout(() => void exo.invoke(PERMISSION, { Identity: "b" }), 20);
  await first;
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(295);
  expect(sizesOf(server.asked)).toEqual([2]);
});

test("a batch that is full does not wait", async () => {
  const { exo, server } = await clientOf(echo, { batch: { lingerMs: 5_000 } });
  await Promise.all(names(10).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(sizesOf(server.asked)).toEqual([10]);
});

test("calls gather while the gate is shut, and leave together when it opens", async () => {
  const gate = openGate(20);
  gate.shut();
  const { exo, server } = await clientOf(echo, { gate });
  const first = exo.invoke(PERMISSION, { Identity: "a" });
  await expect.poll(() => gate.asks.length).toBe(1);
  const others = names(14).map((Identity) => exo.invoke(PERMISSION, { Identity }));
  await new Promise((done) => setTimeout(done, 40));
  expect(exo.load).toEqual({ waiting: 15, inFlight: 0 });
  expect(gate.asks).toHaveLength(1);
  gate.open();
  await Promise.all([first, ...others]);
  expect(sizesOf(server.asked)).toEqual([15]);
});

test("as many batches are on the wire as the gate lets go", async () => {
  let together = 0;
  let most = 0;
  const gate = openGate(5, 4);
  const { exo } = await clientOf(
    async (asked): Promise<Saying> => {
      together += 1;
      most = Math.max(most, together);
      await new Promise((done) => setTimeout(done, 20));
      together -= 1;
      return echo(asked);
    },
    { gate },
  );
  await Promise.all(names(100).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(most).toBe(4);
  expect(gate.reports.every(({ calls }) => calls === 5)).toBe(true);
});

test("reads and writes never share a batch, nor do lanes", async () => {
  const { exo, server } = await clientOf(echo);
  await Promise.all([
    ...names(3).map((Identity) => exo.invoke(PERMISSION, { Identity })),
    ...names(3).map((Identity) => exo.invoke("Remove-MailboxPermission", { Identity, User: "x" })),
    ...names(3).map((Identity) => exo.invoke(PERMISSION, { Identity }, { lane: "bulk" })),
  ]);
  for (const { json } of server.asked) {
    const cmdlets = json.requests.map(({ body }) => body.CmdletInput.CmdletName);
    expect(new Set(cmdlets).size).toBe(1);
  }
  expect(sizesOf(server.asked)).toEqual([3, 3, 3]);
});

test("slow cmdlets and listings go in requests of their own", async () => {
  const { exo, server } = await clientOf(echo);
  const listing = async (): Promise<void> => {
    for await (const _ of exo.pages("Get-Mailbox", {})) break;
  };
  await Promise.all([
    ...names(2).map((Identity) => exo.invoke("Get-DistributionGroupMember", { Identity })),
    listing(),
  ]);
  expect(sizesOf(server.asked)).toEqual([1, 1, 1]);
});

test("a slow cmdlet of which no more than a page is wanted shares a request, and goes alone with its long timeout when that has timed out", async () => {
  const one = itemwise(({ parameters }) => ({ body: envelope([{ Asked: parameters["Identity"] }]) }));
  const { exo, server } = await clientOf(
    (asked) => (asked.url.includes("$batch") ? "silence" : { ...one(asked), afterMs: 400 }),
    { requests: { timeoutMs: 200, slowTimeoutMs: 5_000, maxRetries: 1 } },
  );
  const replies = await Promise.all(
    names(3).map((Identity) => exo.invoke("Get-DistributionGroupMember", { Identity, ResultSize: 1_000 })),
  );
  expect(replies.map(({ rows }) => rows)).toEqual(names(3).map((Asked) => [{ Asked }]));
  expect(sizesOf(server.asked)).toEqual([3, 1, 1, 1]);
  const more = { Identity: "a", ResultSize: 1_001 };
  await Promise.all([1, 2].map(() => exo.invoke("Get-DistributionGroupMember", more)));
  expect(sizesOf(server.asked).slice(4)).toEqual([1, 1]);
});

test("one item that fails is failed alone; its neighbours have their rows and are not sent again", async () => {
  const { exo, server, retried } = await clientOf(
    itemwise(({ parameters }) =>
      parameters["Identity"] === "mailbox-3"
        ? { status: 404, body: notFound() }
        : { body: envelope([{ ok: true }]) },
    ),
  );
  const outcomes = await Promise.allSettled(
    names(10).map((Identity) => exo.invoke(PERMISSION, { Identity })),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(
    names(10).map((_, place) => (place === 3 ? "rejected" : "fulfilled")),
  );
  expect(sizesOf(server.asked)).toEqual([10]);
  expect(retried).toEqual([]);
});

/** Lets a batch go wrong in its second item, and answers everything else. */
function oneItem(
  wrong: (item: WireItem, reply: object) => readonly object[],
): (asked: Parameters<typeof echo>[0]) => Said {
  return (asked) => {
    if (!asked.url.includes("$batch")) return echo(asked);
    const { responses } = echo(asked).body as { responses: { id: string }[] };
    const requests = asked.json.requests;
    return {
      body: {
        responses: responses.flatMap((reply, place) => {
          const item = requests[place];
          return place === 1 && item !== undefined ? wrong(item, reply) : [reply];
        }),
      },
    };
  };
}

test.each<[string, (item: WireItem, reply: object) => readonly object[]]>([
  ["is missing", () => []],
  ["comes twice", (_, reply) => [reply, reply]],
  [
    "comes twice with two answers",
    (item, reply) => [reply, { id: item.id, status: 200, body: envelope([{ Asked: "?" }]) }],
  ],
  ["has a foreign id", (_, reply) => [{ ...reply, id: "0" }]],
  ["has a number for an id", (_, reply) => [{ ...reply, id: 1 }]],
  ["has no id", (_, reply) => [{ ...reply, id: undefined }]],
  ["has an id of null", (_, reply) => [{ ...reply, id: null }]],
  ["is null", () => [null as unknown as object]],
  ["has no status", (_, reply) => [{ ...reply, status: undefined }]],
  ["has a status of words", (_, reply) => [{ ...reply, status: "fine" }]],
  [
    "is a transient failure",
    (item) => [
      { id: item.id, status: 400, body: pipeError("BadRequest", "A.StorageTransientException", "x") },
    ],
  ],
  ["is a 503", (item) => [{ id: item.id, status: 503, body: "<html>" }]],
  ["is a 500 without a body", (item) => [{ id: item.id, status: 500 }]],
  ["is JSON cut off in a string", (item) => [{ id: item.id, status: 200, body: '{"value":[{' }]],
])("an item that %s is asked for again, alone, and nobody else is", async (_, wrong) => {
  const { exo, server, retried } = await clientOf(oneItem(wrong));
  const replies = await Promise.all(names(5).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(replies.map(({ rows }) => rows[0]?.["Asked"])).toEqual(names(5));
  expect(sizesOf(server.asked)).toEqual([5, 1]);
  expect(server.asked[1]?.json.CmdletInput.Parameters["Identity"]).toBe("mailbox-1");
  expect(retried).toHaveLength(1);
});

test("an item may bring its body as text, its status as text, and no body at all", async () => {
  const { exo } = await clientOf(({ json }) => ({
    body: {
      responses: json.requests.map(({ id }, place) => {
        if (place === 0) return { id, status: "200", body: JSON.stringify(envelope([{ a: 1 }])) };
        return place === 1 ? { id, status: 204 } : { id, status: 200, body: null };
      }),
    },
  }));
  const replies = await Promise.all(names(3).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(replies.map(({ rows }) => rows)).toEqual([[{ a: 1 }], [], []]);
});

test.each<[string, Saying]>([
  ["a 503", { status: 503, body: "<html>" }],
  ["a reset", "reset"],
  ["a body cut off", "cut"],
  ["no responses", { body: { value: [] } }],
  [
    "another encoding",
    { headers: { "content-type": "multipart/mixed; boundary=b" }, body: "--b\r\n\r\nHTTP/1.1 200 OK" },
  ],
  ["no body", { status: 200 }],
])("a batch that ends in %s is repeated, and every call gets its own answer", async (_, wrong) => {
  const { exo, server } = await clientOf((asked, count) => (count === 1 ? wrong : echo(asked)));
  const replies = await Promise.all(names(6).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(replies.map(({ rows }) => rows[0]?.["Asked"])).toEqual(names(6));
  expect(sizesOf(server.asked).slice(0, 2)).toEqual([6, 6]);
});

test("a call that brings down every batch it is in is found, and harms itself only", async () => {
  const { exo } = await clientOf((asked) => (asked.text.includes("mailbox-4") ? "reset" : echo(asked)));
  const outcomes = await Promise.allSettled(
    names(10).map((Identity) => exo.invoke(PERMISSION, { Identity })),
  );
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect(await errorOf(exo.invoke(PERMISSION, { Identity: "mailbox-4" }))).toMatchObject({ kind: "network" });
});

test("a batch that is too large is halved until it fits, and the gate hears of it", async () => {
  const gate = openGate(20);
  const { exo, server } = await clientOf(
    (asked) =>
      (asked.json.requests?.length ?? 1) > 6
        ? { status: 400, body: { error: { code: "BadRequest", message: "The batch has too many requests" } } }
        : echo(asked),
    { gate, batch: { startCalls: 20 } },
  );
  const replies = await Promise.all(names(20).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(replies.map(({ rows }) => rows[0]?.["Asked"])).toEqual(names(20));
  expect(sizesOf(server.asked)).toEqual([20, 10, 10, 5, 5, 5, 5]);
  expect(gate.reports.filter(({ tooLarge }) => tooLarge)).toHaveLength(3);
});

test("a batch that is refused for something else falls apart into its calls", async () => {
  const { exo, server, gate } = await clientOf((asked) =>
    asked.url.includes("$batch") ? { status: 405, body: "" } : echo(asked),
  );
  const replies = await Promise.all(names(3).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect(replies).toHaveLength(3);
  expect(sizesOf(server.asked)).toEqual([3, 1, 1, 1]);
  expect(gate.reports.some(({ tooLarge }) => tooLarge)).toBe(false);
});

test("a call that is withdrawn before it is sent is stopped, and takes nobody along", async () => {
  const gate = openGate();
  gate.shut();
  const { exo, server } = await clientOf(echo, { gate });
  const controller = new AbortController();
  const leaving = exo.invoke(PERMISSION, { Identity: "a" }, { signal: controller.signal });
  const staying = exo.invoke(PERMISSION, { Identity: "b" });
  await expect.poll(() => gate.asks.length).toBe(1);
  controller.abort();
  expect(await errorOf(leaving)).toMatchObject({ kind: "stopped", remedy: "stopped" });
  gate.open();
  expect((await staying).rows).toEqual([{ Asked: "b" }]);
  expect(server.asked).toHaveLength(1);
  expect(
    await errorOf(exo.invoke(PERMISSION, { Identity: "c" }, { signal: controller.signal })),
  ).toMatchObject({
    kind: "stopped",
  });
});

test("when the last call leaves the line, nobody stands at the gate any more", async () => {
  const gate = openGate();
  gate.shut();
  const { exo } = await clientOf(echo, { gate });
  const controller = new AbortController();
  const leaving = exo.invoke(PERMISSION, { Identity: "a" }, { signal: controller.signal });
  await expect.poll(() => gate.asks.length).toBe(1);
  controller.abort();
  await errorOf(leaving);
  expect(gate.asks[0]?.signal?.aborted).toBe(true);
  expect(exo.load).toEqual({ waiting: 0, inFlight: 0 });
});

test("a permit that comes too late for its calls is given back", async () => {
  const gate = openGate();
  const entered = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const enter = gate.enter;
  gate.enter = async (key, { lane, kind, waiting, maxCalls }) => {
    asked.resolve();
    await entered.promise;
    return enter(key, { lane, kind, waiting, maxCalls });
  };
  const { exo, server } = await clientOf(echo, { gate });
  const controller = new AbortController();
  const leaving = errorOf(exo.invoke(PERMISSION, { Identity: "a" }, { signal: controller.signal }));
  await asked.promise;
  controller.abort();
  expect(await leaving).toMatchObject({ kind: "stopped" });
  entered.resolve();
  await expect.poll(() => gate.cancelled).toBe(1);
  expect(server.asked).toHaveLength(0);
});

test("nothing is sent again before the gate has heard why", async () => {
  const gate = openGate();
  const enter = gate.enter;
  const order: string[] = [];
  gate.enter = async (key, ask) => {
    const permit = await enter(key, ask);
    const report: Permit["report"] = async (result) => {
      await new Promise((done) => setTimeout(done, 40));
      order.push("gate knows");
      return await permit.report(result);
    };
    return { ...permit, report };
  };
  const { exo } = await clientOf(
    (asked, count) => {
      order.push("asked");
      return count === 1 ? { status: 429 } : echo(asked);
    },
    { gate },
  );
  await exo.invoke(PERMISSION, { Identity: "a" });
  expect(order).toEqual(["asked", "gate knows", "asked"]);
});

test("a call on the wire is let finish although its signal ends", async () => {
  const controller = new AbortController();
  const { exo } = await clientOf((asked) => {
    controller.abort();
    return { ...echo(asked), afterMs: 20 };
  });
  const reply = await exo.invoke(PERMISSION, { Identity: "a" }, { signal: controller.signal });
  expect(reply.rows).toEqual([{ Asked: "a" }]);
});

test("closing stops what waits, lets finish what is on the wire, and refuses what comes", async () => {
  const gate = openGate(1, 1);
  const { exo } = await clientOf((asked) => ({ ...echo(asked), afterMs: 150 }), { gate });
  const sent = exo.invoke(PERMISSION, { Identity: "a" });
  await expect.poll(() => exo.load.inFlight).toBe(1);
  const waiting = errorOf(exo.invoke(PERMISSION, { Identity: "b" }));
  expect(exo.load).toEqual({ waiting: 1, inFlight: 1 });
  await exo.close();
  expect((await sent).rows).toEqual([{ Asked: "a" }]);
  expect(await waiting).toMatchObject({ kind: "stopped" });
  expect(await errorOf(exo.invoke(PERMISSION, { Identity: "c" }))).toMatchObject({ kind: "stopped" });
});

test("every permit comes back, whatever happened under it", async () => {
  const troubles: Saying[] = ["reset", { status: 429 }, { status: 400, body: "" }, { status: 401 }, "cut"];
  const gate = openGate(3, 2);
  const { exo } = await clientOf((asked) => troubles.shift() ?? echo(asked), { gate });
  await Promise.allSettled(names(30).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  expect((await exo.invoke(PERMISSION, { Identity: "x" })).rows).toHaveLength(1);
  expect(exo.load).toEqual({ waiting: 0, inFlight: 0 });
});

test("ten thousand waiting calls cost little and leave nothing behind", async () => {
  const gate = openGate(20);
  gate.shut();
  const { exo } = await clientOf(echo, { gate });
  const controller = new AbortController();
  const before = process.memoryUsage().heapUsed;
  const calls = names(10_000).map((Identity) =>
    exo.invoke(PERMISSION, { Identity }, { signal: controller.signal }).catch(() => "stopped"),
  );
  expect(exo.load.waiting).toBe(10_000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(80 * 1024 * 1024);
  controller.abort();
  expect(new Set(await Promise.all(calls))).toEqual(new Set(["stopped"]));
  expect(exo.load.waiting).toBe(0);
});
