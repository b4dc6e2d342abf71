/** Calls of one mailbox that several parts make: once, but never fewer answers than a part asked for. */
import { expect, test } from "vitest";
import { SharedCalls } from "../../jobs/common/shared-calls.ts";
import type { CmdletReply, Parameters, ReadOptions } from "../../src/job/index.ts";

function counted(answer: (n: number) => CmdletReply | Error = replyOf) {
  const sent: { readonly cmdlet: string; readonly parameters: Parameters; readonly options?: ReadOptions }[] =
    [];
  const send = async (
    cmdlet: string,
    parameters: Parameters,
    options?: ReadOptions,
  ): Promise<CmdletReply> => {
    sent.push({ cmdlet, parameters, ...(options && { options }) });
    const reply = answer(sent.length);
    if (reply instanceof Error) throw reply;
    return reply;
  };
  const calls = new SharedCalls({ read: send, exo: { invoke: send, pages: async function* () {} } });
  return { sent, one: calls.forPart(), other: calls.forPart() };
}

function replyOf(n: number): CmdletReply {
  return { rows: [{ n }], warnings: [], errors: [], requestId: `q${n}`, sentAtMs: n, answeredAtMs: n };
}

test("the same question is sent once, in whatever order its parameters and columns are named", async () => {
  const { sent, one, other } = counted();
  const replies = await Promise.all([
    one.read("Get-InboxRule", { ResultSize: "Unlimited", IncludeHidden: true }, { select: ["Name", "Id"] }),
    other.read("Get-InboxRule", { IncludeHidden: true, ResultSize: "Unlimited" }, { select: ["Id", "Name"] }),
  ]);
  expect(sent).toHaveLength(1);
  expect(replies[0]).toBe(replies[1]);
});

test("who asks twice on purpose gets two answers, and the other part the same two", async () => {
  const { sent, one, other } = counted();
  const ask = (part: typeof one): Promise<CmdletReply> => part.read("Get-InboxRule", {});
  const first = [await ask(one), await ask(one)];
  const second = [await ask(other), await ask(other), await ask(other)];
  expect(first[0]).not.toBe(first[1]);
  expect(second.slice(0, 2)).toEqual(first);
  expect(sent).toHaveLength(3);
});

test("other parameters, columns, folders or ways to ask are other questions; so is what can be withdrawn", async () => {
  const { sent, one, other } = counted();
  const { signal } = new AbortController();
  await one.read("Get-InboxRule", {});
  await other.read("Get-InboxRule", { IncludeHidden: true });
  await other.read("Get-InboxRule", {}, { select: ["Name"] });
  await other.read("Get-InboxRule", {}, { part: ":\\Inbox" });
  await other.read("Get-InboxRule", {}, { signal });
  await other.exo.invoke("Get-InboxRule", {});
  await other.exo.invoke("Get-InboxRule", {}, { signal });
  expect(sent).toHaveLength(7);
});

test("a refusal is everybody's", async () => {
  const refusal = new Error("refused");
  const { sent, one, other } = counted(() => refusal);
  await expect(one.read("Get-InboxRule", {})).rejects.toBe(refusal);
  await expect(other.read("Get-InboxRule", {})).rejects.toBe(refusal);
  expect(sent).toHaveLength(1);
});
