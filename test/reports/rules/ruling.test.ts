import { assert, constantFrom, dictionary, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { catalogue } from "../../../jobs/index.ts";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import {
  type Finding,
  type FoundRow,
  GRADES,
  type Job,
  type Row,
  SEVERITIES,
} from "../../../src/job/index.ts";
import { appliedRules, expiredSuppressions, idleSuppressions, Ruling } from "../../../src/reports/index.ts";
import type { Rules, SeenRow, Suppression } from "../../../src/reports/index.ts";
import { CASES } from "../../jobs/rules/cases.ts";
import { judgeOf } from "../../support/findings.ts";

function rulesWith(more: Partial<Rules>): Rules {
  return { file: "a/rules.yaml", sha256: "ab", jobs: {}, suppressions: [], today: "2026-11-22", ...more };
}

const SUPPRESSION: Suppression = {
  job: "permission-audit",
  rule: "external-access",
  mailbox: "sales@contoso.com",
  owner: "it@contoso.com",
  reason: "contract 12",
  expires: "2026-11-22",
};
const ROW: Row = {
  MailboxId: "0E7A-box",
  MailboxPrimarySmtp: "Sales@contoso.com",
  TrusteeId: "anna-id",
  TrusteeSid: "unknown",
  TrusteePrimarySmtp: "anna@partner.example",
};
const EXTERNAL: Finding = {
  rule: "external-access",
  severity: "critical",
  words: "a guest holds FullAccess",
};
const ORPHAN: Finding = { rule: "orphan-entry", severity: "low", words: "an account is gone" };

function seen(ruling: Ruling, findings: readonly Finding[] = [EXTERNAL, ORPHAN], row = ROW): SeenRow {
  return ruling.see({ about: 1, row, findings });
}

function rulingBy(...suppressions: readonly Partial<Suppression>[]): Ruling {
  const whole = suppressions.map((some) => ({ ...SUPPRESSION, ...some }));
  return new Ruling(permissionAudit, rulesWith({ suppressions: whole }));
}

function isSuppressed(by: Partial<Suppression>): boolean {
  return seen(rulingBy(by)).findings?.some(({ suppressedBy }) => suppressedBy !== undefined) ?? false;
}

describe("findings without rules of the user", () => {
  test("fill the cells, the most severe first", () => {
    const { row } = seen(new Ruling(permissionAudit, undefined), [ORPHAN, EXTERNAL]);
    expect(row).toEqual({
      ...ROW,
      Finding: "external-access: a guest holds FullAccess; orphan-entry: an account is gone",
      Severity: "critical",
    });
  });

  test("leave the cells empty where there are none, and alone where no rule has looked", () => {
    const ruling = new Ruling(permissionAudit, undefined);
    expect(seen(ruling, []).row).toEqual({ ...ROW, Finding: null, Severity: null });
    expect(ruling.see({ about: 1, row: ROW })).toEqual({ about: 1, row: ROW });
    expect(appliedRules(permissionAudit, ruling)).toBeUndefined();
  });
});

describe("a rule", () => {
  const judged = (word: Rules["jobs"][string]["rules"][string]): SeenRow => {
    const jobs = { "permission-audit": { parameters: {}, rules: { "external-access": word } } };
    return seen(new Ruling(permissionAudit, rulesWith({ jobs })));
  };

  test("that is off finds nothing", () => {
    expect(judged("off").row).toMatchObject({ Finding: "orphan-entry: an account is gone", Severity: "low" });
  });

  test("with another severity counts and stands by it", () => {
    const { row } = judged("info");
    expect(row).toMatchObject({ Finding: expect.stringMatching(/^orphan-entry: .*; external-access: /) });
    expect(row["Severity"]).toBe("low");
  });

  test("of the same name, but of another job, is left alone", () => {
    const jobs = { "folder-permission-audit": { parameters: {}, rules: { "orphan-entry": "off" as const } } };
    const { findings } = seen(new Ruling(permissionAudit, rulesWith({ jobs })));
    expect(findings?.map(({ rule }) => rule)).toEqual(["external-access", "orphan-entry"]);
  });
});

describe("parameters", () => {
  test("replace those of the run, and no others", () => {
    const jobs = { "permission-audit": { parameters: { hubMailboxes: 3 }, rules: {} } };
    const ruling = new Ruling(permissionAudit, rulesWith({ jobs }));
    expect(ruling.params({ hubMailboxes: 50, hubPercent: 1 })).toEqual({ hubMailboxes: 3, hubPercent: 1 });
  });
});

describe("a suppression", () => {
  test("keeps the finding in sight, but out of the severity", () => {
    const ruling = rulingBy({});
    expect(seen(ruling).row).toMatchObject({
      Finding: "orphan-entry: an account is gone; [suppressed] external-access: a guest holds FullAccess",
      Severity: "low",
    });
    expect(seen(ruling, [EXTERNAL]).row).toMatchObject({
      Finding: "[suppressed] external-access: a guest holds FullAccess",
      Severity: null,
    });
    expect(ruling.suppressed()).toEqual({ critical: 2 });
  });

  test.each<[Partial<Suppression>, boolean]>([
    [{ mailbox: "SALES@CONTOSO.COM" }, true],
    [{ mailbox: "0e7a-BOX" }, true],
    [{ mailbox: "sales@contoso.co" }, false],
    [{ trustee: "anna@partner.example" }, true],
    [{ mailbox: undefined, trustee: "ANNA-ID" }, true],
    [{ trustee: "eve@partner.example" }, false],
    [{ mailbox: "other@contoso.com", trustee: "anna-id" }, false],
    // A value that is not known is nobody's name.
    [{ mailbox: undefined, trustee: "unknown" }, false],
    [{ job: "folder-permission-audit" }, false],
    [{ rule: "hub" }, false],
    [{ expires: "2026-11-22" }, true],
    [{ expires: "2026-11-21" }, false],
  ])("%j suppresses: %j", (by, suppresses) => {
    expect(isSuppressed(by)).toBe(suppresses);
  });

  test("that is expired, or matches nothing, is said so", () => {
    const ruling = rulingBy({}, { expires: "2026-01-31", owner: "old" }, { mailbox: "gone@contoso.com" });
    seen(ruling);
    const applied = appliedRules(permissionAudit, ruling);
    expect(applied?.suppressions.map(({ state, findings }) => [state, findings])).toEqual([
      ["applied", 1],
      ["expired", 1],
      ["unmatched", 0],
    ]);
    expect(applied && idleSuppressions(applied)).toEqual([
      "expired on 2026-01-31: external-access of sales@contoso.com (owner old) hides nothing any more; 1 finding counts again",
      "matched nothing in this run: external-access of gone@contoso.com (owner it@contoso.com)",
    ]);
    expect(applied).toMatchObject({ file: "rules.yaml", sha256: "ab", judgedOn: "2026-11-22" });
  });

  test("that has expired is told also by who has not seen all rows", () => {
    const suppressions = [SUPPRESSION, { ...SUPPRESSION, expires: "2026-11-21", trustee: "anna-id" }];
    expect(expiredSuppressions(rulesWith({ suppressions }), "permission-audit")).toEqual([
      "expired on 2026-11-21: external-access of sales@contoso.com, anna-id (owner it@contoso.com) hides nothing any more",
    ]);
    expect(expiredSuppressions(rulesWith({ suppressions }), "quota-sweep")).toEqual([]);
  });

  test("beside one that is expired still holds", () => {
    const { findings } = seen(rulingBy({ expires: "2020-01-01" }, {}), [EXTERNAL]);
    expect(findings?.[0]?.suppressedBy?.expires).toBe("2026-11-22");
  });
});

const judging = catalogue.filter(({ rules }) => rules !== undefined);

/** All rows the rules are tried on, as one mailbox each. */
function judgedBy(job: Job, rules: Rules | undefined): readonly SeenRow[] {
  const groups = Object.values(CASES[job.name] ?? {}).flatMap(({ fires, silent, beside = [] }) =>
    [[fires, ...beside], [silent]].map((rows) => rows.map((row): FoundRow => ({ about: 1, row }))),
  );
  const ruling = new Ruling(job, rules);
  const judge = judgeOf(job, job.params.parse({}), ruling);
  for (const rows of groups) judge.observe(rows);
  return groups.flatMap((rows) => judge.report(rows));
}

/** Everything of a row but how severe its findings are, and in which order they stand for that. */
function withoutSeverity({ row, findings = [], ...found }: SeenRow): unknown {
  const { Finding: _, Severity: __, ...facts } = row;
  const told = findings.map(({ rule, words, suppressedBy }) => [rule, words, suppressedBy?.owner ?? ""]);
  return { ...found, facts, told: told.map(String).toSorted() };
}

test.each(judging)("another severity changes nothing of $name but severity", (job) => {
  const usual = judgedBy(job, undefined);
  const ids = (job.rules ?? []).map(({ id }) => id);
  const words = dictionary(constantFrom(...ids), constantFrom(...SEVERITIES));
  assert(
    property(words, (overridden) => {
      const rules = rulesWith({ jobs: { [job.name]: { parameters: {}, rules: overridden } } });
      const changed = judgedBy(job, rules);
      expect(changed.map(withoutSeverity)).toEqual(usual.map(withoutSeverity));
      for (const { row, findings = [] } of changed) {
        for (const { rule, severity } of findings)
          expect(severity).toBe(overridden[rule] ?? job.rules?.find(({ id }) => id === rule)?.severity);
        const worst = GRADES.find((grade) => findings.some(({ severity }) => severity === grade));
        expect(row["Severity"] ?? undefined).toBe(worst);
      }
    }),
    { numRuns: 50 },
  );
});
