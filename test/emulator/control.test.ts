import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator, type Emulator } from "../../src/emulator/index.ts";
import { be, benchAt, benchOf, raw, type Bench, type RawReply } from "./wire.ts";

let emulator: Emulator;
let bench: Bench;

beforeAll(async () => {
  emulator = await startEmulator({ mailboxes: 60, tenants: 2 });
  be(emulator);
  bench = await benchOf(emulator);
});
afterAll(async () => emulator.stop());

const ask = async (method: string, path: string, body?: unknown): Promise<RawReply> =>
  raw(`${emulator.url}/__emulator/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const linesOf = (reply: RawReply): unknown[] =>
  reply.text.split("\n").flatMap((line): unknown[] => (line === "" ? [] : [JSON.parse(line)]));

test("tenants are listed with what it takes to sign in, the same for the same seed", async () => {
  const listed = JSON.parse((await ask("GET", "tenants")).text);
  expect(listed).toEqual(emulator.tenants);
  expect(new Set(listed.map((tenant: { tenantId: string }) => tenant.tenantId)).size).toBe(2);
  const twin = await startEmulator({ mailboxes: 60, tenants: 2 });
  expect(twin.tenants).toEqual(emulator.tenants);
  await twin.stop();
});

test("truth and targets are streamed as lines, by tenant id or domain", async () => {
  const { domain = "", tenantId = "" } = emulator.tenants[0] ?? {};
  const facts = linesOf(await ask("GET", `tenants/${tenantId}/truth`));
  expect(facts).toEqual([...emulator.truth(tenantId)]);
  expect(facts.length).toBeGreaterThan(60);
  expect(linesOf(await ask("GET", `tenants/${domain}/targets`))).toEqual([...emulator.targets(tenantId)]);
  expect((await ask("GET", "tenants/nobody/truth")).status).toBe(400);
  const others = linesOf(await ask("GET", `tenants/${tenantId}/truth?of=groups,soft-deleted`));
  expect(others).toEqual([...emulator.truth(tenantId, ["groups", "soft-deleted"])]);
  expect(others.length).toBeGreaterThan(0);
  expect((await ask("GET", `tenants/${tenantId}/truth?of=lists`)).status).toBe(400);
});

test("the ledger is read in parts", async () => {
  for (let n = 0; n < 4; n += 1) await bench.invoke("Get-Mailbox", { ResultSize: 1 });
  expect(linesOf(await ask("GET", "ledger?from=1&limit=2"))).toMatchObject([{ n: 1 }, { n: 2 }]);
  expect(linesOf(await ask("GET", "ledger")).length).toBe(emulator.ledger.length);
  expect(JSON.parse((await ask("GET", "ledger/summary")).text)).toEqual(emulator.ledger.summary());
});

test("facts are told of the objects asked for, in their order, and of those somebody wrote to", async () => {
  const { tenantId = "" } = emulator.tenants[0] ?? {};
  const [, , , , , , , , , guid = "", other = ""] = emulator.targets(tenantId);
  await bench.invoke("Set-Mailbox", { Identity: guid, CustomAttribute3: "written" });
  const path = `tenants/${tenantId}/facts`;
  const asked = linesOf(await ask("GET", `${path}?of=${other}&of=nobody&of=gosho&of=${guid}`));
  expect(asked).toMatchObject([
    { of: other, found: 1, exchangeGuid: other, values: { AuditEnabled: true } },
    { of: "nobody", found: 0 },
    { of: "gosho", found: 2 },
    { of: guid, found: 1, values: { CustomAttribute3: "written" } },
  ]);
  expect(linesOf(await ask("POST", path, [other, "nobody", "gosho", guid]))).toEqual(asked);
  expect(linesOf(await ask("GET", path))).toEqual([asked[3]]);
  expect([...emulator.facts(tenantId)]).toEqual([asked[3]]);
  expect((await ask("POST", path, { of: guid })).status).toBe(400);
});

test("a profile is read and changed while the emulator runs; mistakes are named and change nothing", async () => {
  const put = await ask("PUT", "profile", { conc: { max: 3, unit: "request", retryAfter: null } });
  expect(JSON.parse(put.text).conc.max).toBe(3);
  expect(emulator.profile().conc?.max).toBe(3);
  const wrong = await ask("PUT", "profile", { conc: { max: -1 } });
  expect([wrong.status, JSON.parse(wrong.text).error]).toEqual([
    400,
    "Cannot use this profile: profile.conc.max: expected a number from 1",
  ]);
  expect((await ask("PUT", "profile", "strict")).status).toBe(200);
  expect(JSON.parse((await ask("GET", "profile")).text)).toMatchObject({
    id: "strict",
    budget: { recharge: 0.6 },
  });
  be(emulator);
});

test("faults are ordered and taken back", async () => {
  const fault = { match: { cmdlet: "Get-Mailbox" }, fault: { kind: "throttled" } };
  expect((await ask("POST", "faults", [fault])).status).toBe(200);
  expect((await bench.invoke("Get-Mailbox", { ResultSize: 1 })).status).toBe(429);
  expect((await ask("DELETE", "faults")).status).toBe(200);
  expect((await bench.invoke("Get-Mailbox", { ResultSize: 1 })).status).toBe(200);
  expect((await ask("POST", "faults", { match: {}, fault: { kind: "explode" } })).status).toBe(400);
});

test("what is in flight is told while it flies", async () => {
  be(emulator, { latency: { call: { median: 200, sigma: 0 } } });
  const call = bench.invoke("Get-Mailbox", { ResultSize: 1 });
  await expect
    .poll(async () => JSON.parse((await ask("GET", "in-flight")).text))
    .toEqual({ requests: 1, calls: 1, late: 0 });
  await call;
  expect(JSON.parse((await ask("GET", "in-flight")).text)).toEqual({ requests: 0, calls: 0, late: 0 });
  be(emulator);
});

test("other addresses of the back door are 404", async () => {
  expect((await ask("GET", "nonsense")).status).toBe(404);
  expect((await ask("POST", "tenants")).status).toBe(404);
});

test("a checker in another process sees what a write in doubt became, over HTTP and in the file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ledger-"));
  const ledgerFile = join(folder, "ledger.ndjson");
  const main = join(import.meta.dirname, "../../src/emulator/main.ts");
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", main, JSON.stringify({ mailboxes: 30, ledgerFile })],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  if (!child.stdout) throw new Error("no stdout");
  const [line] = await once(createInterface(child.stdout), "line");
  const { url, tenants } = JSON.parse(line);
  const their = await benchAt(url, tenants[0]);
  const back = async (method: string, path: string, body?: object): Promise<unknown[]> =>
    linesOf(await raw(`${url}/__emulator/${path}`, { method, ...(body && { body: JSON.stringify(body) }) }));
  const tenant = `tenants/${tenants[0].tenantId}`;
  const guid = (await back("GET", `${tenant}/targets`))[9];
  await back("PUT", "profile", {
    quirks: { lateWrite: 1, lateWriteSeconds: 0.5, lostWriteForm: "gateway-timeout" },
  });
  const write = { Identity: guid, CustomAttribute4: "late" };
  expect((await their.invoke("Set-Mailbox", write)).status).toBe(504);
  expect(await back("GET", `${tenant}/facts?of=${String(guid)}`)).toMatchObject([
    { values: { CustomAttribute4: "" } },
  ]);
  expect(await back("GET", "in-flight")).toEqual([{ requests: 0, calls: 0, late: 1 }]);
  await expect.poll(async () => back("GET", "in-flight")).toMatchObject([{ late: 0 }]);
  expect(await back("GET", `${tenant}/facts`)).toMatchObject([
    { exchangeGuid: guid, values: { CustomAttribute4: "late" } },
  ]);
  const parameters = '{"CustomAttribute4":"late"}';
  expect(await back("GET", `${tenant}/ledger?writes=1`)).toMatchObject([
    { subject: guid, status: 200, write: { parameters, nth: 1, executions: 1, changed: true } },
  ]);
  expect(await back("GET", `${tenant}/writes`)).toMatchObject([{ arrived: 1, executed: 1, changed: 1 }]);
  child.kill("SIGKILL");
  await once(child, "exit");
  const events = readFileSync(ledgerFile, "utf8")
    .split("\n")
    .flatMap((text): { event: string; write?: object }[] => (text === "" ? [] : [JSON.parse(text)]));
  expect(events.filter(({ event }) => event === "executed")).toMatchObject([
    { n: 0, write: { identity: guid, parameters, changed: true } },
  ]);
  expect(events[0]).toMatchObject({ event: "arrived", subject: guid, write: { parameters, changed: null } });
  rmSync(folder, { recursive: true });
});

test("as a process of its own it prints one line when ready, and ends on SIGTERM", async () => {
  const main = join(import.meta.dirname, "../../src/emulator/main.ts");
  const start = (options: string): ChildProcess =>
    spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, options], {
      stdio: ["ignore", "pipe", "pipe"],
    });
  const child = start(JSON.stringify({ mailboxes: 30, profile: "realistic" }));
  if (!child.stdout) throw new Error("no stdout");
  const [line] = await once(createInterface(child.stdout), "line");
  const { url, tenants } = JSON.parse(line);
  expect(tenants).toHaveLength(1);
  expect((await raw(`${url}/__emulator/tenants`, { method: "GET" })).text).toBe(JSON.stringify(tenants));
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);

  const failing = async (options: string): Promise<[number, string]> => {
    const wrong = start(options);
    let said = "";
    wrong.stderr?.on("data", (part: Buffer) => (said += part.toString("utf8")));
    const [code] = await once(wrong, "close");
    return [code, said];
  };
  expect(await failing('{"mailboxen":3}')).toEqual([
    2,
    'Cannot start the emulator: unknown option "mailboxen"\n',
  ]);
  expect(await failing('{"directoryRoles":["king"]}')).toEqual([
    2,
    'Cannot start the emulator: Cannot grant "king": no such directory role\n',
  ]);
  expect(await failing('{"ledgerFile":"/nowhere/ledger"}')).toEqual([2, expect.stringContaining("ENOENT")]);
});
