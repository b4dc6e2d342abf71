import { expect, test } from "vitest";
import { PERMISSION, clientOf, errorOf, names } from "./support/client.ts";
import { openGate } from "./support/open-gate.ts";
import { notFound } from "./support/replies.ts";
import { echo, envelope, itemwise } from "./support/wire-server.ts";

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
    exo.invoke(PERMISSION, { Identity: "a" }, { alone, lane: "bulk" }).catch(() => "other"),
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

test("calls that may go in company share a request, and each is asked for its mark before the batch is read", async () => {
  const order: string[] = [];
  const { exo, server } = await clientOf(async (asked) => {
    order.push("asked");
    return { ...echo(asked), bodyAfterMs: 20 };
  });
  const marking = (name: string) => ({ company: true, beforeReply: async () => void order.push(name) });
  const replies = await Promise.all([
    exo.invoke(PERMISSION, { Identity: "a" }, { alone: marking("a") }),
    exo.invoke(PERMISSION, { Identity: "b" }, { alone: marking("b") }),
    exo.invoke(PERMISSION, { Identity: "c" }),
  ]);
  expect(replies.map(({ rows }) => rows[0]?.["Asked"])).toEqual(["a", "b", "c"]);
  expect(server.asked.map(({ json }) => json.requests?.length)).toEqual([3]);
  expect(order).toEqual(["asked", "a", "b"]);
});

test("when our own mark fails after writes were sent, each of them is in doubt and a read hears the failure", async () => {
  const { exo, server, gate } = await clientOf(echo);
  const trouble = new Error("Redis is away");
  const alone = { company: true, beforeReply: () => Promise.reject(trouble) };
  const writes = await Promise.all(
    names(3).map((Identity, place) =>
      errorOf(exo.invoke("Start-ManagedFolderAssistant", { Identity }, place === 0 ? { alone } : {})),
    ),
  );
  for (const error of writes) {
    expect(error).toMatchObject({ ambiguous: true, kind: "network", remedy: "give-up", cause: trouble });
    expect(error.message).toMatch(/^Cannot tell whether Start-ManagedFolderAssistant was executed: /);
  }
  expect(server.asked.map(({ json }) => json.requests?.length)).toEqual([3]);
  await expect(exo.invoke(PERMISSION, { Identity: "a" }, { alone })).rejects.toBe(trouble);
  expect(gate.reports).toHaveLength(2);
});

test("when the gate cannot be told what came of writes, those without an answer of their own are in doubt", async () => {
  const trouble = new Error("Redis is away");
  const gate = openGate();
  const enter = gate.enter.bind(gate);
  gate.enter = async (key, ask) => {
    const permit = await enter(key, ask);
    return { ...permit, report: async (result) => permit.report(result).then(() => Promise.reject(trouble)) };
  };
  const { exo, server } = await clientOf(
    itemwise(({ parameters }) =>
      parameters["Identity"] === "a" ? { body: envelope([]) } : { status: 400, body: notFound() },
    ),
    { gate },
  );
  const [done, lost] = await Promise.allSettled(
    ["a", "b"].map((Identity) => exo.invoke("Start-ManagedFolderAssistant", { Identity })),
  );
  expect(done).toMatchObject({ status: "fulfilled" });
  expect(lost).toMatchObject({ status: "rejected", reason: { ambiguous: true, cause: trouble } });
  expect(server.asked).toHaveLength(1);
});
