import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startEmulator } from "../../src/emulator/index.ts";
import { Ledger, type Arrival } from "../../src/emulator/ledger.ts";
import { be, benchOf, raw } from "./wire.ts";

const arrival = (n: number): Arrival => ({
  atMs: 1_700_000_000_000 + n,
  tenantId: "tenant",
  tokenTenantId: "tenant",
  cmdlet: "Get-Mailbox",
  subject: `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`,
  request: n,
  position: 0,
  batch: 0,
  clientRequestId: undefined,
  connectionId: "connection",
  page: 1,
});

test("every entry comes back as it was written down, also beyond the first chunk", () => {
  const ledger = new Ledger();
  for (let n = 0; n < 20_000; n += 1) ledger.arrived(arrival(n));
  ledger.executed(19_999, 1_700_000_000_500);
  ledger.answered(19_999, 200);
  ledger.delivered(19_999, 1_700_000_000_600);
  const written = (n: number): object => {
    const { atMs, ...rest } = arrival(n);
    return { ...rest, n, arrivedAtMs: atMs, clientRequestId: null };
  };
  expect([...ledger.read(19_998, 5)]).toEqual([
    { ...written(19_998), executedAtMs: null, deliveredAtMs: null, status: null },
    {
      ...written(19_999),
      executedAtMs: 1_700_000_000_500,
      deliveredAtMs: 1_700_000_000_600,
      status: 200,
    },
  ]);
});

test("ids that are no GUIDs are kept too, in their own words", () => {
  const ledger = new Ledger();
  ledger.arrived({ ...arrival(1), clientRequestId: "attempt 7", subject: undefined });
  const upper = "0B6F2F3A-8F3F-4C57-9D0E-1D2F6B8B8A01";
  ledger.arrived({ ...arrival(2), clientRequestId: upper });
  expect([...ledger.read()].map((entry) => [entry.subject, entry.clientRequestId])).toEqual([
    [null, "attempt 7"],
    [arrival(2).subject, upper],
  ]);
});

test("a million entries take less than 150 MB", () => {
  const ledger = new Ledger();
  const before = process.memoryUsage();
  for (let n = 0; n < 1_000_000; n += 1) ledger.arrived(arrival(n));
  const after = process.memoryUsage();
  const growth = after.arrayBuffers - before.arrayBuffers;
  expect(growth).toBeGreaterThan(50e6);
  expect(growth).toBeLessThan(150e6);
  expect(ledger.summary()).toMatchObject({ arrived: 1_000_000, executed: 0, byStatus: { none: 1_000_000 } });
});

test("the ledger tells calls of batches from single ones, and counts what became of them", async () => {
  const emulator = await startEmulator({ mailboxes: 10 });
  be(emulator);
  const bench = await benchOf(emulator);
  const [guid = ""] = emulator.targets(bench.tenantId);
  const id = "11111111-2222-4333-8444-555555555555";
  await bench.invoke("Get-Mailbox", { Identity: guid }, { headers: { "client-request-id": id } });
  await bench.batch([
    { id: "1", cmdlet: "get-mailboxpermission", parameters: { Identity: guid } },
    { id: "2", cmdlet: "Get-Mailbox", parameters: { Identity: "nobody" } },
  ]);
  await expect.poll(() => emulator.ledger.summary()).toMatchObject({ delivered: 3 });
  const entries = [...emulator.ledger.read()];
  expect(entries).toMatchObject([
    { n: 0, cmdlet: "Get-Mailbox", subject: guid, batch: 0, clientRequestId: id, status: 200, page: 1 },
    { n: 1, cmdlet: "Get-MailboxPermission", subject: guid, batch: 2, position: 0, request: 2, status: 200 },
    { n: 2, cmdlet: "Get-Mailbox", subject: null, batch: 2, position: 1, status: 404, executedAtMs: null },
  ]);
  for (const { arrivedAtMs, deliveredAtMs } of entries)
    expect(deliveredAtMs).toBeGreaterThanOrEqual(arrivedAtMs);
  expect(entries[0]?.connectionId).toBe(bench.headers["connection-id"]);
  expect(emulator.ledger.summary()).toEqual({
    arrived: 3,
    executed: 2,
    delivered: 3,
    requests: 2,
    batches: 1,
    batchedCalls: 2,
    byStatus: { "200": 2, "404": 1 },
    byCmdlet: { "Get-Mailbox": 2, "Get-MailboxPermission": 1 },
  });
  await emulator.stop();
});

test("a reply nobody waited for was executed but not delivered", async () => {
  const emulator = await startEmulator({ mailboxes: 10 });
  be(emulator, { latency: { call: { median: 300, sigma: 0 } } });
  const bench = await benchOf(emulator);
  const leaving = new AbortController();
  const call = fetch(`${bench.base}/InvokeCommand`, {
    method: "POST",
    headers: bench.headers,
    body: '{"CmdletInput":{"CmdletName":"Get-Mailbox","Parameters":{"ResultSize":1}}}',
    signal: leaving.signal,
  });
  const end = call.then(
    () => "answered",
    () => "left",
  );
  await expect.poll(() => emulator.inFlight().calls).toBe(1);
  leaving.abort();
  expect(await end).toBe("left");
  await expect.poll(() => emulator.ledger.summary()).toMatchObject({ arrived: 1, executed: 1, delivered: 0 });
  await emulator.stop();
});

test("every event goes to a file as it happens, when asked for", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ledger-"));
  const ledgerFile = join(folder, "ledger.ndjson");
  const emulator = await startEmulator({ mailboxes: 10, ledgerFile });
  be(emulator);
  await (await benchOf(emulator)).invoke("Get-Mailbox", { ResultSize: 1 });
  await emulator.stop();
  const events = readFileSync(ledgerFile, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(events.map((event) => [event.event, event.n])).toEqual([
    ["arrived", 0],
    ["executed", 0],
    ["answered", 0],
    ["delivered", 0],
  ]);
  rmSync(folder, { recursive: true });
});

test("a write is kept as it was received, with what it changed and how often it was executed; a read is not", async () => {
  const emulator = await startEmulator({ mailboxes: 10, tenants: 2 });
  be(emulator);
  const bench = await benchOf(emulator);
  const guid = [...emulator.targets(bench.tenantId)][8] ?? "";
  const address = JSON.parse((await bench.invoke("Get-Mailbox", { Identity: guid })).text).value[0]
    .PrimarySmtpAddress;
  const change = {
    EmailAddresses: { "@odata.type": "#Exchange.GenericHashTable", remove: [], add: "smtp:a@b.example" },
    AuditEnabled: true,
  };
  await bench.invoke("Set-Mailbox", { Identity: guid, ...change, Confirm: false });
  await bench.invoke("Set-Mailbox", { ...change, Identity: address });
  await bench.invoke("Set-Mailbox", { Identity: guid, ...change, WhatIf: true });
  await bench.invoke("Set-Mailbox", { Identity: guid, NoSuchParameter: 1 });
  const parameters = '{"AuditEnabled":true,"EmailAddresses":{"add":"smtp:a@b.example","remove":[]}}';
  const entries = [...emulator.ledger.read()];
  expect(entries[0]).not.toHaveProperty("write");
  expect(entries.slice(1).map((entry) => entry.write)).toEqual([
    { identity: guid, parameters, nth: 1, executions: 2, changed: true },
    { identity: address, parameters, nth: 2, executions: 2, changed: false },
    { identity: guid, parameters, nth: 3, executions: 2, changed: null },
    { identity: guid, parameters: '{"NoSuchParameter":1}', nth: 1, executions: 0, changed: null },
  ]);
  expect([...emulator.ledger.writes(bench.tenantId)][0]).toEqual({
    tenantId: bench.tenantId,
    cmdlet: "Set-Mailbox",
    subject: guid,
    identity: guid,
    parameters,
    arrived: 3,
    executed: 2,
    changed: 1,
  });
  const ask = async (path: string): Promise<number[]> =>
    (await raw(`${emulator.url}/__emulator/${path}`, { method: "GET" })).text
      .split("\n")
      .flatMap((line): number[] => (line === "" ? [] : [JSON.parse(line).n]));
  expect(await ask("ledger?writes=1")).toEqual([1, 2, 3, 4]);
  expect(await ask(`tenants/${bench.tenantId}/ledger?from=2&writes=1&limit=2`)).toEqual([2, 3]);
  expect(await ask(`tenants/${emulator.tenants[1]?.tenantId}/ledger`)).toEqual([]);
  await emulator.stop();
});
