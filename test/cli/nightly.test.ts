/** A night, from the line that is typed to reports on its parts. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { politeQuirks } from "../../src/emulator/index.ts";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const emulated = await openEmulatedPlace({ mailboxes: 60, tenants: 1, seed: 21 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { place, here, emulator } = emulated;
const [tenant] = emulated.tenants;
const SETTINGS = "runs: { pollMs: 50, smallScope: 10 }";
await emulated.configure(SETTINGS);
emulator.setProfile({ quirks: { ...politeQuirks() } });

const USUAL = [
  "permission-audit",
  "forwarding-sweep",
  "inbox-rule-sweep",
  "smtp-auth-sweep",
  "audit-bypass-sweep",
  "protocols-sweep",
  "shared-sign-in-sweep",
  "quota-sweep",
];

let audit = "";
let night = "";
let later = "";

async function told(words: readonly string[], exitCode = 0): Promise<{ stdout: string; stderr: string }> {
  const ended = await here(words);
  expect({ exitCode: ended.exitCode, said: ended.exitCode === exitCode ? "" : ended.stderr }).toEqual({
    exitCode,
    said: "",
  });
  return ended;
}

async function json<T>(words: readonly string[], exitCode = 0): Promise<T> {
  return JSON.parse((await told([...words, "-o", "json"], exitCode)).stdout) as T;
}

async function ran(words: readonly string[], exitCode = 0): Promise<string> {
  return runIdIn((await told(["run", ...words, "--tenant", tenant, "--all"], exitCode)).stderr);
}

beforeAll(async () => {
  audit = await ran(["permission-audit"]);
  night = await ran(["nightly", "--fail-on", "high"], 20);
  const jobs = ["--param", "jobs=permission-audit,quota-sweep"];
  later = await ran(["nightly", ...jobs, "--param", "permission-audit.expand=rows"]);
}, 120_000);

async function rowsOf(id: string): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await told(["export", id, "--format", "ndjson", "--include-noise"]);
  return stdout
    .split("\n")
    .filter((line) => line.includes("MailboxId"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

interface Shown {
  readonly id: string;
  readonly partOf: string | null;
  readonly job: string;
  readonly state: string;
  readonly rows: number;
  readonly params: unknown;
  readonly manifest: { readonly count: number };
  readonly outcomes: Readonly<Record<string, number>>;
  readonly summary: {
    readonly findings: { readonly bySeverity: Readonly<Record<string, number>> };
    readonly parts?: readonly { readonly job: string; readonly summary: unknown }[];
  };
}

describe("runs show", () => {
  test("tells of each part what it found, and their sum", async () => {
    const whole = await json<Shown>(["runs", "show", night]);
    expect(whole.partOf).toBeNull();
    expect(whole.summary.parts?.map(({ job }) => job)).toEqual(USUAL);
    const { stdout } = await told(["runs", "show", night]);
    for (const part of USUAL) expect(stdout).toContain(`\n${night}:${part}\n  rows `);
    expect(stdout.match(/^ {2}calls/gm)).toHaveLength(1);
  });

  test("shows a part as the run of its job alone, but for the calls", async () => {
    const part = await json<Shown>(["runs", "show", `${night}:permission-audit`]);
    const alone = await json<Shown>(["runs", "show", audit]);
    expect(part).toMatchObject({ id: `${night}:permission-audit`, partOf: night, job: "permission-audit" });
    for (const field of ["state", "rows", "outcomes"] as const) expect(part[field]).toEqual(alone[field]);
    expect(part.manifest.count).toBe(alone.manifest.count);
    expect(part.summary.findings).toEqual(alone.summary.findings);
    const { stdout } = await told(["runs", "show", `${night}:permission-audit`]);
    expect(stdout).toContain(`part of     run ${night}, which has the calls`);
  });

  test("tells the parameters of its parts, and of a part its own", async () => {
    const jobs = ["permission-audit", "quota-sweep"];
    const shown = await json<Shown>(["runs", "show", later]);
    expect(shown.params).toEqual({ jobs, "permission-audit": { expand: "rows" } });
    const { stdout } = await told(["runs", "show", later]);
    expect(stdout).toMatch(
      /^ {2}parameters {2}jobs=permission-audit,quota-sweep\n {14}permission-audit\.expand=rows$/m,
    );
    const [asked, usual] = await Promise.all(
      ["permission-audit", "quota-sweep"].map((part) => json<Shown>(["runs", "show", `${later}:${part}`])),
    );
    expect([asked?.params, usual?.params]).toEqual([{ expand: "rows" }, {}]);
    expect((await told(["runs", "show", `${later}:quota-sweep`])).stdout).not.toContain("parameters");
  });

  test("a part there is not is named with those there are", async () => {
    const { stderr } = await told(["runs", "show", `${night}:permision-audit`], 2);
    expect(stderr).toContain('did you mean "permission-audit"');
    expect((await told(["findings", `${audit}:quota-sweep`], 2)).stderr).toContain("has no parts");
    expect((await told(["runs", "pause", `${night}:quota-sweep`, "--reason", "x"], 2)).stderr).toContain(
      "for reports only",
    );
  });
});

describe("parameters of parts", () => {
  test("are what the part is run and reported with", async () => {
    const people = async (id: string): Promise<number> =>
      (await rowsOf(id)).filter((row) => row["TrusteeClass"] === "group-member").length;
    expect(await people(`${night}:permission-audit`)).toBe(0);
    expect(await people(`${later}:permission-audit`)).toBeGreaterThan(0);
  });

  test.each([
    ["permision-audit.expand=rows", /it has no part "permision-audit"\n.*did you mean "permission-audit"/],
    [
      "permission-audit.expnd=rows",
      /it has no parameter "permission-audit\.expnd"\n.*did you mean "permission-audit\.expand".*jobs show permission-audit/,
    ],
    ["permission-audit=rows", /it has no parameter "permission-audit"\n.*given as PART\.key=value/],
    ["smtp-auth-sweep.x=1", /it has no parameter "smtp-auth-sweep\.x"/],
    ["permission-audit.__proto__=1", /it has no parameter "permission-audit\.__proto__"/],
    ["permission-audit.expand=all", /permission-audit\.expand: Invalid option.*"members"/],
    ["inventory.x=1", /it has no parameter "inventory\.x"/],
    ["folder-permission-audit.folders=all", /folder-permission-audit: it does not run: name it in jobs/],
  ])("%s is refused, and nothing is recorded", async (word, words) => {
    const before = await json<unknown[]>(["runs"]);
    const where = ["--tenant", tenant, "--param", word];
    expect((await told(["run", "nightly", ...where], 2)).stderr).toMatch(words);
    expect((await told(["run", "nightly", "--plan-only", ...where], 2)).stderr).toMatch(words);
    const schedule = ["schedule", "add", "n", "--job", "nightly", "--cron", "0 3 * * *"];
    expect((await told([...schedule, ...where], 2)).stderr).toMatch(words);
    expect(await json<unknown[]>(["runs"])).toEqual(before);
    expect((await told(["schedule", "history", "n"], 2)).stderr).toContain('"n"');
  });
});

describe("findings", () => {
  interface Found {
    readonly job: string;
    readonly rule: string;
    readonly state: string;
    readonly severity: string;
    readonly mailbox: string;
  }

  test("of a part are those of its own run; of a night, those of all its parts", async () => {
    const part = await json<Found[]>(["findings", `${night}:permission-audit`]);
    expect(part).toEqual(await json<Found[]>(["findings", audit]));
    const all = await json<Found[]>(["findings", night]);
    expect(all.filter(({ job }) => job === "permission-audit")).toEqual(part);
    expect(new Set(all.map(({ job }) => job)).size).toBeGreaterThan(4);
    expect((await told(["findings", night])).stdout).toMatch(/^JOB +SEVERITY +RULE /);
  });

  test("are suppressed, overruled and failed on by the rules of the parts", async () => {
    const [first] = await json<Found[]>(["findings", `${night}:permission-audit`, "--severity", "high"]);
    if (first === undefined) throw new Error("there are no findings");
    await place.write(
      "rules.yaml",
      `jobs:\n  forwarding-sweep: { rules: { external-forwarding: low } }\nsuppressions:\n  - { job: permission-audit, rule: ${first.rule}, mailbox: "${first.mailbox}", owner: it@contoso.com, reason: known, expires: 2999-12-31 }\n`,
    );
    const rules = ["--rules", join(place.directory, "rules.yaml")];
    const found = await json<Found[]>(["findings", night, ...rules]);
    const ofFirst = found.filter(({ rule, mailbox }) => rule === first.rule && mailbox === first.mailbox);
    expect(ofFirst.every(({ state }) => state.startsWith("suppressed until"))).toBe(true);
    expect(
      found.filter(({ rule }) => rule === "external-forwarding").map(({ severity }) => severity),
    ).toContain("low");
    const shown = await json<Shown>(["runs", "show", night, ...rules]);
    const usual = await json<Shown>(["runs", "show", night]);
    expect(shown.summary.findings.bySeverity["high"]).toBeLessThan(
      usual.summary.findings.bySeverity["high"] ?? 0,
    );
    await told(["findings", night, "--fail-on", "high"], 20);
    await told(["findings", `${night}:quota-sweep`, "--fail-on", "critical"]);
  });
});

describe("export", () => {
  test("writes a file and a manifest for each part, and what its own run has", async () => {
    const out = join(place.directory, "night.csv");
    const manifests = await json<readonly { file: string; rows: number }[]>([
      "export",
      night,
      "--format",
      "csv",
      "--out",
      out,
    ]);
    expect(manifests.map(({ file }) => file)).toEqual(USUAL.map((part) => `night.${part}.csv`));
    const files = (await readdir(place.directory)).filter((name) => name.startsWith("night."));
    expect(files).toHaveLength(2 * USUAL.length);
    const cells = async (name: string): Promise<readonly string[]> =>
      (await readFile(join(place.directory, name), "utf8"))
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
        .replaceAll(night, "RUN")
        .replaceAll(audit, "RUN")
        .split("\r\n")
        .toSorted();
    await told(["export", audit, "--format", "csv", "--out", join(place.directory, "audit.csv")]);
    expect(await cells("night.permission-audit.csv")).toEqual(await cells("audit.csv"));
  });

  test("writes one part to stdout, and refuses several", async () => {
    expect((await told(["export", `${night}:quota-sweep`, "--format", "json"])).stdout).toContain(
      `"id":"${night}:quota-sweep","job":"quota-sweep"`,
    );
    expect((await told(["export", night, "--format", "ndjson"], 2)).stderr).toContain(
      `name one: ${night}:permission-audit`,
    );
  });

  test("in the columns of another tool writes the parts that have them", async () => {
    const out = join(place.directory, "erp.csv");
    const { stderr } = await told(["export", night, "--format", "csv", "--headers", "erp", "--out", out]);
    expect(stderr).toContain("left out, for want of what the columns of erp tell: forwarding-sweep, ");
    const files = (await readdir(place.directory)).filter((name) => name.startsWith("erp."));
    expect(files.toSorted()).toEqual(["erp.csv", "erp.csv.manifest.json"]);
  });

  test("a bundle is of the whole run", async () => {
    const out = join(place.directory, "night.bundle");
    await told(["export", night, "--bundle", out]);
    expect((await told(["runs", "verify", "--bundle", out])).stdout).toContain(night);
    expect((await told(["export", `${night}:quota-sweep`, "--bundle", out], 2)).stderr).toContain(
      "name the run",
    );
  });
});

describe("diff", () => {
  interface Compared {
    readonly complete: boolean;
    readonly after: { readonly id: string };
    readonly counts: { readonly changes: Readonly<Record<string, number>> };
  }

  test("compares a part with a run of its job alone, named or not, either way round", async () => {
    for (const runs of [
      [audit, night],
      [audit, `${night}:permission-audit`],
      [`${night}:permission-audit`, audit],
    ])
      expect(await json<Compared>(["diff", ...runs, "--exit-code"])).toMatchObject({ complete: true });
  });

  test("compares nights part by part, and says which part ran in one of them only", async () => {
    const out = join(place.directory, "changes.ndjson");
    const { stderr, stdout } = await told(["diff", night, later, "--out", out, "-o", "json"]);
    expect(stderr).toContain("forwarding-sweep ran only in one of them");
    expect((JSON.parse(stdout) as Compared[]).map(({ after }) => after.id)).toEqual([
      `${later}:permission-audit`,
      `${later}:quota-sweep`,
    ]);
    expect((await readdir(place.directory)).filter((name) => name.startsWith("changes."))).toHaveLength(2);
    expect((await told(["diff", night, later, "-o", "json"], 2)).stderr).toContain("add --out FILE");
    await told(["diff", night, later, "--exit-code"], 20);
  });

  test("--last compares the last night with what there was before, also of one part", async () => {
    const { stdout } = await told(["diff", "--last"]);
    expect(stdout).toContain(`after   run ${later}:permission-audit`);
    expect(stdout).toContain(`before  run ${night}:quota-sweep`);
    const last = await json<Compared>(["diff", "--last", "--job", "permission-audit"]);
    expect(last.after.id).toBe(`${later}:permission-audit`);
  });

  test("refuses parts of different jobs", async () => {
    const words = ["diff", audit, `${night}:quota-sweep`];
    expect((await told(words, 2)).stderr).toContain('of the job "permission-audit"');
    expect((await told(["diff", audit, audit], 2)).stderr).toContain("both are run");
  });
});

test("who can access what is answered from the parts, as of a night too, and looked at again", async () => {
  interface Answer {
    readonly subject: { readonly id: string };
    readonly accesses: readonly { readonly run: string; readonly live: string }[];
    readonly runs: readonly { readonly run: string }[];
  }
  const [some] = await json<{ mailbox: string }[]>(["findings", `${later}:permission-audit`]);
  const answer = await json<Answer>(["who-can-access", some?.mailbox ?? "", "--tenant", tenant, "--live"]);
  expect(new Set(answer.accesses.map(({ run }) => run))).toContain(`${later}:permission-audit`);
  expect(answer.accesses.map(({ live }) => live)).toContain("still");
  const asOf = await json<Answer>([
    "who-can-access",
    some?.mailbox ?? "",
    "--as-of",
    `${night}:forwarding-sweep`,
  ]);
  expect(asOf.accesses.map(({ run }) => run)).toContain(`${night}:permission-audit`);
  expect((await told(["who-can-access", "x", "--as-of", `${night}:quota-sweep`], 2)).stderr).toContain(
    '"quota-sweep" does not tell',
  );
});

test("jobs show tells what it may be made of, and what runs when nobody says which", async () => {
  const { stdout } = await told(["jobs", "show", "nightly"]);
  expect(stdout).toContain("\n  + quota-sweep  Lists how full");
  expect(stdout).toContain("\n    folder-permission-audit  Lists who may open");
  expect(stdout).toContain(
    "\n      --param permission-audit.expand=none|members|rows  What is made of groups",
  );
  interface Part {
    readonly name: string;
    readonly usual: boolean;
    readonly parameters: readonly { readonly name: string }[];
  }
  const { parts } = await json<{ readonly parts: readonly Part[] }>(["jobs", "show", "nightly"]);
  expect(parts.filter(({ usual }) => usual).map(({ name }) => name)).toEqual(USUAL);
  expect(parts.flatMap(({ parameters }) => parameters.map(({ name }) => name))).toContain(
    "quota-sweep.warnPercent",
  );
});

test("a schedule starts it with the jobs that were named", async () => {
  const start = ["--job", "nightly", "--tenant", tenant, "--cron", "0 3 * * *", "--tz", "Europe/Sofia"];
  const params = ["--param", "jobs=quota-sweep,smtp-auth-sweep", "--param", "quota-sweep.warnPercent=1"];
  await told(["schedule", "add", "every-night", ...start, ...params]);
  const { id } = await json<{ id: string }>(["schedule", "run-now", "every-night"]);
  await told(["runs", "watch", id]);
  const { summary, params: given } = await json<Shown>(["runs", "show", id]);
  expect(given).toMatchObject({ "quota-sweep": { warnPercent: 1 } });
  expect(summary.parts?.map(({ job }) => job)).toEqual(["smtp-auth-sweep", "quota-sweep"]);
  const wrong = await told(["schedule", "add", "n", ...start, "--param", "jobs=quota"], 2);
  expect(wrong.stderr).toContain("jobs");
  expect((await told(["run", "nightly", "--tenant", tenant, "--param", "jobs="], 2)).stderr).toContain(
    "name at least one",
  );
});

test("parameters of a part hold when a mailbox is tried again", async () => {
  const retries = 1;
  await emulated.configure(`requests: { maxRetries: ${retries}, retryDelayMs: 1 }\n${SETTINGS}`);
  onTestFinished(() => emulated.configure(SETTINGS));
  const [some] = await rowsOf(`${later}:permission-audit`);
  const subject = String(some?.["MailboxId"]);
  await place.write("one.csv", `${String(some?.["MailboxPrimarySmtp"])}\n`);
  // As often as its task asks, the last time after the tenant was asked.
  const times = retries + 2;
  const match = { subject, cmdlet: "Get-RecipientPermission" };
  emulator.addFaults([{ match, fault: { kind: "transient" }, times }]);
  const what = ["--param", "jobs=permission-audit", "--param", "permission-audit.rights=send-as"];
  const words = ["run", "nightly", "--tenant", tenant, "--csv", join(place.directory, "one.csv"), ...what];
  const id = runIdIn((await told(words, 3)).stderr);
  await told(["runs", "redrive", id, "--outcome", "failed", "--yes"]);
  const rows = await rowsOf(`${id}:permission-audit`);
  expect(new Set(rows.map((row) => row["Right"]))).toEqual(new Set(["SendAs"]));
  expect((await json<Shown>(["runs", "show", id])).params).toMatchObject({
    "permission-audit": { rights: expect.anything() },
  });
});
