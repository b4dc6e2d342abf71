import { expect, test } from "vitest";
import { sharedSignInSweep } from "../../jobs/shared-sign-in-sweep.ts";
import { type Row, UnusableReply } from "../../src/job/index.ts";
import { organisation, runEmulated } from "../support/emulated-run.ts";
import { findingsOf } from "../support/findings.ts";
import { aMailbox, guid, performBulk } from "../support/perform-job.ts";

test.each([
  ["a large run", 5_000, 0, 20],
  ["a small run", 90, 100, 0],
])(
  "%s finds exactly the emulator's mailboxes without a person, and who can sign in",
  async (_how, mailboxes, smallScope, allowed) => {
    const emulated = organisation(mailboxes);
    const { rows, calls } = await runEmulated(sharedSignInSweep, emulated, { smallScope });
    const truth = [...emulated.mailboxFacts()]
      .filter(({ mailboxType }) => mailboxType !== "UserMailbox")
      .map(({ mailboxGuid, canSignIn }) => `${mailboxGuid} ${canSignIn ? "allowed" : "blocked"}`);
    const found = rows.map(({ row }) => `${String(row["MailboxId"])} ${String(row["SignIn"])}`);
    expect(found.toSorted()).toEqual(truth.toSorted());
    expect(truth.filter((fact) => fact.endsWith("allowed")).length).toBeGreaterThanOrEqual(allowed);
    expect(calls.get("Get-Mailbox")).toBeLessThan(smallScope > 0 ? 90 : 5);
  },
);

const SHARED = { ExchangeGuid: guid(1), RecipientTypeDetails: "SharedMailbox" };

async function listed(rows: readonly object[]): Promise<readonly (readonly unknown[])[]> {
  const { rows: found, calls } = await performBulk(sharedSignInSweep, "shared-mailboxes", {
    manifest: [aMailbox({ type: "shared" }), aMailbox({ id: guid(2) })],
    pages: () => [rows.map((row) => ({ ...row }))],
    answer: () => [{ ...SHARED, AccountDisabled: true }],
  });
  return [
    ...found.map(({ about, row }) => [about, row["SignIn"], row["Licensed"]]),
    calls.map(({ cmdlet }) => cmdlet),
  ];
}

test("a person's mailbox is not asked for; one without a person that the listing lacks is", async () => {
  expect(await listed([])).toEqual([
    [1, "blocked", false],
    ["Get-Mailbox", "Get-Mailbox"],
  ]);
});

test("a mailbox that became a shared one since is a row, and one that became a person's is none", async () => {
  const person = { ...SHARED, RecipientTypeDetails: "UserMailbox", AccountDisabled: false };
  const converted = { ...SHARED, ExchangeGuid: guid(2), AccountDisabled: "False", SKUAssigned: true };
  expect(await listed([person, converted])).toEqual([[2, "allowed", true], ["Get-Mailbox"]]);
});

test("an answer without the state of the account is unknown, one that cannot be read fails", async () => {
  expect(await listed([SHARED])).toEqual([[1, "unknown", false], ["Get-Mailbox"]]);
  await expect(listed([{ ...SHARED, AccountDisabled: "no idea" }])).rejects.toThrow(UnusableReply);
});

const ROW: Row = {
  MailboxType: "shared",
  MailboxPrimarySmtp: "Box@x.example",
  SignIn: "allowed",
  Licensed: true,
};

test.each<[Row, object, string]>([
  [{}, {}, "high shared-sign-in"],
  [{ SignIn: "blocked" }, {}, ""],
  [{ Licensed: false }, {}, "high shared-sign-in unlicensed-sign-in"],
  [{ Licensed: false, SignIn: "blocked" }, {}, ""],
  [{ MailboxType: "room" }, {}, "high resource-sign-in"],
  [{ MailboxType: "room", SignIn: "blocked" }, {}, ""],
  [{ MailboxType: "room" }, { expected: "box@X.example" }, "info expected-sign-in"],
  [{ MailboxType: "room", SignIn: "blocked" }, { expected: "box@x.example" }, ""],
  [{ SignIn: "unknown" }, {}, "unknown sign-in-unknown"],
])("%j with %j is judged as %j", (row, params, finding) => {
  expect(findingsOf(sharedSignInSweep, { ...ROW, ...row }, params)).toBe(finding);
});

test("a headline says whose sign-in is how", () => {
  expect(sharedSignInSweep.headline?.(ROW)).toBe("sign-in to Box@x.example is allowed");
});
