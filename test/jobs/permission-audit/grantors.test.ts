/** Groups and deleted mailboxes as grantors: small tenants against the emulator's truth (`groups.test.ts` has a large one), and one by one. */
import { expect, test } from "vitest";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import { GRANTOR_SORTS, type GrantorSort } from "../../../src/emulator/cmdlet.ts";
import {
  type FoundRow,
  GRANTOR_TYPES,
  type Row,
  type TargetType,
  UnusableReply,
} from "../../../src/job/index.ts";
import { DEFAULT_TYPES } from "../../../src/runs/index.ts";
import { organisation, runEmulated } from "../../support/emulated-run.ts";
import { EVERY_TYPE, fact, heldFacts, heldTruth } from "../../support/permission-facts.ts";
import { aMailbox, aPrincipal, guid, performBulk, performJob } from "../../support/perform-job.ts";

test("200 mailboxes one by one, their groups and deleted ones: who holds what is exactly the truth", async () => {
  const emulated = organisation(200);
  const { rows, calls } = await runEmulated(permissionAudit, emulated, {
    smallScope: 1_000,
    types: EVERY_TYPE,
  });
  expect(heldFacts(rows).toSorted()).toEqual(heldTruth(emulated, GRANTOR_SORTS).toSorted());
  const types = new Set(rows.filter(({ noise }) => noise === undefined).map(({ row }) => row["MailboxType"]));
  expect([...types]).toEqual(expect.arrayContaining(["soft-deleted", "distribution-list"]));
  // Groups without a mailbox have no rights of one; deleted mailboxes have no SendAs.
  const asked = (sorts: readonly GrantorSort[]) =>
    new Set([...emulated.truth(sorts)].map(({ mailboxGuid }) => mailboxGuid)).size;
  expect(calls.get("Get-MailboxPermission")).toBe(
    asked(["mailboxes", "microsoft-365-groups", "soft-deleted"]),
  );
});

test("what is said of mailboxes is the same, whoever else is asked about", async () => {
  const shown = async (types: readonly TargetType[]): Promise<readonly Row[]> => {
    const { rows } = await runEmulated(permissionAudit, organisation(60), { types });
    return rows
      .map(({ row }) => row)
      .filter(({ MailboxType }) => DEFAULT_TYPES.some((type) => type === MailboxType));
  };
  expect(await shown([...DEFAULT_TYPES, ...GRANTOR_TYPES])).toEqual(await shown(DEFAULT_TYPES));
});

test("who comes to rights on groups by other groups is exactly the truth", async () => {
  const emulated = organisation(800);
  const types = ["distribution-list", "security-group", "dynamic-list"] as const;
  const { rows } = await runEmulated(permissionAudit, emulated, { params: { expand: "rows" }, types });
  const gaps = new Set(
    rows
      .filter(({ row }) => row["TrusteeClass"] === "group" && row["GroupPeople"] === "unknown")
      .map(({ row }) => row["TrusteeId"]),
  );
  const found = rows
    .filter(({ row }) => row["TrusteeClass"] === "group-member")
    .map(({ row }) => fact(row["MailboxId"], row["Right"], row["ViaGroupId"], row["TrusteeId"]));
  const truth = [...emulated.groupAccess(["groups"])]
    .filter(({ groupId }) => !gaps.has(groupId))
    .map(({ mailboxGuid, right, groupId, personId }) => fact(mailboxGuid, right, groupId, personId));
  expect(found.toSorted()).toEqual(truth.toSorted());
  expect(found.length).toBeGreaterThan(10);
});

const SELF = {
  Trustee: "NT AUTHORITY\\SELF",
  TrusteeSidString: "S-1-5-10",
  AccessRights: ["SendAs"],
  AccessControlType: "Allow",
};
const ANNA = aPrincipal({ name: "anna" });
const list = (more: Parameters<typeof aMailbox>[0] = {}) =>
  aMailbox({ id: guid(2), name: "staff", type: "distribution-list", ...more });
const sendAs = (Identity: string): Readonly<Record<string, string | string[]>> => ({
  ...SELF,
  Identity,
  Trustee: "anna@contoso.com",
  TrusteeSidString: ANNA.sid,
});

test("a group is never believed by the name it has in the listing, which may be a mailbox's old one", async () => {
  const { rows, calls } = await performBulk(permissionAudit, "send-as", {
    manifest: [aMailbox({ id: guid(1), name: "sales" }), list()],
    principals: [ANNA],
    // The mailbox that is `sales` today was called `staff` when the listing was made.
    pages: () => [[{ ...SELF, Identity: "staff" }, sendAs("staff")]],
    answer: ({ parameters }) =>
      parameters["Identity"] === guid(1) ? [{ ...SELF, Identity: "staff" }, sendAs("staff")] : [],
  });
  expect(rows.filter(({ noise }) => noise === undefined).map(({ about }) => about)).toEqual([1]);
  expect(calls.map(({ parameters }) => parameters["Identity"])).toEqual([undefined, guid(1), guid(2)]);
});

test("who may send as a deleted mailbox is not asked, and a row under its name is not its own", async () => {
  const { rows, calls, counts } = await performBulk(permissionAudit, "send-as", {
    manifest: [aMailbox({ id: guid(1), name: "gone", type: "soft-deleted" })],
    principals: [ANNA],
    pages: () => [[{ ...SELF, Identity: "gone" }, sendAs("gone")]],
  });
  expect(rows).toEqual([]);
  expect(calls).toHaveLength(1);
  expect(counts).toMatchObject({ "unknown-name": 2 });
});

test.each([
  ["distribution-list", "Get-DistributionGroup", {}],
  ["security-group", "Get-DistributionGroup", {}],
  ["dynamic-list", "Get-DynamicDistributionGroup", {}],
] as const)("a %s is asked for its delegates, and for nothing of a mailbox", async (type, cmdlet, more) => {
  const { rows, calls } = await performJob(permissionAudit, {
    mailbox: list({ type }),
    principals: [ANNA],
    answer: () => [{ Identity: "staff", GrantSendOnBehalfTo: ["anna"] }],
  });
  expect(calls.map((call) => [call.cmdlet, call.parameters])).toEqual([
    [cmdlet, { Identity: guid(2), ...more }],
  ]);
  expect(rows.map(({ row }) => [row["MailboxType"], row["Right"], row["TrusteeId"], row["Source"]])).toEqual([
    [type, "SendOnBehalf", ANNA.id, cmdlet],
  ]);
});

test("a group nobody's right on which is wanted is asked all the same: its outcome says that it is there", async () => {
  const performing = (answer: readonly object[]) =>
    performJob(permissionAudit, {
      mailbox: list(),
      params: { rights: "full-access" },
      answer: () => answer as never,
    });
  const { rows, calls } = await performing([{ Identity: "staff", GrantSendOnBehalfTo: ["anna"] }]);
  expect([rows, calls.length]).toEqual([[], 1]);
  await expect(performing([])).rejects.toThrow(UnusableReply);
});

test("a deleted mailbox is looked for among deleted ones", async () => {
  const { calls } = await performJob(permissionAudit, {
    mailbox: aMailbox({ type: "soft-deleted" }),
    small: true,
    answer: () => [],
  });
  expect(calls.map(({ cmdlet, parameters }) => [cmdlet, parameters["SoftDeletedMailbox"]])).toEqual([
    ["Get-MailboxPermission", true],
    ["Get-Mailbox", true],
  ]);
});

test("rights on deleted mailboxes make nobody a hub", async () => {
  const row = (n: number, MailboxType: string): FoundRow => ({
    about: n,
    row: {
      MailboxId: guid(n),
      MailboxType,
      Right: "FullAccess",
      Allow: true,
      Inherited: false,
      TrusteeSid: ANNA.sid,
      TrusteeId: ANNA.id,
      TrusteeClass: "user",
    },
  });
  const judge = permissionAudit.judge(permissionAudit.params.parse({ hubMailboxes: 5, hubPercent: 100 }));
  for (let n = 1; n <= 10; n += 1) judge.observe([row(n, n <= 3 ? "shared" : "soft-deleted")]);
  const rules = judge.report([row(1, "shared")]).flatMap(({ findings }) => findings ?? []);
  expect(rules.map(({ rule }) => rule)).not.toContain("hub");
});
