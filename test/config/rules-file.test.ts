import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type KnownRules, parseRulesFile, SettingsError } from "../../src/config.ts";

const KNOWN: KnownRules<"high" | "low"> = {
  severities: ["high", "low"],
  jobs: [
    {
      name: "audit",
      rules: ["hub", "guest"],
      parameters: ["limit"],
      tellsOfPrincipals: true,
      check: ({ limit }) =>
        limit === undefined || typeof limit === "number"
          ? []
          : [{ path: ["limit"], message: "expected a number" }],
    },
    { name: "sweep", rules: ["open"], parameters: [], tellsOfPrincipals: false, check: () => [] },
  ],
};

const WHOLE = `jobs:
  audit:
    parameters: { limit: 7 }
    rules:
      hub: low
      guest: off
suppressions:
  - job: audit
    rule: guest
    mailbox: sales@contoso.com
    trustee: anna@partner.example
    owner: it@contoso.com
    reason: contract 12
    expires: 2027-01-31
`;

function mistakes(text: string): readonly string[] {
  try {
    parseRulesFile(Buffer.from(text), "rules.yaml", KNOWN);
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes;
    throw error;
  }
  return [];
}

function suppression(...changes: readonly (readonly [from: string | RegExp, to: string])[]): string {
  return changes.reduce((text, [from, to]) => text.replace(from, to), WHOLE);
}

describe("a rules file", () => {
  test("is read as it is written, with its digest", () => {
    expect(parseRulesFile(Buffer.from(WHOLE), "rules.yaml", KNOWN)).toEqual({
      file: "rules.yaml",
      sha256: createHash("sha256").update(WHOLE).digest("hex"),
      jobs: { audit: { parameters: { limit: 7 }, rules: { hub: "low", guest: "off" } } },
      suppressions: [
        {
          job: "audit",
          rule: "guest",
          mailbox: "sales@contoso.com",
          trustee: "anna@partner.example",
          owner: "it@contoso.com",
          reason: "contract 12",
          expires: "2027-01-31",
        },
      ],
    });
  });

  test("may be empty", () => {
    expect(parseRulesFile(Buffer.from("# nothing yet\n"), "rules.yaml", KNOWN)).toMatchObject({
      jobs: {},
      suppressions: [],
    });
  });

  test.each([
    ["jobs: { adit: {} }", "line 1: jobs.adit: no job with rules: these are audit, sweep"],
    [
      "jobs: { audit: { rules: { hubb: low } } }",
      "line 1: jobs.audit.rules.hubb: no rule of audit: its rules are hub, guest",
    ],
    ["jobs: { audit: { rules: { hub: hgih } } }", "line 1: jobs.audit.rules.hub: expected high, low, off"],
    [
      "jobs: { audit: { rules: { hub: false } } }",
      "line 1: jobs.audit.rules.hub: expected a string, got a boolean",
    ],
    [
      "jobs: { audit: { parameters: { rights: x } } }",
      "line 1: jobs.audit.parameters.rights: no parameter that rules of audit go by: these are limit",
    ],
    [
      "jobs: { sweep: { parameters: { x: 1 } } }",
      "line 1: jobs.sweep.parameters.x: no parameter that rules of sweep go by: there are none",
    ],
    [
      "jobs: { audit: { parameters: { limit: many } } }",
      "line 1: jobs.audit.parameters.limit: expected a number",
    ],
    ["rules: {}", "line 1: rules: unknown key"],
    [
      suppression(["rule: guest", "rule: geust"]),
      "line 9: suppressions[0].rule: no rule of audit: its rules are hub, guest",
    ],
    [
      suppression(["- job: audit", "- job: adit"]),
      "line 8: suppressions[0].job: no job with rules: these are audit, sweep",
    ],
    [suppression([/ {4}owner.*\n/, ""]), "line 8: suppressions[0].owner: missing: expected a string"],
    [suppression([/ {4}reason.*\n/, ""]), "line 8: suppressions[0].reason: missing: expected a string"],
    [
      suppression([/ {4}expires.*\n/, ""]),
      "line 8: suppressions[0].expires: expected a day such as 2027-01-31: the last one it holds, in UTC",
    ],
    [
      suppression(["2027-01-31", "2027-02-30"]),
      "line 14: suppressions[0].expires: expected a day such as 2027-01-31: the last one it holds, in UTC",
    ],
    [
      suppression(["2027-01-31", "never"]),
      "line 14: suppressions[0].expires: expected a day such as 2027-01-31: the last one it holds, in UTC",
    ],
    [
      suppression(["- job: audit", "- job: sweep"], ["rule: guest", "rule: open"]),
      "line 11: suppressions[0].trustee: rows of sweep tell of mailboxes only: name the mailbox",
    ],
    [
      suppression([/ {4}mailbox.*\n/, ""], [/ {4}trustee.*\n/, ""]),
      "line 8: suppressions[0]: expected mailbox or trustee, or both; a rule is switched off for all with jobs: JOB: rules: RULE: off",
    ],
  ])("%j is refused", (text, mistake) => {
    expect(mistakes(text)).toContain(mistake);
  });

  test("that is not UTF-8 is refused, and one with a byte order mark is not", () => {
    const latin = Buffer.from("# Müller\n", "latin1");
    expect(() => parseRulesFile(latin, "rules.yaml", KNOWN)).toThrow("line 1: expected UTF-8");
    expect(mistakes(`\u{feff}${WHOLE}`)).toEqual([]);
  });

  test("names all that is wrong at once", () => {
    expect(mistakes("jobs:\n  audit: { rules: { x: low } }\n  other: {}\n")).toHaveLength(2);
  });
});
