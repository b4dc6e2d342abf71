/** `exosweep findings`, `exosweep rules`, and the user's rules wherever a run is reported. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { politeQuirks } from "../../src/emulator/index.ts";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const emulated = await openEmulatedPlace({ mailboxes: 60, seed: 21 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { place, here, emulator } = emulated;
const [tenant] = emulated.tenants;
const SETTINGS = "runs: { pollMs: 50, smallScope: 10 }";
await emulated.configure(SETTINGS);
emulator.setProfile({ quirks: { ...politeQuirks() } });

interface Found {
  readonly severity: string;
  readonly rule: string;
  readonly state: string;
  readonly mailbox: string;
  readonly suppressedBy: { readonly owner: string; readonly reason: string } | null;
}

let run = "";
let usual: readonly Found[] = [];

async function findings(...words: readonly string[]): Promise<readonly Found[]> {
  const { exitCode, stdout, stderr } = await here(["findings", run, ...words, "-o", "json"]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return JSON.parse(stdout) as readonly Found[];
}

async function rules(name: string, text: string): Promise<string> {
  await place.write(name, text);
  return join(place.directory, name);
}

function suppressing({ rule, mailbox }: Found, expires = "2999-12-31", owner = "it@contoso.com"): string {
  return `  - { job: permission-audit, rule: ${rule}, mailbox: "${mailbox}", owner: ${owner}, reason: known, expires: ${expires} }\n`;
}

beforeAll(async () => {
  run = runIdIn((await here(["run", "permission-audit", "--tenant", tenant, "--all"])).stderr);
  usual = await findings();
}, 60_000);

describe("exosweep findings", () => {
  test("tells each finding of the run, and how many are open", async () => {
    expect(usual.length).toBeGreaterThan(10);
    expect(new Set(usual.map(({ state }) => state))).toEqual(new Set(["open"]));
    const { stdout, stderr } = await here(["findings", run, "--severity", "medium"]);
    expect(stdout).toMatch(/^SEVERITY +RULE +STATE +WHAT +WORDS\nmedium /);
    const medium = usual.filter(({ severity }) => severity === "medium").length;
    expect(stderr).toMatch(new RegExp(`^open: .*medium ${medium}`, "m"));
  });

  test("shows the most severe first in a table, so many as one can read, and says how many there are", async () => {
    const grades = ["critical", "high", "medium", "unknown", "low", "info"];
    const place = (line: string): number => grades.indexOf(line.split(" ")[0] ?? "");
    const shown = async (...words: readonly string[]): Promise<readonly [number[], string]> => {
      const { stdout, stderr } = await here(["findings", run, ...words]);
      return [stdout.trim().split("\n").slice(1).map(place), stderr];
    };
    const order = usual.map(({ severity }) => grades.indexOf(severity)).toSorted((one, other) => one - other);
    const [all] = await shown("--all");
    expect(all).toEqual(order);
    const [few, said] = await shown("--limit", "7");
    expect(few).toEqual(order.slice(0, 7));
    expect(said).toContain(`the 7 most severe of ${usual.length}: --all shows all of them`);
    const first = (await findings("--limit", "3")).map(({ severity }) => grades.indexOf(severity));
    expect(first).toEqual(order.slice(0, 3));
  });

  test("tells those of one rule, and refuses a rule that is none", async () => {
    const rule = usual[0]?.rule ?? "";
    const of = await findings("--rule", rule);
    expect(of).toEqual(usual.filter((one) => one.rule === rule));
    const wrong = await here(["findings", run, "--rule", `${rule}s`]);
    expect(wrong).toMatchObject({ exitCode: 2 });
    expect(wrong.stderr).toContain(`did you mean "${rule}"`);
  });

  test("shows what is suppressed as suppressed, with its owner, and loses none", async () => {
    const [first] = usual;
    if (first === undefined) throw new Error("there are no findings");
    const file = await rules("one.yaml", `suppressions:\n${suppressing(first)}`);
    const now = await findings("--rules", file);
    expect(now.length).toBe(usual.length);
    const suppressed = await findings("--rules", file, "--suppressed");
    const meant = usual.filter(({ rule, mailbox }) => rule === first.rule && mailbox === first.mailbox);
    expect(suppressed.length).toBe(meant.length);
    for (const { state, suppressedBy } of suppressed) {
      expect(state).toBe("suppressed until 2999-12-31 by it@contoso.com");
      expect(suppressedBy).toMatchObject({ owner: "it@contoso.com", reason: "known" });
    }
  });

  test("fails on an open finding, not on a suppressed one, and again when that has expired", async () => {
    const worst = usual.filter(({ severity }) => severity === "critical" || severity === "high");
    expect(worst.length).toBeGreaterThan(0);
    const codes: number[] = [];
    for (const expires of ["2999-12-31", "2020-01-01"]) {
      const text = `suppressions:\n${worst.map((found) => suppressing(found, expires)).join("")}`;
      const file = await rules("worst.yaml", text);
      const { exitCode, stderr } = await here(["findings", run, "--fail-on", "high", "--rules", file]);
      codes.push(exitCode ?? -1);
      expect(stderr.includes("expired on 2020-01-01")).toBe(expires < "2026");
    }
    expect(codes).toEqual([0, 20]);
    expect((await here(["findings", run, "--fail-on", "high"])).exitCode).toBe(20);
  });

  test("says which suppressions match nothing", async () => {
    const nobody = { severity: "", rule: "hub", state: "", mailbox: "nobody@x.example", suppressedBy: null };
    const file = await rules("idle.yaml", `suppressions:\n${suppressing(nobody)}`);
    const { stderr } = await here(["findings", run, "--rules", file]);
    expect(stderr).toContain("matched nothing in this run: hub of nobody@x.example (owner it@contoso.com)");
  });
});

describe("the user's rules", () => {
  test("change a run's summary, wherever they are named, and its severities in an export, whose manifest says so", async () => {
    const id = usual[0]?.rule ?? "";
    const text = `jobs: { permission-audit: { rules: { ${id}: info } } }\n`;
    const file = await rules("soft.yaml", text);
    const shown = await here(["runs", "show", run, "--rules", file, "-o", "json"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      summary: { rules: { file: "soft.yaml", overridden: { [id]: "info" } } },
    });
    await emulated.configure(`${SETTINGS}\nrules: ${file}`);
    const out = join(place.directory, "out.csv");
    const { exitCode } = await here(["export", run, "--format", "csv", "--out", out]);
    await emulated.configure(SETTINGS);
    expect(exitCode).toBe(0);
    const manifest: unknown = JSON.parse(await readFile(`${out}.manifest.json`, "utf8"));
    expect(manifest).toMatchObject({
      rules: {
        file: "soft.yaml",
        sha256: createHash("sha256").update(text).digest("hex"),
        overridden: { [id]: "info" },
      },
    });
  });

  test("are not in a manifest without", async () => {
    const out = join(place.directory, "plain.csv");
    await here(["export", run, "--format", "csv", "--out", out]);
    expect(JSON.parse(await readFile(`${out}.manifest.json`, "utf8"))).not.toHaveProperty("rules");
  });

  test("decide what a run fails on", async () => {
    const off = [...new Set(usual.map(({ rule }) => rule))].map((rule) => `${rule}: off`).join(", ");
    const file = await rules("off.yaml", `jobs: { permission-audit: { rules: { ${off} } } }\n`);
    const words = ["run", "permission-audit", "--tenant", tenant, "--all", "--fail-on", "info"];
    expect((await here([...words, "--rules", file])).exitCode).toBe(0);
    expect((await here(words)).exitCode).toBe(20);
  });

  test("judge what a comparison shows, which says so", async () => {
    const expired = { severity: "", rule: "hub", state: "", mailbox: "x@x.example", suppressedBy: null };
    const file = await rules("diff.yaml", `suppressions:\n${suppressing(expired, "2020-01-01")}`);
    await here(["run", "permission-audit", "--tenant", tenant, "--all"]);
    const { stdout, stderr } = await here(["diff", "--last", "--rules", file, "-o", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({ rules: { file: "diff.yaml" } });
    expect(stderr).toContain("expired on 2020-01-01: hub of x@x.example (owner it@contoso.com)");
  });

  test.each([
    ["findings", "x"],
    ["export", "x", "--format", "csv"],
    ["diff", "x", "y"],
    ["rules"],
    ["run", "permission-audit", "--tenant", "nobody"],
  ])("that name what is not there are refused by %s, before anything else", async (...words) => {
    const file = await rules("bad.yaml", "jobs: { permission-audit: { rules: { hubb: low } } }\n");
    const { exitCode, stderr, stdout } = await here([...words, "--rules", file]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("no rule of permission-audit: its rules are external-access, hub, ");
  });

  test("in a file that is not there are asked for again", async () => {
    const { exitCode, stderr } = await here(["rules", "--rules", "nowhere.yaml"]);
    expect([exitCode, stderr.split("\n")[0]]).toEqual([
      2,
      'error: Cannot read the rules file "nowhere.yaml": there is no such file',
    ]);
  });

  test("and --detach do not go together", async () => {
    const { exitCode, stderr } = await here([
      "run",
      "permission-audit",
      "--tenant",
      tenant,
      "--detach",
      "--rules",
      "x.yaml",
    ]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("--detach and --rules together")]);
  });
});

describe("exosweep rules", () => {
  test("lists every rule with its severity and why", async () => {
    const { exitCode, stdout } = await here(["rules", "list", "-o", "json"]);
    const listed = JSON.parse(stdout) as readonly Readonly<Record<string, unknown>>[];
    expect(exitCode).toBe(0);
    expect(new Set(listed.map(({ job }) => job)).size).toBeGreaterThan(8);
    expect(listed).toContainEqual({
      schemaVersion: 1,
      job: "permission-audit",
      rule: "hub",
      severity: "high",
      usualSeverity: "high",
      parameters: ["hubMailboxes", "hubPercent"],
      overridden: null,
      why: expect.stringMatching(/\w/),
    });
  });

  test("says where one was overridden", async () => {
    const text = "jobs: { permission-audit: { parameters: { hubPercent: 5 }, rules: { hub: low } } }\n";
    const file = await rules("mine.yaml", text);
    const words = ["rules", "--job", "permission-audit", "--rules", file, "-o", "json"];
    const listed = JSON.parse((await here(words)).stdout) as readonly Readonly<Record<string, unknown>>[];
    expect(listed.find(({ rule }) => rule === "hub")).toMatchObject({
      severity: "low",
      overridden: `${file}: was high; hubPercent`,
    });
    expect(listed.filter(({ overridden }) => overridden !== null)).toHaveLength(1);
  });
});
