import { closeSync, openSync, statfsSync, writeFileSync, writeSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { settingsFor } from "../../src/cli/emulator-settings.ts";
import { mountSmallDisk } from "../support/small-disk.ts";
import { runHere } from "../support/command-line-here.ts";
import { testRedisUrl } from "../support/redis.ts";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const emulated = await openEmulatedPlace({ mailboxes: 60, seed: 7 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { place, here, emulator, variables } = emulated;
const tenant = emulated.tenants[0];
const LEFT_BYTES = 250_000;
const audit = ["run", "permission-audit", "--tenant", tenant];

beforeEach(async () => {
  emulator.setProfile("off");
  await emulated.configure("runs: { pollMs: 100 }");
  await here(["runs", "cancel", "--all"]);
});

/** One message, with what to do, and no stack. */
function expectOneMessage(stderr: string, what: RegExp): void {
  expect(stderr).toMatch(what);
  expect(stderr).toMatch(/^ *next: /m);
  expect(stderr).not.toMatch(/^ {4}at |node_modules/m);
}

describe("trouble gets one message, its exit code, and nothing is lost:", () => {
  test("a wrong secret", async () => {
    const wrong = Object.fromEntries(Object.keys(variables).map((name) => [name, "emu8Q~wrong"]));
    const tested = await here(["tenants", "test"], wrong);
    expect(tested.exitCode).toBe(5);
    expectOneMessage(tested.stderr, new RegExp(`Cannot sign in to tenant "${tenant}"`));
    expect(tested.stderr + tested.stdout).not.toContain("emu8Q~wrong");

    const ended = await place.run(audit, wrong);
    expect(ended.exitCode).toBe(5);
    const id = runIdIn(ended.stderr);
    expectOneMessage(ended.stderr, new RegExp(`^paused: auth: Cannot sign in to tenant "${tenant}"`, "m"));
    expect((await here(["runs", "resume", id])).exitCode).toBe(0);
  });

  test("a secret that is not in the environment", async () => {
    const { exitCode, stderr } = await here(
      ["tenants", "test", tenant],
      Object.fromEntries(Object.keys(variables).map((name) => [name, ""])),
    );
    expect(exitCode).toBe(5);
    expectOneMessage(stderr, new RegExp(Object.keys(variables)[0] ?? ""));
  });

  test("an unknown tenant", async () => {
    for (const words of [
      ["run", "permission-audit", "--tenant", "nobody"],
      ["tenants", "test", "nobody"],
      ["invoke", "Get-Mailbox", "--tenant", "nobody"],
    ]) {
      const { exitCode, stderr } = await here(words);
      expect(exitCode).toBe(2);
      expectOneMessage(stderr, new RegExp(`Cannot find tenant "nobody"\n {2}next: .*${tenant}`));
    }
  });

  test("an unknown run", async () => {
    for (const words of [
      ["runs", "show", "rnone"],
      ["runs", "resume", "rnone"],
      ["runs", "items", "rnone"],
      ["runs", "verify", "rnone"],
    ])
      expect(await here(words)).toMatchObject({
        exitCode: 2,
        stdout: "",
        stderr: expect.stringMatching(/Cannot find run "rnone"/),
      });
  });

  test("a Redis that is not there", async () => {
    const { yaml } = settingsFor(new URL(emulator.url), emulator.tenants);
    await place.write("exosweep.yaml", `redis: redis://127.0.0.1:1\n${yaml}\n`);
    const before = (await here(["runs", "list"])).stdout;
    const { exitCode, stderr } = await here(audit);
    expect(exitCode).toBe(10);
    expectOneMessage(
      stderr,
      /^error: Cannot reach Redis at redis:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*\n {2}next: start it, such as "redis-server --port 1 /,
    );
    expect((await here(["runs", "list"])).stdout).toBe(before);
  });

  test("an Exchange that is not there", async () => {
    await place.write(
      "exosweep.yaml",
      `tenants:\n  - { name: gone, tenantId: 8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e, domain: a.example, clientId: 8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e, secret: { env: S }, cloud: { login: "http://127.0.0.1:1", exchange: "http://127.0.0.1:1" } }\nrequests: { maxRetries: 0, retryDelayMs: 1 }\n`,
    );
    const { exitCode, stderr } = await here(["tenants", "test"], { S: "x" });
    expect(exitCode).toBe(10);
    expectOneMessage(stderr, /"gone"/);
  });

  test("an Exchange that cannot be reached, which a test of the tenant says within seconds", async () => {
    const { yaml } = settingsFor(new URL(emulator.url), emulator.tenants);
    const away = yaml.replace(/exchange: "?[^",} \n]+"?/, 'exchange: "http://127.0.0.1:1"');
    await place.write("exosweep.yaml", `redis: ${testRedisUrl()}\n${away}\n`);
    const startedMs = performance.now();
    const { exitCode, stderr } = await here(["tenants", "test"]);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(exitCode).toBe(10);
    expectOneMessage(stderr, /^error: Cannot run cmdlet discovery: cannot reach 127\.0\.0\.1:1/m);
  });

  test("a filter that Exchange refuses, which starts no run", async () => {
    const before = (await here(["runs", "list"])).stdout;
    for (const more of [[], ["--plan-only"], ["--detach"]]) {
      const filter = "CustomAttribute1 -equals 'x'";
      const { exitCode, stderr } = await here([...audit, "--filter", filter, ...more]);
      expect(exitCode).toBe(2);
      expectOneMessage(
        stderr,
        /^error: Cannot use the filter "CustomAttribute1 -equals 'x'": Exchange refused/m,
      );
    }
    expect((await here(["runs", "list"])).stdout).toBe(before);
  });

  test("the only mailbox of a run that fails for good", async () => {
    const retries = 2;
    await emulated.configure(`requests: { maxRetries: ${retries}, retryDelayMs: 1 }\nruns: { pollMs: 100 }`);
    const tenantId = emulator.tenants[0]?.tenantId ?? "";
    const [subject = ""] = emulator.targets(tenantId);
    // When the cmdlet is tried, and as the mailbox's own task; once more each after the tenant was asked.
    const times = 2 * (retries + 2);
    emulator.addFaults([
      { match: { subject, cmdlet: "Get-MailboxPermission" }, fault: { kind: "transient" }, times },
    ]);
    const list = await place.write("one.csv", `ExchangeGuid\n${subject}\n`);
    const ended = await here(["run", "permission-audit", "--tenant", tenant, "--csv", list, "-o", "json"]);
    expect([ended.exitCode, JSON.parse(ended.stdout)]).toMatchObject([
      3,
      { state: "complete_with_failures", outcomes: { failed: 1 } },
    ]);
  });

  test("mailboxes that fail for good", async () => {
    const retries = 4;
    await emulated.configure(
      `requests: { maxRetries: ${retries}, retryDelayMs: 1 }\nruns: { pollMs: 100, smallScope: 10 }`,
    );
    // As often as one task asks, the last time after the tenant was asked. The cmdlet is tried on one mailbox first, which may be one of these: then two are left.
    const subjects = [...emulator.targets(emulator.tenants[0]?.tenantId ?? "")].slice(0, 3);
    emulator.addFaults(
      subjects.map((subject) => ({
        match: { subject, cmdlet: "Get-MailboxPermission" },
        fault: { kind: "transient" },
        times: retries + 2,
      })),
    );
    const ended = await place.run([...audit, "-o", "json"]);
    expect(ended.exitCode).toBe(3);
    const run = JSON.parse(ended.stdout) as { id: string; state: string; outcomes: { failed: number } };
    expect(run.state).toBe("complete_with_failures");
    expect([2, 3]).toContain(run.outcomes.failed);
    const items = await here(["runs", "items", run.id, "--outcome", "failed", "-o", "json"]);
    const failed = { outcome: "failed", reason: expect.any(String), requestId: expect.any(String) };
    expect(JSON.parse(items.stdout)).toEqual(
      Array.from({ length: run.outcomes.failed }, () => expect.objectContaining(failed)),
    );

    const redriven = await here(["runs", "redrive", run.id, "--outcome", "failed", "-o", "json"]);
    expect(redriven.stderr).toContain(`${run.outcomes.failed} targets of run ${run.id} are tried again`);
    expect([redriven.exitCode, JSON.parse(redriven.stdout)]).toMatchObject([
      0,
      { id: run.id, state: "complete", redrives: 1 },
    ]);
  });

  test("a disk that is full in mid-run", async ({ skip }) => {
    using disk = mountSmallDisk(1);
    if (disk === undefined) return skip("no disk can be mounted here");
    const data = join(disk.path, "data");
    expect((await runHere(["runs", "--data", data])).exitCode).toBe(0);
    // Room for a beginning: with more of it outcomes get through now and then, and the run goes on for as long.
    const { bavail, bsize } = statfsSync(disk.path);
    writeFileSync(join(disk.path, "filler"), Buffer.alloc(bavail * bsize - LEFT_BYTES));
    const ended = await place.run([...audit, "--data", data]);
    expect(ended.exitCode).toBe(10);
    expectOneMessage(
      ended.stderr,
      /^error: Cannot write the journal .*the disk is full\n {2}next: free space/m,
    );
    expect(ended.stderr.match(/^error: /gm)).toHaveLength(1);
  });

  test("a disk that is full before anything begins", async ({ skip }) => {
    using disk = mountSmallDisk(1);
    if (disk === undefined) return skip("no disk can be mounted here");
    const data = join(disk.path, "data");
    expect((await runHere(["runs", "--data", data])).exitCode).toBe(0);
    const room = openSync(join(disk.path, "filler"), "w");
    expect(() => {
      for (;;) writeSync(room, Buffer.alloc(4_096));
    }).toThrow("ENOSPC");
    closeSync(room);
    const { exitCode, stderr } = await place.run([...audit, "--data", data]);
    expect(exitCode).toBe(10);
    expectOneMessage(stderr, /^error: Cannot open the journal .*the disk is full\n {2}next: free space/m);
  });

  test("a disk that can only be read", async ({ skip }) => {
    using disk = mountSmallDisk(4);
    if (disk === undefined) return skip("no disk can be mounted here");
    const data = join(disk.path, "data");
    expect((await runHere(["runs", "--data", data])).exitCode).toBe(0);
    disk.makeReadOnly();
    const known = await place.run([...audit, "--data", data]);
    expect(known.exitCode).toBe(10);
    expectOneMessage(
      known.stderr,
      /^error: Cannot open the journal .*it can be read but not written\n {2}next: .*mount the disk writable/m,
    );
    const fresh = await runHere(["runs", "--data", join(disk.path, "other")]);
    expect(fresh.exitCode).toBe(2);
    expectOneMessage(fresh.stderr, /^error: .*other.*\n {2}next: .*mounted writable/m);
  });

  test("a journal of a newer version, and one that is damaged", async () => {
    const data = join(place.directory, "own");
    const file = join(data, "journal.db");
    const list = ["runs", "--data", data];
    expect((await runHere(list)).exitCode).toBe(0);
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 999");
    db.close();
    const newer = await runHere(list);
    expect(newer.exitCode).toBe(10);
    expectOneMessage(
      newer.stderr,
      /it has version 999, this program knows \d+\n {2}next: update this program/,
    );
    await writeFile(file, Buffer.alloc(65_536, 0xa5));
    const damaged = await runHere(list);
    expect(damaged.exitCode).toBe(10);
    expectOneMessage(
      damaged.stderr,
      /Cannot open the journal .*own\/journal\.db": the file is not a journal/,
    );
  });

  test("a full disk under stdout", async ({ skip }) => {
    skip(process.platform !== "linux", "only Linux has /dev/full");
    const full = openSync("/dev/full", "w");
    const main = resolve(import.meta.dirname, "../../src/cli/main.ts");
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", main, "jobs", "-o", "json"],
      { stdio: ["ignore", full, "pipe"] },
    );
    closeSync(full);
    let stderr = "";
    child.stderr?.on("data", (text) => (stderr += String(text)));
    expect(await once(child, "close")).toEqual([10, null]);
    expectOneMessage(stderr, /^error: .*ENOSPC/);
  });

  test("a data directory that may not be written to", async ({ skip }) => {
    skip(process.getuid?.() === 0, "root may write anywhere");
    const locked = join(place.directory, "locked");
    await mkdir(locked);
    await chmod(locked, 0o500);
    const { exitCode, stderr } = await place.run(["runs", "--data", join(locked, "data")]);
    expect(exitCode).toBe(2);
    expectOneMessage(stderr, /EACCES/);
  });

  test("a data directory that is a file", async () => {
    await place.write("file", "");
    const { exitCode, stderr } = await runHere(["runs", "--data", join(place.directory, "file/data")]);
    expect(exitCode).toBe(2);
    expectOneMessage(stderr, /^error: /);
  });
});

describe("a role that is missing", () => {
  test("is named, for every cmdlet, before anything is run", async () => {
    await using reader = await openEmulatedPlace({
      mailboxes: 30,
      seed: 8,
      directoryRoles: ["global-reader"],
    });
    const [name] = reader.tenants;
    const tested = await reader.here(["tenants", "test"]);
    expect(tested.exitCode).toBe(5);
    expect(tested.stdout).toMatch(/yes {2}Get-MailboxPermission/);
    expect(tested.stdout).toMatch(/NO {3}Get-RecipientPermission +give the app a role of "/);
    const ended = await reader.here(["run", "permission-audit", "--tenant", name]);
    expect(ended.exitCode).toBe(5);
    expectOneMessage(ended.stderr, /^paused: auth: Cannot run Get-RecipientPermission: .*role/m);
  });
});
