import { expect, test } from "vitest";
import { clientOf, errorOf } from "./support/client.ts";

const list = (exportedCmdlets: unknown): object => ({
  value: [{ fileName: "ExchangeOnline.psm1", fileContent: "", exportedCmdlets }],
});

test("the list is asked for as the module does, in the version the settings name", async () => {
  const { exo, server } = await clientOf(() => ({ body: list(" Get-Mailbox,Set-Mailbox ,,get-mailbox") }), {
    api: { moduleVersion: "3.10.0-Preview1" },
  });
  expect(await exo.cmdlets()).toEqual(["get-mailbox", "Set-Mailbox"]);
  expect(server.asked[0]).toMatchObject({ method: "GET" });
  expect(server.asked[0]?.url).toMatch(
    /^\/adminapi\/v1\.0\/[0-9a-f-]{36}\/EXOModuleFile\?Version=3\.10\.0-Preview1$/,
  );
  expect(server.asked[0]?.headers).toMatchObject({
    commandname: "*",
    "exomodule-version": "3.10.0-Preview1",
  });
});

test("names that are none are left out, whatever they hold", async () => {
  const { exo } = await clientOf(() => ({
    body: list("Get-Mailbox,\u001b[31mGet-X,=cmd|calc,Get-<b>,Get-User"),
  }));
  expect(await exo.cmdlets()).toEqual(["Get-Mailbox", "Get-User"]);
});

test.each([
  ["no file", { value: [] }],
  ["no text", list(7)],
  ["no body", undefined],
])("an answer with %s is no empty list", async (_, body) => {
  const { exo } = await clientOf(() => ({ body }));
  expect(await errorOf(exo.cmdlets())).toMatchObject({
    kind: "malformed",
    message: "Cannot list the cmdlets the app may run: the answer holds no list of them",
  });
});

test("an endpoint that says nothing is waited for no longer than the settings have it", async () => {
  const { exo, gate } = await clientOf(() => "silence", { api: { discoveryTimeoutMs: 200 } });
  const began = performance.now();
  const error = await errorOf(exo.cmdlets());
  expect(performance.now() - began).toBeLessThan(3_000);
  expect(error).toMatchObject({ kind: "timeout", remedy: "give-up" });
  expect(error.message).toContain("no answer came within 1 s");
  expect(gate).toBeDefined();
});

test("an app without any role hears which one would do", async () => {
  const { exo } = await clientOf(() => ({ status: 403, body: Buffer.alloc(470) }));
  const error = await errorOf(exo.cmdlets());
  expect(error.kind).toBe("forbidden");
  expect(error.message).toContain("View-Only Organization Management is the least role group that may");
});
