import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseSettings } from "../../src/config.ts";
import { VERSION } from "../../src/cli/version.ts";
import { runHere } from "../support/command-line-here.ts";
import { openPlace } from "../support/command-line.ts";

const GUID = "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e";
const SETTINGS = `tenants:
  - name: contoso
    tenantId: ${GUID}
    domain: contoso.onmicrosoft.com
    clientId: ${GUID}
    secret: { env: CONTOSO_SECRET }
`;

const place = await openPlace();
afterAll(() => place[Symbol.asyncDispose]());
await Promise.all([
  place.write("contoso.yaml", SETTINGS),
  place.write("bad.yaml", "redis: nowhere\ncolour: red\n"),
  place.write("broken.yaml", "tenants: ["),
  place.write("bad.csv", "PrimarySmtpAddress\nanna\nb@x.com\nc d\n"),
  place.write("profile.json", '{"nonsense": 1}'),
]);

function at(file: string): string {
  return join(place.directory, file);
}

describe("the command line", () => {
  test("says what it can do when nothing is asked of it", async () => {
    const { exitCode, stdout, stderr } = await place.run([]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    for (const command of [
      "demo",
      "init",
      "tenants",
      "jobs",
      "run",
      "runs",
      "export",
      "invoke",
      "worker",
      "emulator",
    ])
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, "m"));
  });

  test("knows the version of its package", async () => {
    const package_: unknown = JSON.parse(
      await readFile(join(import.meta.dirname, "../../package.json"), "utf8"),
    );
    expect(package_).toMatchObject({ version: VERSION });
    expect(await place.run(["--version"])).toEqual({ exitCode: 0, stdout: `${VERSION}\n`, stderr: "" });
  });

  test.each(["run", "runs", "runs items", "export", "emulator"])("explains %s", async (command) => {
    const { exitCode, stdout, stderr } = await runHere([...command.split(" "), "--help"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("--config <file>");
  });

  test("takes its global options before and after the command", async () => {
    const before = await runHere(["-o", "json", "--config", at("contoso.yaml"), "tenants", "list"]);
    const after = await runHere(["tenants", "list", "--config", at("contoso.yaml"), "-o", "json"]);
    expect(after).toEqual(before);
    expect(JSON.parse(after.stdout)).toEqual([
      {
        schemaVersion: 1,
        name: "contoso",
        tenantId: GUID,
        domain: "contoso.onmicrosoft.com",
        clientId: GUID,
        signIn: "secret in CONTOSO_SECRET",
        cloud: "global",
      },
    ]);
  });

  test("prints a list as table, NDJSON and CSV, too", async () => {
    const list = ["tenants", "list", "--config", at("contoso.yaml")];
    const [table, ndjson, csv] = await Promise.all([
      runHere(list),
      runHere([...list, "-o", "ndjson"]),
      runHere([...list, "-o", "csv"]),
    ]);
    expect(table.stdout).toBe(
      `NAME     DOMAIN                   TENANTID                              SIGNIN                    CLOUD\ncontoso  contoso.onmicrosoft.com  ${GUID}  secret in CONTOSO_SECRET  global\n`,
    );
    expect(JSON.parse(ndjson.stdout)).toMatchObject({ name: "contoso" });
    expect(csv.stdout).toBe(
      `name,domain,tenantId,signIn,cloud\r\ncontoso,contoso.onmicrosoft.com,${GUID},secret in CONTOSO_SECRET,global\r\n`,
    );
  });

  test("shows a job with what it needs", async () => {
    const { exitCode, stdout } = await runHere(["jobs", "show", "permission-audit"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Get-MailboxPermission +View-Only Organization Management/);
    const json = await runHere(["jobs", "show", "permission-audit", "-o", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ name: "permission-audit", writes: false });
  });

  test("ends quietly when nobody reads what it prints", async () => {
    const { child, ended } = place.start(["jobs", "show", "permission-audit", "-o", "json"]);
    child.stdout.destroy();
    await once(child, "exit");
    expect(await ended).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

describe("a mistake gets one message, what to do, exit code 2 and no stack:", () => {
  test.each([
    ["an unknown command", ["jbos"], /Unknown command 'jbos'\n {2}next: did you mean jobs\?/],
    [
      "an unknown command of runs",
      ["runs", "wacth", "r1"],
      /Unknown command 'wacth'\n {2}next: did you mean "watch"\?/,
    ],
    [
      "an unknown option",
      ["jobs", "--ouptut", "json"],
      /Unknown option '--ouptut'\n {2}next: did you mean --output\?/,
    ],
    [
      "an unknown format",
      ["jobs", "-o", "xml"],
      /'xml' is invalid\. Allowed choices are table, json, ndjson, csv/,
    ],
    [
      "an unknown job",
      ["run", "permision-audit", "--tenant", "contoso"],
      /Cannot find job "permision-audit"\n {2}next: did you mean "permission-audit"\?/,
    ],
    [
      "an unknown job to show",
      ["jobs", "show", "x"],
      /Cannot find job "x"\n {2}next: jobs are: .*permission-audit/,
    ],
    [
      "a run without a tenant",
      ["run", "permission-audit"],
      /Required option '--tenant <name>' not specified/,
    ],
    [
      "a parameter without a value",
      ["run", "permission-audit", "--tenant", "contoso", "--param", "x"],
      /Cannot read --param "x": expected key=value/,
    ],
    [
      "an unknown parameter",
      ["run", "permission-audit", "--tenant", "contoso", "--param", "x=1"],
      /it has no parameter "x"\n {2}next: .*jobs show permission-audit/,
    ],
    [
      "an unknown type",
      ["run", "permission-audit", "--tenant", "contoso", "--type", "shard"],
      /Cannot use --type "shard".*\n {2}next: did you mean "shared"\? types are: user/,
    ],
    [
      "two scopes",
      ["run", "permission-audit", "--tenant", "contoso", "--all", "--sample", "3"],
      /Cannot use --all and --sample together/,
    ],
    [
      "a sample of nothing",
      ["run", "permission-audit", "--tenant", "contoso", "--sample", "0"],
      /Cannot read --sample "0": expected a whole number of at least 1/,
    ],
    [
      "a severity that is none",
      ["run", "permission-audit", "--tenant", "contoso", "--fail-on", "bad"],
      /Allowed choices are critical, high, medium, low, info/,
    ],
    [
      "a list that is not there",
      ["run", "permission-audit", "--tenant", "contoso", "--csv", at("no.csv")],
      /Cannot read the list ".*no.csv": there is no such file/,
    ],
    [
      "a file to import that is not there",
      ["import", at("no.csv"), "--tenant", "contoso"],
      /Cannot read ".*no.csv": there is no such file/,
    ],
    [
      "a list that is a folder",
      ["run", "permission-audit", "--tenant", "contoso", "--csv", at("")],
      /Cannot read the list ".*": it is a folder/,
    ],
    [
      "a list with bad lines",
      ["run", "permission-audit", "--tenant", "contoso", "--csv", at("bad.csv")],
      /Cannot use the list ".*bad.csv":\n {2}line 2: .*"anna"\n {2}line 4: /,
    ],
    [
      "a settings file that is not there",
      ["tenants", "list", "--config", at("no.yaml")],
      /Cannot read the settings file ".*no.yaml": there is no such file/,
    ],
    [
      "a settings file with mistakes",
      ["tenants", "list", "--config", at("bad.yaml")],
      /Cannot use ".*bad.yaml":\n {2}line 1: redis: expected a URL.*\n {2}line 2: colour: unknown key/,
    ],
    [
      "a settings file that is no YAML",
      ["tenants", "list", "--config", at("broken.yaml")],
      /Cannot use ".*broken.yaml":\n {2}line 1: /,
    ],
    [
      "a cmdlet that writes",
      ["invoke", "Set-Mailbox", "--tenant", "contoso"],
      /Cannot invoke "Set-Mailbox": only cmdlets that read/,
    ],
    [
      "a cmdlet that is none",
      ["invoke", "Get-Mailbox; Remove-Mailbox", "--tenant", "contoso"],
      /Cannot invoke "Get-Mailbox; Remove-Mailbox"/,
    ],
    [
      "a parameter that is no JSON",
      ["invoke", "Get-Mailbox", "--tenant", "contoso", "--param", "ResultSize:=x"],
      /Cannot read --param "ResultSize:="/,
    ],
    ["nothing to cancel", ["runs", "cancel"], /Cannot tell what to cancel/],
    ["nothing to redrive", ["runs", "redrive", "r1"], /Cannot tell what to redrive/],
    [
      "an unknown profile",
      ["emulator", "--profile", "strickt"],
      /Cannot use profile "strickt": there is no such file\n {2}next: did you mean "strict"\?/,
    ],
    ["a profile with mistakes", ["emulator", "--profile", at("profile.json")], /nonsense/],
    [
      "a port that is none",
      ["emulator", "--port", "70000"],
      /Cannot read --port "70000": expected a whole number from 0 to 65535/,
    ],
    [
      "a ledger that cannot be written",
      ["emulator", "--ledger", "/nowhere/ledger.ndjson"],
      /Cannot append to the ledger "\/nowhere\/ledger.ndjson": ENOENT/,
    ],
    ["an export without a format", ["export", "r1"], /add --format csv, or --bundle FILE/],
  ])("%s", async (_what, words, expected) => {
    const { exitCode, stdout, stderr } = await runHere(words);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toMatch(expected);
    expect(stderr).toMatch(/\n {2}next: /);
    expect(stderr).not.toMatch(/^ {4}at |node_modules|Error:/m);
  });

  test("and --debug adds the stack", async () => {
    const { exitCode, stderr } = await runHere(["jobs", "show", "x", "--debug"]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^ {4}at /m);
  });
});

describe("init", () => {
  test("writes a settings file that is valid, for its owner only, and asks nothing", async () => {
    await using own = await openPlace();
    const { exitCode, stdout, stderr } = await own.run(["init"]);
    const path = join(own.directory, "exosweep.yaml");
    expect([exitCode, stdout]).toEqual([0, `${path}\n`]);
    expect(stderr).toContain("next: ");
    const text = await readFile(path, "utf8");
    expect(parseSettings(text, path).tenants).toEqual([]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    // What is commented out is valid, too.
    const uncommented = text.replaceAll(/^# (?=( |tenants:))/gm, "");
    expect(parseSettings(uncommented, path).tenants).toMatchObject([{ name: "contoso" }]);
  });

  test("never overwrites", async () => {
    await using own = await openPlace();
    await own.write("exosweep.yaml", "# mine\n");
    const { exitCode, stderr } = await runHere(["init", "--config", join(own.directory, "exosweep.yaml")]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("it is there already");
    expect(await readFile(join(own.directory, "exosweep.yaml"), "utf8")).toBe("# mine\n");
  });

  test("fills in what it is given, and refuses what is wrong", async () => {
    await using own = await openPlace();
    const given = [
      "init",
      "--config",
      join(own.directory, "my.yaml"),
      "--name",
      "fabrikam",
      "--domain",
      "fabrikam.onmicrosoft.com",
      "--client-id",
      GUID,
    ];
    expect(await runHere([...given, "--tenant-id", "x"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("tenantId: expected a GUID"),
    });
    expect(await runHere([...given, "--tenant-id", GUID])).toMatchObject({ exitCode: 0 });
    const { tenants } = parseSettings(await readFile(join(own.directory, "my.yaml"), "utf8"), "my.yaml");
    expect(tenants).toMatchObject([
      { name: "fabrikam", tenantId: GUID, secret: { env: "EXOSWEEP_FABRIKAM_SECRET" } },
    ]);
  });
});

describe("the emulator", () => {
  test("prints settings that reach it, and stops when told to", async () => {
    const emulator = place.start(["emulator", "--mailboxes", "10", "--tenants", "2"]);
    const said = await emulator.said(/export \S+\n {2}export \S+='\S+'\n/);
    const url = /emulator at (\S+);/.exec(said)?.[1] ?? "";
    expect((await fetch(url)).status).toBeGreaterThanOrEqual(200);
    emulator.child.kill("SIGTERM");
    const { exitCode, stdout } = await emulator.ended;
    expect(exitCode).toBe(143);
    const settings = parseSettings(stdout, "exosweep.yaml");
    expect(settings.tenants.map(({ cloud }) => cloud)).toEqual([
      { login: url, exchange: url },
      { login: url, exchange: url },
    ]);
    for (const { secret } of settings.tenants) expect(stdout).toContain(`#   export ${secret?.env}='`);
  });

  test("says so when its port is taken", async () => {
    const first = place.start(["emulator", "--mailboxes", "10"]);
    const port =
      /emulator at http:\/\/127\.0\.0\.1:(\d+);/.exec(await first.said("Ctrl-C stops it"))?.[1] ?? "";
    const { exitCode, stderr } = await runHere(["emulator", "--mailboxes", "10", "--port", port]);
    expect(exitCode).toBe(10);
    expect(stderr).toMatch(/EADDRINUSE.*\n {2}next: choose another --port/);
    first.child.kill("SIGINT");
    expect((await first.ended).exitCode).toBe(130);
  });
});
