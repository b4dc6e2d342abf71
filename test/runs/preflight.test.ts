import { expect, test } from "vitest";
import { z } from "zod";
import { ExoError, type Exchange } from "../../src/exo/index.ts";
import { defineJob } from "../../src/job/index.ts";
import { estimate } from "../../src/runs/estimate.ts";
import { checkOffered, checkWrites, preflight, type PreflightParts } from "../../src/runs/preflight.ts";
import { changeTarget, mailboxTarget } from "../../src/runs/targets.ts";
import { freshJournal, newRun } from "../support/journal.ts";
import { aMailbox } from "../support/perform-job.ts";

const LISTED = ["Get-Mailbox", "Get-User", "Get-Group", "Get-Recipient"];
const GUID = "aaaaaaaa-0000-4000-8000-000000000001";

interface Wishes {
  /** What the service offers; an error: it offers nothing. */
  readonly offered: readonly string[] | ExoError;
  /** Cmdlets it refuses to run. */
  readonly refused?: readonly string[];
  readonly params?: object;
}

function failure(cmdlet: string, kind: ExoError["kind"], remedy: ExoError["remedy"]): ExoError {
  return new ExoError(`Cannot run ${cmdlet}: ${kind}`, { cmdlet, kind, remedy });
}

async function setup({ offered, refused = [], params = { deep: true } }: Wishes) {
  const journal = await freshJournal();
  await journal.createRun(newRun({ id: "r1" }));
  const tried: string[] = [];
  const warnings: string[] = [];
  const attempt = (cmdlet: string): void => {
    tried.push(cmdlet);
    if (refused.includes(cmdlet)) throw failure(cmdlet, "forbidden", "pause-run");
  };
  const exo: Exchange = {
    invoke: async (cmdlet) => {
      attempt(cmdlet);
      const rows = [{ ExchangeGuid: GUID }];
      return { rows, warnings: [], errors: [], requestId: undefined, sentAtMs: 0, answeredAtMs: 0 };
    },
    async *pages(cmdlet) {
      attempt(cmdlet);
      yield { rows: [], warnings: [], errors: [], requestId: undefined, sentAtMs: 0, answeredAtMs: 0 };
    },
    cmdlets: async () => {
      if (offered instanceof ExoError) throw offered;
      return offered;
    },
    load: { waiting: 0, inFlight: 0 },
    close: async () => undefined,
  };
  const job = defineJob({
    name: "test-job",
    summary: "Tests the check before a run",
    writes: false,
    params: z.object({ deep: z.boolean() }),
    columns: ["Text"],
    cmdlets: [
      { cmdlet: "Get-MailboxPermission", role: "View-Only Organization Management", per: "target" },
      { cmdlet: "Get-EXORecipientPermission", role: "Recipient Management", per: "tenant" },
      {
        cmdlet: "Get-InboxRule",
        role: "View-Only Organization Management",
        per: "target",
        wanted: ({ deep }) => deep,
      },
    ],
    naiveCallsPerTarget: 1,
    bulk: [],
    perform: async () => [],
    judge: () => ({ observe: () => undefined, report: (rows) => rows }),
  });
  const { signal } = new AbortController();
  const warn = (text: string): void => void warnings.push(text);
  const parts: PreflightParts = { exo, journal, job, params, run: "r1", signal, warn };
  return { parts, tried, warnings, journal };
}

test("a list that names everything costs no trial; Get-EXO* is there where its plain cmdlet is", async () => {
  const offered = [...LISTED, "get-mailboxpermission", "Get-RecipientPermission", "Get-InboxRule"];
  const { parts, tried, warnings } = await setup({ offered });
  await checkOffered(parts);
  expect([tried, warnings]).toEqual([[], []]);
});

test("everything that is missing and refused is named at once, with its role, before there is a manifest", async () => {
  const refused = ["Get-EXORecipientPermission", "Get-InboxRule"];
  const { parts, tried } = await setup({ offered: [...LISTED, "Get-MailboxPermission"], refused });
  await expect(checkOffered(parts)).rejects.toMatchObject({
    kind: "forbidden",
    remedy: "pause-run",
    message:
      "Cannot run Get-EXORecipientPermission, Get-InboxRule: the app has no role for them; Recipient Management is the least role group for Get-EXORecipientPermission; View-Only Organization Management is the least role group for Get-InboxRule",
  });
  expect(tried).toEqual(["Get-Mailbox", ...refused]);
});

test("one that is missing is named in the words people know", async () => {
  const offered = [...LISTED, "Get-MailboxPermission", "Get-InboxRule"];
  const { parts } = await setup({ offered, refused: ["Get-EXORecipientPermission"] });
  await expect(checkOffered(parts)).rejects.toThrow(
    "Cannot run Get-EXORecipientPermission: the app has no role for it; Recipient Management is the least role group that has one",
  );
});

test("what every run lists is needed too", async () => {
  const offered = [
    "Get-Mailbox",
    "Get-Recipient",
    "Get-MailboxPermission",
    "Get-RecipientPermission",
    "Get-InboxRule",
  ];
  const { parts } = await setup({ offered, refused: ["Get-User", "Get-Group"] });
  await expect(checkOffered(parts)).rejects.toThrow(/^Cannot run Get-User, Get-Group: the app has no role/);
});

test("the list alone stops nothing: what it does not name is tried, and works", async () => {
  const { parts, tried, warnings } = await setup({ offered: [...LISTED, "Get-MailboxPermission"] });
  await checkOffered(parts);
  expect(tried).toEqual(["Get-Mailbox", "Get-EXORecipientPermission", "Get-InboxRule"]);
  expect(warnings).toEqual([
    "Exchange's list of cmdlets the app may run does not name Get-EXORecipientPermission, Get-InboxRule, but no trial was refused: the run goes on",
  ]);
});

test("a cmdlet these parameters never send is not missed", async () => {
  const offered = [...LISTED, "Get-MailboxPermission", "Get-RecipientPermission"];
  const { parts, tried } = await setup({ offered, params: { deep: false } });
  await checkOffered(parts);
  expect(tried).toEqual([]);
});

const INSTEAD = "; each cmdlet is tried on one mailbox instead";

test.each<[string, Wishes["offered"], readonly string[]]>([
  ["is empty", [], []],
  ["does not come", failure("list", "timeout", "give-up"), [`Cannot run list: timeout${INSTEAD}`]],
  ["is refused", failure("list", "forbidden", "pause-run"), [`Cannot run list: forbidden${INSTEAD}`]],
])("a list that %s blocks nobody: the trial decides", async (_, offered, said) => {
  const { parts, tried, warnings, journal } = await setup({ offered, refused: ["Get-InboxRule"] });
  await checkOffered(parts);
  expect(tried).toEqual([]);
  expect(warnings).toEqual(said);
  await journal.addTargets("r1", [mailboxTarget(aMailbox({ id: GUID }), false)]);
  await expect(preflight(parts)).rejects.toThrow("Cannot run Get-InboxRule: the app has no role for it");
});

test("being told to stop is no trouble of the list", async () => {
  const { parts, warnings } = await setup({ offered: failure("cmdlet discovery", "stopped", "stopped") });
  await expect(checkOffered(parts)).rejects.toMatchObject({ remedy: "stopped" });
  expect(warnings).toEqual([]);
});

test("writes of a plan are never tried: the list decides, and all it lacks are named once", async () => {
  const { parts, tried, journal } = await setup({ offered: [] });
  const mailbox = aMailbox({ id: GUID });
  const planned = ["Set-Mailbox", "set-mailbox", "Enable-Mailbox", "Add-MailboxPermission"];
  await journal.addTargets(
    "r1",
    planned.map((cmdlet) => changeTarget(mailbox, { cmdlet, parameters: {} })),
  );
  await checkWrites(parts, new Set(["set-mailbox", "enable-mailbox", "add-mailboxpermission"]));
  await expect(checkWrites(parts, new Set(["enable-mailbox"]))).rejects.toThrow(
    /^Cannot run Set-Mailbox, Add-MailboxPermission: the app has no role for them; Recipient Management is the least role group for Set-Mailbox, Add-MailboxPermission \(if it is misspelt, cancel the run and apply the corrected plan; if Exchange's list of cmdlets is wrong, set api\.discovery to false\)$/,
  );
  expect(tried).toEqual([]);
});

test("what never travels in a batch is a request each in the estimate", async () => {
  const { parts } = await setup({ offered: [] });
  const cmdlets = [
    { cmdlet: "Get-EXOMailboxPermission", role: "View-Only Organization Management", per: "target" as const },
    { cmdlet: "Get-InboxRule", role: "View-Only Organization Management", per: "target" as const },
  ];
  const job = { ...parts.job, cmdlets };
  const byType = new Map([["user", 5_000] as const]);
  const facts = { job, params: {}, tenant: "t", scope: "all", byType, lastPerSecond: undefined };
  const plan = estimate({ ...facts, small: false });
  expect(plan.calls.at(-2)).toEqual({
    cmdlet: "Get-EXOMailboxPermission",
    count: 5_000,
    how: "one per mailbox, each a request of its own",
  });
  // 25 pages of listings, 5,000 by themselves, 5,000 by ten.
  expect(plan.requests).toBe(25 + 5_000 + 500);
});

test("after a death over a trial another mailbox is tried, after three deaths none", async () => {
  const { parts, tried, warnings, journal } = await setup({ offered: LISTED });
  const mailboxes = [1, 2, 3].map((n) =>
    mailboxTarget(aMailbox({ id: `aaaaaaaa-0000-4000-8000-00000000000${n}`, name: `m${n}` }), false),
  );
  await journal.addTargets("r1", mailboxes);
  const asked: unknown[] = [];
  const exo: Exchange = {
    ...parts.exo,
    pages: (_, parameters) => {
      asked.push(Object.values(parameters)[0]);
      // The process dies here: nothing comes back, and nothing is tidied up.
      return { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
    },
  };
  const dying = { ...parts, exo, params: { deep: false } };
  for (let death = 0; death < 3; death += 1) {
    void preflight(dying);
    await expect.poll(() => asked.length).toBe(2 * (death + 1));
  }
  await preflight(parts);
  expect(asked.filter((id) => id !== 1)).toEqual(mailboxes.map(({ id }) => id));
  expect(tried).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/3 workers died/)]);
});

test("a trial that was refused counts as no death", async () => {
  const { parts, journal } = await setup({ offered: LISTED, refused: ["Get-EXORecipientPermission"] });
  for (let time = 0; time < 5; time += 1)
    await expect(preflight(parts)).rejects.toThrow(/Recipient Management/);
  expect(await journal.note("r1", "preflight trials")).toBe(0);
});
