import { expect, test } from "vitest";
import { MAILBOX_ID, TENANT_ID, clientOf, errorOf } from "./support/client.ts";
import { envelope, itemwise } from "./support/wire-server.ts";

const SYSTEM = `APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@${TENANT_ID}`;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test("a listing is anchored to the system mailbox, with the headers the service knows", async () => {
  const { exo, server } = await clientOf(() => ({ body: envelope([]) }));
  await exo.invoke("Get-Mailbox", { ResultSize: "Unlimited" });
  expect(server.asked[0]?.headers).toMatchObject({
    authorization: "Bearer token-1",
    "content-type": "application/json; charset=utf-8",
    accept: "application/json",
    "accept-encoding": "gzip",
    prefer: "odata.maxpagesize=1000",
    "x-anchormailbox": SYSTEM,
    "x-cmdletname": "Get-Mailbox",
    "x-responseformat": "json",
  });
  expect(server.asked[0]?.headers["connection-id"]).toMatch(GUID);
  expect(server.asked[0]?.headers["client-request-id"]).toMatch(GUID);
  expect(server.asked[0]?.headers).not.toHaveProperty("parameter-based-routing");
});

test("a mailbox cmdlet is anchored to its mailbox, and its connection stays the same", async () => {
  const { exo, server } = await clientOf(() => ({ body: envelope([]) }));
  const anchor = { kind: "mailbox", guid: MAILBOX_ID } as const;
  await exo.invoke("Get-MailboxPermission", { Identity: MAILBOX_ID }, { anchor });
  await exo.invoke("Get-MailboxPermission", { Identity: MAILBOX_ID }, { anchor });
  const [first, second] = server.asked;
  expect(first?.headers).toMatchObject({
    "x-anchormailbox": `MBX:${MAILBOX_ID}@${TENANT_ID}`,
    "parameter-based-routing": "true",
  });
  expect(first?.headers["connection-id"]).toMatch(GUID);
  expect(second?.headers["connection-id"]).toBe(first?.headers["connection-id"]);
  expect(second?.headers["client-request-id"]).not.toBe(first?.headers["client-request-id"]);
});

test("each item of a batch has an absolute URL and a full set of headers of its own", async () => {
  const { exo, server } = await clientOf(itemwise(() => ({ body: envelope([]) })));
  const anchor = { kind: "mailbox", guid: MAILBOX_ID } as const;
  await Promise.all([
    exo.invoke(
      "Get-MailboxPermission",
      { Identity: MAILBOX_ID },
      { anchor, select: ["User", "AccessRights"] },
    ),
    exo.invoke("Get-OrganizationConfig", {}),
  ]);
  const [batch] = server.asked;
  expect(batch?.url).toBe(`/adminapi/beta/${TENANT_ID}/$batch`);
  expect(batch?.headers).toMatchObject({
    authorization: "Bearer token-1",
    prefer: "odata.continue-on-error",
  });
  const [one, two] = batch?.json.requests ?? [];
  expect(one).toMatchObject({
    method: "POST",
    url: `${server.origin}/adminapi/beta/${TENANT_ID}/InvokeCommand?$select=User,AccessRights`,
    headers: {
      Authorization: "Bearer token-1",
      Prefer: "odata.maxpagesize=1000;odata.continue-on-error",
      "Content-Type": "application/json; charset=utf-8",
      "X-AnchorMailbox": `MBX:${MAILBOX_ID}@${TENANT_ID}`,
      "X-CmdletName": "Get-MailboxPermission",
      "X-ResponseFormat": "json",
      "parameter-based-routing": "true",
    },
    body: { CmdletInput: { CmdletName: "Get-MailboxPermission", Parameters: { Identity: MAILBOX_ID } } },
  });
  expect(two).toMatchObject({
    url: `${server.origin}/adminapi/beta/${TENANT_ID}/InvokeCommand`,
    headers: { "X-AnchorMailbox": SYSTEM },
    body: { CmdletInput: { CmdletName: "Get-OrganizationConfig", Parameters: {} } },
  });
  expect(one?.headers["client-request-id"]).not.toBe(two?.headers["client-request-id"]);
  expect(one?.id).not.toBe(two?.id);
});

test("the body is UTF-8, whatever the names", async () => {
  const names = [
    "Hx§Outlook",
    "Zoë Müller",
    "日本語",
    "👩‍💼",
    "שלום",
    "a\u0000b",
    'q"u\\o',
    "line\nbreak",
    "𝒳",
  ];
  const { exo, server } = await clientOf(
    itemwise(({ parameters }) => ({ body: envelope([{ Name: parameters["Name"] }]) })),
  );
  const replies = await Promise.all(names.map((Name) => exo.invoke("Get-MobileDevice", { Name })));
  expect(replies.map(({ rows }) => rows[0]?.["Name"])).toEqual(names);
  expect(server.asked[0]?.text).toContain("Hx§Outlook");
});

test("a recorded row arrives without its annotations and with its values as they were", async () => {
  const { exo } = await clientOf(() => ({
    headers: {
      "content-type":
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
      "request-id": "0b1c2d3e-0000-4000-8000-000000000001",
      "rate-limit-limit": "30000",
      "rate-limit-remaining": "29997",
      "rate-limit-reset": new Date(Date.now() + 16_402).toISOString(),
    },
    body: `{"@odata.context":"https://x/$metadata","adminapi.warnings@odata.type":"#Collection(String)","@adminapi.warnings":[],"value":[{
      "Guid@data.type":"System.Guid","Guid@odata.type":"#Guid","Guid":"${MAILBOX_ID}",
      "WhenCreated@data.type":"System.DateTime","WhenCreated":"2022-09-21T08:07:47.0000000+00:00",
      "EmailAddresses@odata.type":"#Collection(String)","EmailAddresses":["SMTP:C@x.com","smtp:c@x.com"],
      "ProhibitSendQuota":"99 GB (106,300,440,576 bytes)","RuleIdentity":15394007230974001153,"ForwardingAddress":null,"Note":"\\u00a7"}]}`,
  }));
  const reply = await exo.invoke("Get-Mailbox", { Identity: MAILBOX_ID });
  expect(reply.rows).toEqual([
    {
      Guid: MAILBOX_ID,
      WhenCreated: "2022-09-21T08:07:47.0000000+00:00",
      EmailAddresses: ["SMTP:C@x.com", "smtp:c@x.com"],
      ProhibitSendQuota: "99 GB (106,300,440,576 bytes)",
      RuleIdentity: 15394007230974001153n,
      ForwardingAddress: null,
      Note: "§",
    },
  ]);
  expect(reply.requestId).toBe("0b1c2d3e-0000-4000-8000-000000000001");
});

test("rate headers reach the gate", async () => {
  const headers = {
    "rate-limit-limit": "3000",
    "rate-limit-remaining": "2998",
    "rate-limit-reset": new Date(Date.now() + 30_000).toISOString(),
  };
  const { exo, gate } = await clientOf(() => ({ headers, body: envelope([]) }));
  await exo.invoke("Get-Mailbox", {});
  expect(gate.reports[0]?.rate).toMatchObject({ limit: 3_000, remaining: 2_998 });
  expect(gate.reports[0]?.rate?.resetInMs).toBeGreaterThan(25_000);
});

test("what would end up in a header or the URL must be what it claims to be", async () => {
  const { exo, server } = await clientOf(() => ({ body: envelope([]) }));
  const guid = "x\r\nAuthorization: none";
  for (const options of [
    { anchor: { kind: "mailbox", guid } as const },
    { select: ["A&$filter=1"] },
    { select: [""] },
  ]) {
    expect(await errorOf(exo.invoke("Get-Mailbox", {}, options))).toMatchObject({ kind: "refused-here" });
  }
  expect(await errorOf(exo.invoke("Get-Mailbox", { Identity: "" }))).toMatchObject({ kind: "refused-here" });
  expect(server.asked).toHaveLength(0);
});

test("the list of cmdlets is read as the service gives it", async () => {
  const exportedCmdlets = "Get-Mailbox,Set-Mailbox, Get-MailboxPermission";
  const { exo, server } = await clientOf(() => ({
    body: { value: [{ fileName: "ExchangeOnline.psm1", fileContent: "x".repeat(100_000), exportedCmdlets }] },
  }));
  expect(await exo.cmdlets()).toEqual(["Get-Mailbox", "Set-Mailbox", "Get-MailboxPermission"]);
  expect(server.asked[0]).toMatchObject({
    method: "GET",
    url: `/adminapi/v1.0/${TENANT_ID}/EXOModuleFile?Version=3.9.2`,
    headers: { commandname: "*", authorization: "Bearer token-1" },
  });
});
