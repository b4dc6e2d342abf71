import { describe, expect, test } from "vitest";
import { quotaSweep } from "../../jobs/quota-sweep.ts";
import type { MailboxFact, SizeFact } from "../../src/emulator/cmdlet.ts";
import { type ExoRow, type FoundRow, type Row, UnusableReply } from "../../src/job/index.ts";
import { organisation, runEmulated } from "../support/emulated-run.ts";
import { findingsOf, judgeOf } from "../support/findings.ts";
import { type Answer, aMailbox, guid, performBulk, performJob } from "../support/perform-job.ts";

function truthOf(facts: Iterable<MailboxFact>): string[] {
  const line = (mailbox: string, store: string, opened: boolean, { used, quota }: SizeFact): string => {
    const share = opened && quota !== null ? Math.floor((used * 1000) / quota) / 10 : null;
    return JSON.stringify([mailbox, store, opened, opened ? used : null, quota, share]);
  };
  return [...facts].flatMap(({ mailboxGuid, opened, items, recoverable, archive }) => [
    line(mailboxGuid, "mailbox", opened, items),
    line(mailboxGuid, "recoverable-items", opened, recoverable),
    ...(archive === null ? [] : [line(mailboxGuid, "archive", opened, archive)]),
  ]);
}

function linesOf(rows: readonly FoundRow[]): string[] {
  return rows.map(({ row }) =>
    JSON.stringify([
      row["MailboxId"],
      row["Store"],
      row["Opened"],
      row["UsedBytes"],
      row["QuotaBytes"],
      row["Percent"],
    ]),
  );
}

test.each([
  ["a large run", 5_000, 0, 1, ["mailbox-full", "recoverable-items-full", "archive-full"]],
  ["a small run", 90, 100, 90, []],
])(
  "%s finds exactly how full the emulator's mailboxes are",
  async (_how, mailboxes, smallScope, listings, expected) => {
    const emulated = organisation(mailboxes);
    const { rows, calls } = await runEmulated(quotaSweep, emulated, { smallScope });
    const facts = [...emulated.mailboxFacts()];
    expect(linesOf(rows).toSorted()).toEqual(truthOf(facts).toSorted());
    const archives = facts.filter(({ archive }) => archive !== null).length;
    expect(calls.get("Get-MailboxStatistics")).toBe(mailboxes + archives);
    // Two more list the manifest.
    expect(calls.get("Get-Mailbox")).toBe(listings + 2);
    const findings = new Set(rows.map(({ row }) => String(row["Finding"]).split(":")[0]));
    expect([...findings]).toEqual(expect.arrayContaining(expected));
  },
);

const GB = 2 ** 30;
const LIMITS: ExoRow = {
  ExchangeGuid: guid(1),
  ProhibitSendReceiveQuota: `50 GB (${50 * GB} bytes)`,
  RecoverableItemsQuota: "30 GB (32,212,254,720 bytes)",
  ArchiveGuid: guid(5),
  ArchiveQuota: "Unlimited",
};
const STATISTICS: ExoRow = {
  ItemCount: 12,
  TotalItemSize: "25 GB (26,843,545,600 bytes)",
  DeletedItemCount: 3,
  TotalDeletedItemSize: "0 B (0 bytes)",
};

/** The rows people see of a mailbox with an archive, both sources together. */
async function seen(statistics: Answer, archive: Answer, limits: ExoRow = LIMITS): Promise<Row[]> {
  const mailbox = aMailbox({ hasArchive: true });
  const usage = await performJob(quotaSweep, {
    mailbox,
    answer: ({ parameters }) => (parameters["Archive"] === true ? archive : statistics),
  });
  const listed = await performBulk(quotaSweep, "limits", { manifest: [mailbox], pages: () => [[limits]] });
  const judge = judgeOf(quotaSweep, quotaSweep.params.parse({}));
  const rows = [...usage.rows, ...listed.rows];
  judge.observe(rows);
  return judge.report(rows).map(({ row }) => row);
}

describe("sizes and limits together", () => {
  test("are one row for each part of a mailbox, with its share", async () => {
    const rows = await seen([STATISTICS], [STATISTICS]);
    expect(rows).toMatchObject([
      {
        Store: "mailbox",
        Items: 12,
        UsedBytes: 25 * GB,
        QuotaBytes: 50 * GB,
        Percent: 50,
        AutoExpanding: null,
      },
      { Store: "recoverable-items", Items: 3, UsedBytes: 0, QuotaBytes: 30 * GB, Percent: 0 },
      { Store: "archive", UsedBytes: 25 * GB, QuotaBytes: null, Percent: null, AutoExpanding: false },
    ]);
    expect(rows[0]?.["Source"]).toBe("Get-Mailbox; Get-MailboxStatistics");
  });

  test("of a mailbox nobody ever opened are empty, not nothing", async () => {
    const never = { warnings: ["The user hasn't logged on to mailbox"] };
    expect(await seen(never, never)).toMatchObject([
      { Store: "mailbox", Opened: false, UsedBytes: null, QuotaBytes: 50 * GB, Percent: null, Finding: null },
      { Store: "recoverable-items", Opened: false, UsedBytes: null },
      { Store: "archive", Opened: false, UsedBytes: null },
    ]);
  });

  test("are unknown where one of them is missing", async () => {
    const { rows } = await performJob(quotaSweep, { answer: () => [STATISTICS] });
    const [first] = judgeOf(quotaSweep, quotaSweep.params.parse({})).report(rows);
    expect(first?.row).toMatchObject({
      UsedBytes: 25 * GB,
      QuotaBytes: "unknown",
      Percent: "unknown",
      Severity: "unknown",
    });
    const bare = await seen([STATISTICS], [STATISTICS], { ExchangeGuid: guid(1) });
    expect(bare.map((row) => [row["Store"], row["QuotaBytes"]])).toEqual([
      ["mailbox", "unknown"],
      ["recoverable-items", "unknown"],
      ["archive", "unknown"],
    ]);
  });
});

test("a mailbox without an archive is not asked for one", async () => {
  const { calls } = await performJob(quotaSweep, { answer: () => [STATISTICS] });
  expect(calls.map(({ parameters }) => parameters)).toEqual([{ Identity: guid(1) }]);
});

test.each<[Answer, RegExp]>([
  [[], /0 rows instead of one/],
  [[STATISTICS, STATISTICS], /2 rows instead of one/],
  [[{ ...STATISTICS, TotalItemSize: "a lot" }], /TotalItemSize is no size/],
  [[{ ...STATISTICS, ItemCount: null }], /ItemCount is no number/],
  [{ rows: [STATISTICS], errors: ["x"] }, /came with an error/],
])("statistics that cannot be trusted fail the mailbox: %j", async (answer, words) => {
  const performing = performJob(quotaSweep, { answer: () => answer });
  await expect(performing).rejects.toThrow(UnusableReply);
  await expect(performing).rejects.toThrow(words);
});

const row = (Store: string, used: number, more: Row = {}): Row => ({
  Store,
  UsedBytes: used,
  QuotaBytes: 1000,
  AutoExpanding: null,
  ...more,
});

test.each<[Row, object, string]>([
  [row("mailbox", 899), {}, ""],
  [row("mailbox", 900), {}, "medium mailbox-fills-up"],
  [row("mailbox", 949), {}, "medium mailbox-fills-up"],
  [row("mailbox", 950), {}, "medium mailbox-full"],
  [row("mailbox", 5_000), {}, "medium mailbox-full"],
  [row("mailbox", 800), { warnPercent: "80" }, "medium mailbox-fills-up"],
  [row("mailbox", 990, { QuotaBytes: null }), {}, ""],
  [row("mailbox", 0, { QuotaBytes: "unknown" }), {}, "unknown share-unknown"],
  [row("recoverable-items", 899), {}, ""],
  [row("recoverable-items", 900), {}, "medium recoverable-items-full"],
  [row("archive", 900), {}, "medium archive-fills-up"],
  [row("archive", 899), {}, ""],
  [row("archive", 999), {}, "medium archive-full"],
  [row("archive", 999, { AutoExpanding: true }), {}, ""],
  [row("archive", 920, { AutoExpanding: true }), {}, ""],
])("%j with %j is judged as %j", (facts, params, finding) => {
  expect(findingsOf(quotaSweep, facts, params)).toBe(finding);
});

test("a headline says how full which part is", () => {
  const facts = { Store: "archive", MailboxPrimarySmtp: "a@x.example", Percent: 97.1 };
  expect(quotaSweep.headline?.(facts)).toBe("archive of a@x.example is 97.1 % full");
  expect(quotaSweep.headline?.({ ...facts, Percent: "unknown" })).toBe(
    "archive of a@x.example is an unknown share full",
  );
});
