import { describe, expect, test } from "vitest";
import { catalogue } from "../../../jobs/index.ts";
import type { Job, Row } from "../../../src/job/index.ts";
import { CASES, type RuleCase } from "./cases.ts";

const judging = catalogue.filter(({ rules }) => rules !== undefined);

test("exactly the jobs with findings have rules", () => {
  const withFindings = catalogue.filter(({ columns, parts }) => columns.includes("Finding") && !parts);
  expect(judging).toEqual(withFindings);
  expect(judging.length).toBeGreaterThan(8);
});

/** Rules that fire on a row; a hub is one on two mailboxes. */
function firing(
  job: Job,
  row: Row,
  { params = {}, reach }: RuleCase,
  beside: readonly Row[],
  id: string,
): string[] {
  const read = row === CASES[job.name]?.[id]?.fires ? reach?.fires : reach?.silent;
  const reaches = new Map(read === undefined ? [] : [[read.id, read]]);
  const judge = job.judge(job.params.parse(params), reaches);
  const rows = [row, ...beside].map((facts) => ({ about: 1, row: facts }));
  judge.observe(rows);
  if (id === "hub" && row === CASES[job.name]?.[id]?.fires) judge.observe(rows);
  const [first] = judge.report(rows);
  return (first?.findings ?? []).map(({ rule }) => rule);
}

describe.each(judging)("$name", (job) => {
  const cases = CASES[job.name] ?? {};
  const rules = job.rules ?? [];

  test("has a row for each of its rules, and for no other", () => {
    expect(Object.keys(cases).toSorted()).toEqual(rules.map(({ id }) => id).toSorted());
  });

  test.each(Object.entries(cases))("%s fires on its row, and not on the one beside it", (id, of) => {
    expect(firing(job, of.fires, of, of.beside ?? [], id)).toContain(id);
    expect(firing(job, of.silent, of, [], id)).not.toContain(id);
  });

  test("each rule is named once, says why without names, and goes by parameters there are", () => {
    const ids = rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const parameters = Object.keys(job.params.parse({}) ?? {});
    for (const { id, why, parameters: own = [] } of rules) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(why).toMatch(/^\S.{10,140}[^.]$/);
      expect(parameters).toEqual(expect.arrayContaining([...own]));
    }
  });

  test("whoever can be named to suppress a finding stands in columns of its own", () => {
    expect(job.columns).toEqual(expect.arrayContaining([...(job.principalColumns ?? [])]));
  });
});
