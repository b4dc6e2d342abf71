import { describe, expect, test } from "vitest";
import { auditJudge, type Thresholds } from "../../../jobs/permission-audit/judge.ts";
import { type FoundRow, GRADES, type GroupReach, type JudgedRow, type Row } from "../../../src/job/index.ts";

const USUAL: Thresholds = { hubMailboxes: 50, hubPercent: 1, sensitive: [], manyPeople: 100 };

function row(facts: Row = {}, noise?: string): FoundRow {
  const cells: Row = {
    MailboxId: "box-1",
    MailboxPrimarySmtp: "sales@contoso.com",
    MailboxType: "shared",
    Right: "FullAccess",
    AccessRightsRaw: "FullAccess",
    Allow: true,
    Inherited: false,
    TrusteeRaw: "anna@contoso.com",
    TrusteeSid: "S-1-5-21-1-2-3-4",
    TrusteeId: "anna-id",
    TrusteeClass: "user",
    ReadAtUtc: "2026-05-04T03:02:01.000Z",
    Source: "Get-MailboxPermission",
    ...facts,
  };
  return noise === undefined ? { about: 1, row: cells } : { about: 1, noise, row: cells };
}

/** Judges mailboxes one after another, as a report does. */
function judge(
  mailboxes: readonly (readonly FoundRow[])[],
  thresholds: Partial<Thresholds> = {},
): JudgedRow[] {
  const judge = auditJudge({ ...USUAL, ...thresholds });
  for (const rows of mailboxes) judge.observe(rows);
  return mailboxes.flatMap((rows) => judge.report(rows));
}

/** Ids and severity of the first row's finding. */
function findingOf(rows: readonly FoundRow[], thresholds: Partial<Thresholds> = {}): [string[], unknown] {
  const found = judge([rows], thresholds)[0]?.findings ?? [];
  const worst = GRADES.find((grade) => found.some(({ severity }) => severity === grade));
  return [found.map(({ rule }) => rule), worst ?? null];
}

test.each([
  ["FullAccess of a guest", { TrusteeClass: "guest" }, ["external-access"], "critical"],
  [
    "SendAs of an outside account",
    { TrusteeClass: "external-account", Right: "SendAs" },
    ["external-access", "send-as-without-full-access"],
    "critical",
  ],
  ["SendOnBehalf of a guest", { TrusteeClass: "guest", Right: "SendOnBehalf" }, [], null],
  ["ReadPermission of a guest", { TrusteeClass: "guest", Right: "ReadPermission" }, [], null],
  ["FullAccess of a disabled account", { TrusteeClass: "disabled" }, ["disabled-account"], "high"],
  ["SendOnBehalf of a disabled account", { TrusteeClass: "disabled", Right: "SendOnBehalf" }, [], null],
  ["FullAccess of an orphan", { TrusteeClass: "orphan-sid" }, ["orphan-access"], "medium"],
  [
    "another right of an orphan",
    { TrusteeClass: "orphan-sid", Right: "DeleteItem" },
    ["orphan-entry"],
    "low",
  ],
  ["an explicit denial", { Allow: false }, ["explicit-deny"], "medium"],
  ["an explicit denial of a guest", { Allow: false, TrusteeClass: "guest" }, ["explicit-deny"], "medium"],
  ["FullAccess on a shared mailbox", {}, [], null],
  ["FullAccess on a user's mailbox", { MailboxType: "user" }, ["full-access-on-user-mailbox"], "medium"],
  ["SendAs alone on a shared mailbox", { Right: "SendAs" }, ["send-as-without-full-access"], "medium"],
  ["SendAs alone on a user's mailbox", { Right: "SendAs", MailboxType: "user" }, [], null],
  [
    "SendOnBehalf to nobody known",
    { Right: "SendOnBehalf", TrusteeClass: "unresolved" },
    ["delegate-unresolved"],
    "low",
  ],
  ["FullAccess of nobody known", { TrusteeClass: "unresolved" }, ["trustee-unresolved"], "unknown"],
  [
    "any right of a deleted account",
    { TrusteeClass: "soft-deleted", Right: "ReadPermission" },
    ["soft-deleted-trustee"],
    "low",
  ],
  [
    "FullAccess of a group",
    { TrusteeClass: "group" },
    ["group-members-unknown", "group-not-automapped"],
    "unknown",
  ],
  [
    "FullAccess of a group on a user's mailbox",
    { TrusteeClass: "group", MailboxType: "user" },
    ["full-access-on-user-mailbox", "group-members-unknown", "group-not-automapped"],
    "medium",
  ],
  ["the mailbox's own right", { TrusteeClass: "self", MailboxType: "user" }, [], null],
])("%s", (_what, facts, ids, severity) => {
  expect(findingOf([row(facts)])).toEqual([ids, severity]);
});

test("SendAs beside FullAccess on a shared mailbox is no finding", () => {
  const rows = judge([[row({ Right: "SendAs" }), row()]]);
  expect(rows.map(({ findings }) => findings)).toEqual([[], []]);
});

test("rights on a sensitive mailbox are high, by address or id in any case", () => {
  expect(findingOf([row()], { sensitive: ["sales@contoso.com"] })).toEqual([["sensitive-mailbox"], "high"]);
  expect(findingOf([row({ MailboxPrimarySmtp: "x" })], { sensitive: ["box-1"] })[0]).toEqual([
    "sensitive-mailbox",
  ]);
  expect(findingOf([row()], { sensitive: ["ceo@contoso.com"] })).toEqual([[], null]);
});

test("hidden rows have no finding and make nobody a hub", () => {
  const mailboxes = Array.from({ length: 60 }, () => [row({ TrusteeClass: "guest" }, "NR8")]);
  expect(new Set(judge(mailboxes).map(({ findings }) => findings))).toEqual(new Set([undefined]));
});

test.each([
  [50, 10_000, null],
  [51, 10_000, "the trustee holds FullAccess on 51 mailboxes"],
  [5, 500, null],
  [6, 500, "the trustee holds FullAccess on 6 mailboxes"],
  // A fifth of the tenant, but too few to mean anything.
  [4, 20, null],
])("FullAccess on %j of %j mailboxes: the finding is %j", (held, all, finding) => {
  const mailboxes = Array.from({ length: all }, (_, n) =>
    n < held
      ? [row({ MailboxId: `box-${n}` })]
      : [row({ TrusteeClass: "self", TrusteeSid: "S-1-5-10" }, "NR1")],
  );
  const [first] = judge(mailboxes);
  const found = finding === null ? [] : [{ rule: "hub", severity: "high", words: finding }];
  expect(first?.findings).toEqual(found);
});

test("a right told by two cmdlets is one row with both sources", () => {
  const rows = judge([
    [
      row({ Right: "SendAs", AccessRightsRaw: "FullAccess, SendAs", ReadAtUtc: "2026-05-04T03:02:09.000Z" }),
      row({ Right: "SendAs", AccessRightsRaw: "SendAs", Source: "Get-RecipientPermission" }),
    ],
  ]);
  expect(rows.map(({ row }) => [row["Source"], row["AccessRightsRaw"], row["ReadAtUtc"]])).toEqual([
    [
      "Get-MailboxPermission; Get-RecipientPermission",
      "FullAccess, SendAs; SendAs",
      "2026-05-04T03:02:01.000Z",
    ],
  ]);
});

test("both SELF entries of a mailbox become one", () => {
  const self = { TrusteeSid: "S-1-5-10", TrusteeId: null, TrusteeClass: "self" };
  const rows = judge([
    [row(self, "NR1"), row({ ...self, AccessRightsRaw: "FullAccess, ExternalAccount" }, "NR1")],
  ]);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    noise: "NR1",
    row: { AccessRightsRaw: "FullAccess; FullAccess, ExternalAccount" },
  });
});

test("an explicit entry wins over the inherited one it doubles", () => {
  const [merged, ...rest] = judge([[row({ Inherited: true }, "NR8"), row()]]);
  expect(rest).toEqual([]);
  expect(merged).toMatchObject({ row: { Inherited: false } });
  expect(merged?.noise).toBeUndefined();
});

test("a denial and a grant of one right stay two rows, and so do two trustees", () => {
  expect(judge([[row(), row({ Allow: false })]])).toHaveLength(2);
  expect(judge([[row(), row({ TrusteeSid: "S-1-5-21-1-2-3-5" })]])).toHaveLength(2);
});

test("unknown trustees are told apart by what the service called them", () => {
  const unknown = { TrusteeSid: "unknown", TrusteeId: "unknown" };
  expect(judge([[row({ ...unknown, TrusteeRaw: "A" }), row({ ...unknown, TrusteeRaw: "B" })]])).toHaveLength(
    2,
  );
  expect(judge([[row({ ...unknown, TrusteeRaw: "A" }), row({ ...unknown, TrusteeRaw: "a " })]])).toHaveLength(
    1,
  );
});

describe("a group's row", () => {
  const GROUP = row({ TrusteeClass: "group", TrusteeId: "Team-Id", ViaGroup: "unknown" });

  function judged(reach: Partial<GroupReach> | undefined) {
    const known = reach && { id: "team-id", people: 5, guests: 0, ...reach };
    const judge = auditJudge(USUAL, new Map(known === undefined ? [] : [["team-id", known]]));
    judge.observe([GROUP]);
    const [one] = judge.report([GROUP]);
    return { row: one?.row, rules: one?.findings?.map(({ rule, words }) => `${rule}: ${words}`) };
  }

  test("says how many people and guests come in by it, and nothing of what it goes through", () => {
    const { row, rules } = judged({ people: 100, guests: 2 });
    expect(row).toMatchObject({ GroupPeople: 100, GroupGuests: 2, ViaGroup: null, GroupPath: null });
    expect(rules).toEqual([
      "guests-through-group: the group gives FullAccess to 2 guests",
      "group-not-automapped: Outlook does not open the mailbox by itself for members of a group",
    ]);
  });

  test("says unknown where not all are known, with what is known in the finding", () => {
    const { row, rules } = judged({ people: 101, gap: "refused" });
    expect(row).toMatchObject({ GroupPeople: "unknown", GroupGuests: "unknown" });
    expect(rules?.slice(0, 2)).toEqual([
      "large-group: the group opens the mailbox to 101 people or more",
      "group-members-unknown: the group brings in 101 people or more: refused",
    ]);
    expect(judged(undefined).rules?.[0]).toBe(
      "group-members-unknown: how many people the group brings in has not been read",
    );
  });

  test("tells of everybody in it by itself: rows of theirs have no findings, make nobody a hub, and stay apart", () => {
    const person = row({ TrusteeClass: "group-member", ViaGroupId: "Team-Id", MailboxType: "user" });
    const other = row({ TrusteeClass: "group-member", ViaGroupId: "Other-Id", MailboxType: "user" });
    const rows = judge(
      Array.from({ length: 60 }, () => [row({ MailboxType: "shared" }), person, other]),
      {
        hubMailboxes: 100,
        hubPercent: 100,
      },
    );
    expect(rows).toHaveLength(180);
    expect(rows.slice(0, 3).map(({ findings }) => findings)).toEqual([[], [], []]);
  });
});
