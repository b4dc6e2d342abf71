import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const MAILBOXES = 150;
const emulated = await openEmulatedPlace({ mailboxes: MAILBOXES, seed: 5 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { place, here, emulator } = emulated;
const tenant = emulated.tenants[0];

interface RunJson {
  readonly id: string;
  readonly manifest: { readonly count: number };
  readonly rows: number;
}

/** What a program reads from stdout. */
function json(text: string): unknown {
  return JSON.parse(text);
}

describe("a run in one command", () => {
  test("needs no other process: it works, shows progress, prints one record and ends with 0", async () => {
    const { exitCode, stdout, stderr } = await place.run([
      "run",
      "permission-audit",
      "--tenant",
      tenant,
      "-o",
      "json",
    ]);
    expect(exitCode).toBe(0);
    const id = runIdIn(stderr);
    expect(json(stdout)).toMatchObject({
      schemaVersion: 1,
      id,
      job: "permission-audit",
      tenant,
      state: "complete",
      reason: null,
      manifest: { count: MAILBOXES + 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      outcomes: { ok: MAILBOXES + 3 },
      rows: expect.any(Number),
      calls: {
        batches: expect.any(Number),
        items: expect.any(Number),
        naive: MAILBOXES * 3,
        throttledItems: 0,
        throttledBatches: 0,
        retries: expect.any(Number),
      },
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      endedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(stderr).toContain("no worker is alive: working in this process");
    expect(stderr).toContain(`run ${id} complete  ${MAILBOXES + 3}/${MAILBOXES + 3}  100.0 %`);
    expect(stderr).toContain(`next: exosweep export ${id}`);

    const shown = await here(["runs", "show", id, "-o", "json"]);
    expect([shown.exitCode, json(shown.stdout)]).toEqual([0, json(stdout)]);
  });

  test("prints a summary for people", async () => {
    const { id } = await newest();
    const { exitCode, stdout } = await here(["runs", "show", id.slice(0, 5)]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^permission-audit on ${tenant}: complete in`));
    expect(stdout).toContain("findings    critical ");
  });

  test("ends with 20 when it has a finding that was asked about", async () => {
    const { exitCode, stdout } = await place.run([
      "run",
      "permission-audit",
      "--tenant",
      tenant,
      "--fail-on",
      "info",
      "-o",
      "json",
    ]);
    expect(exitCode).toBe(20);
    expect(json(stdout)).toMatchObject({ state: "complete" });
  });

  test("is about the mailboxes of a list, and accounts for those that are not there", async () => {
    const [guid] = emulator.targets(emulator.tenants[0]?.tenantId ?? "");
    await place.write(
      "list.csv",
      `\u{feff}Name;ExchangeGuid\r\n"A;B";${guid}\r\nNobody;11111111-2222-4333-8444-555555555555\r\nAgain;${guid}\r\n`,
    );
    const { exitCode, stdout, stderr } = await here([
      "run",
      "permission-audit",
      "--tenant",
      tenant,
      "--csv",
      join(place.directory, "list.csv"),
      "-o",
      "json",
    ]);
    expect(stderr).toContain("1 lines of the list name a mailbox again: left out");
    expect(exitCode).toBe(0);
    expect(json(stdout)).toMatchObject({
      manifest: { count: 3 },
      outcomes: { ok: 2, gone: 1 },
      calls: { naive: 6 },
    });
  });

  test("that is only planned says what it would do, and starts nothing", async () => {
    const before = (await list()).length;
    const { exitCode, stdout } = await here([
      "run",
      "permission-audit",
      "--tenant",
      tenant,
      "--plan-only",
      "-o",
      "json",
    ]);
    expect(exitCode).toBe(0);
    expect(json(stdout)).toMatchObject({
      targets: MAILBOXES,
      naiveCalls: MAILBOXES * 3,
      calls: expect.any(Array),
      diskBytes: expect.any(Number),
    });
    const words = await here(["run", "permission-audit", "--tenant", tenant, "--plan-only"]);
    expect(words.stdout).toContain("Get-MailboxPermission");
    expect(await list()).toHaveLength(before);
  });
});

describe("what a run brought", () => {
  test("can be listed target by target", async () => {
    const { id, manifest } = await newest();
    const ndjson = await here(["runs", "items", id, "-o", "ndjson"]);
    const items = ndjson.stdout
      .trimEnd()
      .split("\n")
      .map((line) => json(line) as { line: number; outcome: string });
    expect(items.map((item) => item.line)).toEqual(
      Array.from({ length: manifest.count }, (_, place) => place + 1),
    );
    const gone = await here(["runs", "items", id, "--outcome", "gone", "-o", "csv"]);
    expect(gone.stdout.split("\r\n")).toHaveLength(
      items.filter((item) => item.outcome === "gone").length + 2,
    );
    expect((await here(["runs", "items", id, "--outcome", "bad"])).exitCode).toBe(2);
  });

  test("is exported to a file that is the same every time, and to stdout", async () => {
    const { id } = await first();
    const [one, other] = [join(place.directory, "one.csv"), join(place.directory, "other.csv")];
    const written = await here(["export", id, "--format", "csv", "--out", one]);
    expect(written).toMatchObject({
      exitCode: 0,
      stdout: `${one}\n`,
      stderr: expect.stringMatching(/^\d+ rows, [\d,]+ hidden by noise rules/),
    });
    expect((await here(["export", id, "--format", "csv", "--out", other])).exitCode).toBe(0);
    const bytes = await readFile(one);
    expect(bytes.equals(await readFile(other))).toBe(true);
    expect((await here(["export", id, "--format", "csv"])).stdout).toBe(bytes.toString());
    const all = await here(["export", id, "--format", "ndjson", "--include-noise"]);
    expect(all.stdout.split("\n").length).toBeGreaterThan(bytes.toString().split("\r\n").length);
  });

  test.each(["xlsx", "parquet", "html"])(
    "is exported as %s, with a manifest that -o json prints",
    async (format) => {
      const { id } = await first();
      const out = join(place.directory, `run.${format}`);
      const told = await here(["export", id, "--format", format, "--out", out, "-o", "json"]);
      expect(told.exitCode).toBe(0);
      const sha256 = createHash("sha256")
        .update(await readFile(out))
        .digest("hex");
      expect(json(told.stdout)).toMatchObject({
        runId: id,
        format,
        sha256,
        chainHead: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      expect(json(await readFile(`${out}.manifest.json`, "utf8"))).toEqual(json(told.stdout));
    },
  );

  test("is exported with the columns of another tool, and says what these cannot tell", async () => {
    const { id } = await first();
    const { exitCode, stdout, stderr } = await here([
      "export",
      id,
      "--format",
      "csv",
      "--headers",
      "fasttrack",
    ]);
    expect(exitCode).toBe(0);
    expect(stdout.split("\r\n")[0]).toBe("\u{feff}Mailbox,User,AccessRights");
    expect(stderr).toMatch(/[\d,]+ left out that the columns of fasttrack cannot tell/);
  });

  test.each([
    [["--format", "xlsx"], "Cannot write xlsx to stdout: it is no text\n  next: add --out FILE"],
    [["--format", "html", "--headers", "erp"], "a page has the job's own"],
    [["--bundle", "x", "--headers", "erp"], "cannot be used with"],
    [["--format", "docx"], "Allowed choices are csv, ndjson, json, xlsx, parquet, html"],
  ])("is not exported with %j, and the message says why", async (words, message) => {
    const { id } = await first();
    const { exitCode, stdout, stderr } = await here(["export", id, ...words]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  test("is exported quietly to a reader who has seen enough", async () => {
    const { id } = await first();
    const { child, ended } = place.start(["export", id, "--format", "ndjson", "--include-noise"]);
    child.stdout.destroy();
    await once(child, "exit");
    expect(await ended).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("is not exported where it cannot be, and the message says why", async () => {
    const { id } = await first();
    const nowhere = await here([
      "export",
      id,
      "--format",
      "csv",
      "--out",
      join(place.directory, "no", "x.csv"),
    ]);
    expect(nowhere).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/no such folder\n {2}next: /),
    });
    expect((await here(["export", "rnone", "--format", "csv"])).exitCode).toBe(2);
  });

  test("adds up", async () => {
    const { id, manifest } = await first();
    const { exitCode, stdout } = await here(["runs", "verify", id, "-o", "json"]);
    expect([exitCode, json(stdout)]).toMatchObject([
      0,
      { id, sound: true, targets: manifest.count, problems: [] },
    ]);
  });
});

describe("one cmdlet", () => {
  test("prints its rows as JSON, with warnings beside them", async () => {
    const { exitCode, stdout } = await here([
      "invoke",
      "Get-Mailbox",
      "--tenant",
      tenant,
      "--param",
      "ResultSize:=3",
      "--select",
      "ExchangeGuid,DisplayName",
    ]);
    expect(exitCode).toBe(0);
    const rows = json(stdout) as Record<string, unknown>[];
    expect(rows).toHaveLength(3);
    expect(rows[0]).toHaveProperty("ExchangeGuid");
  });

  test("shows names of every kind in a table, and runs none of them", async () => {
    const invoke = ["invoke", "Get-Mailbox", "--tenant", tenant, "--param", "ResultSize=Unlimited"];
    const select = ["--select", "DisplayName,PrimarySmtpAddress"];
    const rows = json((await here([...invoke, ...select])).stdout) as unknown[];
    const { exitCode, stdout } = await here([...invoke, ...select, "-o", "table"]);
    expect(exitCode).toBe(0);
    // A name with a line end in it takes one line all the same; and there is the header.
    expect(stdout.trimEnd().split("\n")).toHaveLength(rows.length + 1);
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    // The emulator's organisation has such names: they are shown as escapes.
    expect(stdout).toMatch(/\\u\{\w+\}/);
  });

  test("that fails says what happened, with the request id for support", async () => {
    const { exitCode, stdout, stderr } = await here([
      "invoke",
      "Get-Mailbox",
      "--tenant",
      tenant,
      "--param",
      "Identity=nobody@example.com",
    ]);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^error: Cannot run Get-Mailbox: .*\n {2}request id: \S+ .*\n {2}next: /);
  });
});

async function list(): Promise<readonly RunJson[]> {
  return json((await here(["runs", "list", "-o", "json"])).stdout) as RunJson[];
}

async function newest(): Promise<RunJson> {
  const [run] = await list();
  return json((await here(["runs", "show", run?.id ?? "", "-o", "json"])).stdout) as RunJson;
}

async function first(): Promise<RunJson> {
  const run = (await list()).at(-1);
  return json((await here(["runs", "show", run?.id ?? "", "-o", "json"])).stdout) as RunJson;
}
