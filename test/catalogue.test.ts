import { describe, expect, test } from "vitest";
import { z } from "zod";
import { catalogue } from "../jobs/index.ts";
import { UnusableReply } from "../src/job/index.ts";
import { performBulk, performJob } from "./support/perform-job.ts";

test("names are unique", () => {
  const names = catalogue.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(0);
});

describe.each(catalogue)("$name keeps the catalogue's rules", (job) => {
  test("its name is lower-case words, its summary one sentence without a full stop", () => {
    expect(job.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(job.summary).toMatch(/^[A-Z][^.\n]{10,110}$/);
  });

  test("its columns are unique, PascalCase, and have the common ones", () => {
    expect(new Set(job.columns).size).toBe(job.columns.length);
    for (const column of job.columns) expect(column).toMatch(/^[A-Z][A-Za-z0-9]*$/);
    const when = job.writes ? "DoneAtUtc" : "ReadAtUtc";
    expect(job.columns).toEqual(expect.arrayContaining(["TenantId", "RunId", "Source", when]));
    expect(job.columns.includes("Finding")).toBe(job.columns.includes("Severity"));
  });

  test("its types are of columns of its own", () => {
    expect(job.columns).toEqual(expect.arrayContaining(Object.keys(job.columnTypes ?? {})));
  });

  test("it runs without parameters, refuses unknown ones, and reads its own parameters back", () => {
    const params = job.params.parse({});
    expect(job.params.parse(JSON.parse(JSON.stringify(params)))).toEqual(params);
    expect(job.params.safeParse({ "no-such-parameter": 1 }).success).toBe(false);
  });

  test("each parameter says what it is for", () => {
    const schema = z.toJSONSchema(job.params);
    const silent = Object.entries(schema.properties ?? {}).filter(
      ([, property]) => typeof property !== "object" || !property.description,
    );
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  test("it names the role of each cmdlet, and says how often each is sent", () => {
    const cmdlets = job.cmdlets.map(({ cmdlet }) => cmdlet);
    expect(new Set(cmdlets).size).toBe(cmdlets.length);
    for (const { cmdlet, role } of job.cmdlets) {
      expect(cmdlet).toMatch(job.writes ? /^[A-Z][a-z]+-[A-Z]\w+$/ : /^(Get|Test)-[A-Z]\w+$/);
      expect(role).not.toBe("");
    }
    expect(job.naiveCallsPerTarget).toBeGreaterThan(0);
  });

  test("its bulk reads are named, unique, and send cmdlets it has declared", () => {
    const names = job.bulk.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, cmdlet } of job.bulk) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(job.cmdlets.find((need) => need.cmdlet === cmdlet)?.per).toBe("tenant");
    }
  });

  test.each([false, true])("it sends declared cmdlets only, in a small run (%j) too", async (small) => {
    const sent: string[] = [];
    const performing = performJob(job, {
      small,
      answer({ cmdlet }) {
        sent.push(cmdlet);
        return [];
      },
    });
    // A job may refuse an answer without the row it asked for.
    const refused = await performing.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect([undefined, UnusableReply.name]).toContain(refused instanceof Error ? refused.name : refused);
    const declared = job.cmdlets.map(({ cmdlet }) => cmdlet);
    for (const cmdlet of sent) expect(declared).toContain(cmdlet);
    // All parts, also those that run only by name.
    const params = job.parts === undefined ? {} : { jobs: job.parts.map((part) => part.job.name) };
    for (const { name, cmdlet, last } of job.bulk) {
      const { calls: listed } = await performBulk(job, name, { params, manifest: [], pages: () => [] });
      // One that goes by what was found has nothing to ask when that is nothing.
      expect(listed.map((call) => call.cmdlet)).toEqual(last ? [] : [cmdlet]);
    }
  });

  test("what it compares rows of two runs by are columns of its own, none of them twice, and not its findings", () => {
    const { key = [], who, facts = [], source } = job.comparison ?? {};
    const named = [...key, ...(who === undefined ? [] : [...who.ids, who.name]), ...facts];
    expect(new Set(named).size).toBe(named.length);
    expect(job.columns).toEqual(
      expect.arrayContaining([...named, ...(source === undefined ? [] : [source])]),
    );
    for (const judged of ["Finding", "Severity"]) expect(named).not.toContain(judged);
  });

  test("a judge of no rows reports none", () => {
    const judge = job.judge(job.params.parse({}));
    judge.observe([]);
    expect(judge.report([])).toEqual([]);
  });
});
