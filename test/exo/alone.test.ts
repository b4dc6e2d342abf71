import { expect, test } from "vitest";
import { PERMISSION, clientOf } from "./support/client.ts";
import { echo } from "./support/wire-server.ts";

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
