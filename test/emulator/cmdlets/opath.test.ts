import { assert, constantFrom, letrec, oneof, property, string, tuple, type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import type { WireValue } from "../../../src/emulator/cmdlet.ts";
import { parseFilter, passes } from "../../../src/emulator/cmdlets/opath.ts";
import { tenant } from "../organisation/tenant.ts";

const VALUES: Readonly<Record<string, WireValue>> = {
  Name: { type: "plain", value: "O'Neil & Söhne" },
  Alias: { type: "plain", value: "abc" },
  Empty: { type: "plain", value: "" },
  Unset: { type: "plain", value: null },
  Flag: { type: "plain", value: true },
  Count: { type: "int32", value: 12 },
  Big: { type: "int64", value: 15394007230974001153n },
  List: { type: "strings", value: ["SMTP:abc@x.example", "sip:abc@x.example"] },
  Nobody: { type: "strings", value: [] },
  When: { type: "datetime", value: new Date("2024-05-22T08:00:00Z") },
};

function holds(filter: string): boolean {
  const known = new Map(Object.entries(VALUES).map(([name, value]) => [name.toLowerCase(), value]));
  return passes(
    parseFilter(filter, (name) => known.has(name.toLowerCase())),
    (name) => known.get(name.toLowerCase()),
  );
}

describe("a filter that holds", () => {
  test.each([
    "Alias -eq 'ABC'",
    'alias -EQ "abc"',
    "Alias -eq abc",
    "Name -eq 'o''neil & söhne'",
    "Alias -ne 'abd'",
    "Alias -ne $null",
    "Unset -eq $null",
    "Empty -eq $null",
    "Nobody -eq $null",
    "List -ne $null",
    "List -eq 'smtp:abc@x.example'",
    "List -like '*@x.example'",
    "Flag -eq $true",
    "Flag -eq 'True'",
    "Flag -ne $false",
    "Alias -like 'a*'",
    "Alias -like '*c'",
    "Alias -like '*b*'",
    "Alias -notlike 'b*'",
    "Count -gt 9",
    "Count -le 12",
    "Big -eq 15394007230974001153",
    "When -lt '2024-05-23'",
    "When -ge '05/22/2024 00:00:00Z'",
    "-not (Alias -eq 'x')",
    "!(Alias -eq 'x')",
    "Alias -eq 'x' -or Flag -eq $true -and Count -eq 12",
    "(Alias -eq 'x' -or Flag -eq $true) -and -not Unset -ne $null",
    "{Alias -eq 'abc'}",
    "((((Alias -eq 'abc'))))",
  ])("%s", (filter) => {
    expect(holds(filter)).toBe(true);
  });
});

test("and binds stronger than or", () => {
  expect(holds("Alias -eq 'abc' -or Alias -eq 'x' -and Alias -eq 'y'")).toBe(true);
  expect(holds("(Alias -eq 'abc' -or Alias -eq 'x') -and Alias -eq 'y'")).toBe(false);
});

describe("what is no filter is refused, and named", () => {
  test.each([
    ["Alias", "an operator is missing"],
    ["Alias -eq", "a value is missing"],
    ["-eq 'x'", "a property is missing"],
    ["Alias -eqq 'x'", "an operator is missing"],
    ["Alias -eq 'x' -and", "a property is missing"],
    ["(Alias -eq 'x'", "a closing parenthesis is missing"],
    ["Alias -eq 'x')", "more follows than one expression"],
    ["Alias -eq 'x' Alias -eq 'y'", "more follows than one expression"],
    ["Alias -eq 'x", "a quotation is not closed"],
    ["Secret -eq 'x'", '"Secret" is not a recognized filterable property'],
    [`${"(".repeat(500)}Alias -eq 'x'`, "nested too deeply"],
    [`Alias -eq 'x'${" -or Alias -eq 'x'".repeat(2000)}`, "the filter is too long"],
  ])("%#", (filter, reason) => {
    const { failure } = tenant().ask("Get-Mailbox", { Filter: filter });
    expect(failure).toMatchObject({ kind: "validation", subject: "Filter" });
    expect(failure?.detail).toContain(reason);
  });
});

interface Model {
  readonly text: string;
  readonly truth: boolean;
}

/** Filters with their truth, put together from small ones by rules of logic. */
const filters = letrec<{ any: Model; leaf: Model; and: Model; or: Model; not: Model }>((tie) => ({
  leaf: constantFrom({ text: "Alias -eq 'abc'", truth: true }, { text: "Unset -ne $null", truth: false }),
  and: join(tie("any"), tie("any"), "-and", (one, other) => one && other),
  or: join(tie("any"), tie("any"), "-or", (one, other) => one || other),
  not: tie("any").map(({ text, truth }) => ({ text: `-not (${text})`, truth: !truth })),
  any: oneof({ maxDepth: 6 }, tie("leaf"), tie("and"), tie("or"), tie("not")),
}));

function join(
  left: Arbitrary<Model>,
  right: Arbitrary<Model>,
  word: string,
  combine: (one: boolean, other: boolean) => boolean,
): Arbitrary<Model> {
  return tuple(left, right).map(([one, other]) => ({
    text: `(${one.text}) ${word} (${other.text})`,
    truth: combine(one.truth, other.truth),
  }));
}

test("nested filters mean what logic says", () => {
  assert(
    property(filters.any, ({ text, truth }) => {
      expect(holds(text)).toBe(truth);
    }),
    { numRuns: 500 },
  );
});

test("a quoted value is compared as it is, whatever it holds", () => {
  assert(
    property(string({ unit: "binary-ascii" }), (value) => {
      const quoted = `Name -eq '${value.replaceAll("'", "''")}'`;
      expect(
        passes(
          parseFilter(quoted, () => true),
          () => ({ type: "plain", value: value || null }),
        ),
      ).toBe(true);
    }),
  );
});

test("a hostile wildcard costs no more than a look at the text", () => {
  const pattern = `Alias -like '${"*a".repeat(500)}*b'`;
  const filter = parseFilter(pattern, () => true);
  const started = performance.now();
  expect(passes(filter, () => ({ type: "plain", value: "a".repeat(20_000) }))).toBe(false);
  expect(performance.now() - started).toBeLessThan(1000);
});
