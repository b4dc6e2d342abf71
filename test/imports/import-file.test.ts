import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { permissionAudit } from "../../jobs/permission-audit.ts";
import { importFile } from "../../src/imports/index.ts";
import type { Journal, RunRecord, StoredRow } from "../../src/journal/index.ts";
import {
  comparable,
  compareRuns,
  completenessOf,
  type LookUp,
  whatCanAccess,
  whoCanAccess,
} from "../../src/reports/index.ts";
import { RunDirectory } from "../../src/runs/index.ts";
import { grant, recordAudit } from "../support/access-runs.ts";
import { freshJournal } from "../support/journal.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const TAKEN = Date.UTC(2026, 10, 20);
const ANNA = { id: "anna-id", sid: "S-1-5-21-1-2-3-4", displayName: "Anna A", primarySmtp: "anna@x.example" };
const BERT = { id: "bert-id", sid: "S-1-5-21-1-2-3-5", displayName: "Bert B", primarySmtp: "bert@x.example" };
const SALES = "11111111-1111-4111-8111-000000000001";
const HR = "11111111-1111-4111-8111-000000000002";
const HEAD = "Mailbox,User,AccessRights";

let journal: Journal;
let directory: string;

beforeEach(async () => {
  journal = await freshJournal();
  directory = mkdtempSync(join(tmpdir(), "exosweep-imports-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
});

function file(lines: readonly string[], name = "file.csv"): string {
  const path = join(directory, name);
  writeFileSync(path, lines.map((line) => `${line}\r\n`).join(""));
  return path;
}

function imported(path: string, over: Partial<Parameters<typeof importFile>[0]> = {}) {
  return importFile({
    journal,
    job: permissionAudit,
    path,
    as: undefined,
    encoding: undefined,
    tenant: "contoso",
    tenantId: "contoso",
    takenAtMs: TAKEN,
    skipBadLines: false,
    signal: new AbortController().signal,
    nowMs: NOW,
    ...over,
  });
}

function realRun(id: string, rows = [grant(ANNA)]): Promise<void> {
  return recordAudit(journal, {
    id,
    mailboxes: [
      { id: SALES, address: "sales@x.example", rows },
      { id: HR, address: "hr@x.example" },
    ],
    people: [ANNA, BERT],
  });
}

async function rowsOf({ id }: RunRecord): Promise<readonly StoredRow[]> {
  const rows: StoredRow[] = [];
  for await (const some of journal.rows(id)) rows.push(...some);
  return rows;
}

const lookUp = (): LookUp => ({
  journal,
  catalogue: [permissionAudit],
  tenant: "contoso",
  findIn: (run) => new RunDirectory(run, journal, undefined),
});

async function changes(before: string, after: string): Promise<readonly string[]> {
  const [one, other] = [await journal.run(before), await journal.run(after)];
  if (one === undefined || other === undefined) throw new Error("Cannot compare: a run is missing");
  const runs = comparable(one, other, permissionAudit);
  if ("fact" in runs) throw new Error(runs.fact);
  const found: string[] = [];
  for await (const { target, changes } of (await compareRuns({ journal, runs })).changes())
    for (const { kind, row, detail } of changes)
      found.push(
        [
          kind,
          target.label,
          row?.["Right"] ?? "-",
          row?.["TrusteeDisplayName"] ?? row?.["TrusteeRaw"] ?? "-",
          detail,
        ]
          .join(" ")
          .trim(),
      );
  return found;
}

const FILE = [
  HEAD,
  "sales@x.example,anna@x.example,Full Access",
  "hr@x.example,None,None",
  "sales@x.example,bert@x.example,Send As",
];

test("a file is a complete run that verifies, with a row for each grant and a target for each mailbox it names", async () => {
  const { run, rights, namesFrom } = await imported(file(FILE));
  expect(run).toMatchObject({ job: "permission-audit", state: "complete", rows: 2, outcomes: { ok: 3 } });
  expect(run.manifest?.count).toBe(3);
  expect({ rights, namesFrom }).toEqual({ rights: ["full-access", "send-as"], namesFrom: undefined });
  expect(run.scope).toMatchObject({ kind: "imported", as: "fasttrack", file: "file.csv" });
  expect(completenessOf(run)).toMatchObject({ complete: true });
  expect((await journal.verify(run.id)).problems).toEqual([]);
  expect(await rowsOf(run)).toMatchObject([
    {
      row: {
        MailboxId: "address:sales@x.example",
        MailboxPrimarySmtp: "sales@x.example",
        Right: "FullAccess",
        TrusteeRaw: "anna@x.example",
        TrusteePrimarySmtp: "anna@x.example",
        TrusteeId: "unknown",
        TrusteeClass: "unknown",
        ReadAtUtc: "2026-11-20T00:00:00.000Z",
        Source: "Get-MailboxPermission",
      },
    },
    { row: { Right: "SendAs", Source: "Get-RecipientPermission" } },
  ]);
  expect(run.counts).toEqual({ "mailbox-by-address": 2, "holder-by-address": 2 });
});

test("addresses become the ids of a run that has read the tenant", async () => {
  await realRun("real");
  const { run, namesFrom } = await imported(file(FILE));
  expect(namesFrom).toBe("real");
  expect(run.counts).toEqual({});
  expect(
    (await rowsOf(run)).map(({ row }) => [row["MailboxId"], row["TrusteeId"], row["TrusteeClass"]]),
  ).toEqual([
    [SALES, "anna-id", "user"],
    [SALES, "bert-id", "user"],
  ]);
});

test("whom that run does not know is said, by what the file calls them", async () => {
  await realRun("real");
  const { run, unresolved } = await imported(
    file([
      "User,Mailbox address,Mailbox type,Access Rights",
      "anna@x.example,new@x.example,UserMailbox,FullAccess",
      "gone@x.example,sales@x.example,UserMailbox,FullAccess",
      "Nobody N,sales@x.example,UserMailbox,FullAccess",
    ]),
  );
  expect(unresolved).toEqual({ mailboxes: ["new@x.example"], holders: ["gone@x.example", "Nobody N"] });
  expect(run.counts).toMatchObject({ "mailbox-by-address": 1, "holder-by-address": 1, "holder-by-name": 1 });
});

test("who has access is answered from files alone, from either side, and says that there may be more", async () => {
  const { run } = await imported(file(FILE));
  const who = await whoCanAccess(lookUp(), "SALES@x.example");
  expect(who.accesses.map(({ holder, right }) => [holder.address, right])).toEqual([
    ["anna@x.example", "FullAccess"],
    ["bert@x.example", "SendAs"],
  ]);
  expect(who.complete).toBe(false);
  expect(who.notes.join("\n")).toContain(`run ${run.id} is the file file.csv (fasttrack)`);
  const what = await whatCanAccess(lookUp(), "bert@x.example");
  expect(what.accesses.map(({ mailbox, right }) => [mailbox.address, right])).toEqual([
    ["sales@x.example", "SendAs"],
  ]);
  expect(what.complete).toBe(false);
  expect(what.accesses[0]?.since.at).toBe("2026-11-20T00:00:00.000Z");
});

test("a file from before a run tells since when, also of mailboxes and people the run knows by id", async () => {
  await realRun("real");
  await imported(file(FILE));
  const { accesses } = await whatCanAccess(lookUp(), "anna@x.example");
  expect(accesses).toMatchObject([{ run: "real", since: { at: "2026-11-20T00:00:00.000Z" } }]);
});

test("what a file does not tell is unknown beside a run, not gone: other mailboxes, other rights, denied ones", async () => {
  await realRun("real", [
    grant(ANNA),
    grant(BERT, { Right: "SendOnBehalf", Source: "Get-Mailbox" }),
    grant(BERT, { Right: "ReadPermission" }),
    grant(BERT, { Allow: false }),
  ]);
  const { run } = await imported(file([HEAD, "sales@x.example,bert@x.example,Send As"]), {
    rights: ["full-access", "send-as"],
  });
  expect(await changes("real", run.id)).toEqual([
    "added sales@x.example SendAs Bert B",
    "removed sales@x.example FullAccess Anna A",
    expect.stringMatching(
      /^unknown sales@x.example SendOnBehalf Bert B run \w+ was not asked for Get-Mailbox$/,
    ),
    expect.stringMatching(
      /^unknown sales@x.example ReadPermission Bert B not told by run .* ReadPermission$/,
    ),
    expect.stringMatching(/^unknown sales@x.example FullAccess Bert B not told by run .* denied rights$/),
    expect.stringMatching(/^unknown hr@x.example - - run \w+ was not about this mailbox$/),
  ]);
});

test("a row that a file and a run both have is the same row", async () => {
  await realRun("real", [grant(ANNA), grant(BERT, { Right: "SendAs", Source: "Get-RecipientPermission" })]);
  const { run } = await imported(file(FILE));
  expect(await changes("real", run.id)).toEqual([]);
  expect(await changes(run.id, "real")).toEqual([]);
});

test("two files are compared by what they call people", async () => {
  const one = await imported(file(FILE));
  const two = await imported(
    file([
      '"Grantor Primary SMTP";"Grantor Recipient Type";"Permission";"Allow/Deny";"Trustee Original Identity";"Trustee Primary SMTP"',
      '"Sales@x.example";"UserMailbox/UserMailbox";"FullAccess";"Allow";"Anna A";"Anna@x.example"',
      '"sales@x.example";"UserMailbox/UserMailbox";"FullAccess";"Allow";"S-1-5-21-9-9-9-9";""',
    ]),
    { takenAtMs: NOW },
  );
  expect(await changes(one.run.id, two.run.id)).toEqual([
    // A SID has no address, so the other tool would not have told of it.
    expect.stringMatching(
      /^unknown Sales@x.example FullAccess unknown not told by run .* without an address$/,
    ),
    expect.stringMatching(/^unknown Sales@x.example SendAs unknown run \w+ was not asked for/),
    expect.stringMatching(/^unknown hr@x.example - - run \w+ was not about this mailbox$/),
  ]);
});

test("bad lines are named, all at once, and nothing is recorded", async () => {
  const path = file([
    ...FILE,
    "sales,anna@x.example,Full Access",
    "sales@x.example,anna@x.example",
    "a@x,b@x,Owner",
  ]);
  await expect(imported(path)).rejects.toMatchObject({
    name: "ImportError",
    message: [
      'Cannot import "file.csv": 3 of its lines cannot be read:',
      "  line 5: expected an address in Mailbox",
      "  line 6: expected 3 cells, not 2; is one not in quotes?",
      "  line 7: expected Full Access, Send As, SendOnBehalfTo or Calendar Folder",
    ].join("\n"),
    advice: expect.stringContaining("--skip-bad-lines"),
  });
  expect(await journal.runs()).toEqual([]);
});

test("bad lines that are left out leave their mailboxes unread, and where they name none, all of them", async () => {
  await realRun("real");
  const named = await imported(
    file([HEAD, "sales@x.example,bert,Send As", "hr@x.example,bert@x.example,Send As"]),
    {
      skipBadLines: true,
    },
  );
  expect(named.run).toMatchObject({ state: "complete_with_failures", outcomes: { ok: 2, failed: 1 } });
  expect(await changes("real", named.run.id)).toContainEqual(
    expect.stringMatching(/^unknown sales@x.example FullAccess Anna A/),
  );
  const unnamed = await imported(file([HEAD, "?,bert@x.example,Send As", "sales@x.example,None,None"]), {
    skipBadLines: true,
    rights: ["full-access", "send-as", "send-on-behalf"],
  });
  expect(unnamed.run).toMatchObject({ state: "complete_with_failures", counts: { "bad-lines": 1 } });
  expect(await changes("real", unnamed.run.id)).toContainEqual(
    expect.stringMatching(
      /^unknown sales@x.example FullAccess Anna A 1 lines of the file .* could not be read$/,
    ),
  );
  expect((await whoCanAccess(lookUp(), "sales@x.example")).accesses).toMatchObject([
    { holder: { displayName: "Anna A" } },
  ]);
});

test("a file with more bad lines than that is not what it seems to be", async () => {
  const path = file([HEAD, ...Array.from({ length: 1_500 }, (_, n) => `${n},x,y`)]);
  await expect(imported(path, { skipBadLines: true })).rejects.toThrow("more than 1000 of its lines");
  expect(await journal.runs()).toEqual([]);
});

test("an empty file, one without lines, and one without a right on a mailbox say nothing", async () => {
  await expect(imported(file([]))).rejects.toThrow("it is empty");
  await expect(imported(file([HEAD]))).rejects.toThrow("there is nothing below its header");
  await expect(imported(file([HEAD, "a@x,b@x,Calendar Folder"]))).rejects.toThrow(
    "no line of it tells of a right on a mailbox",
  );
});

test("a right nobody has told us about, and the rest of an entry, come through", async () => {
  await realRun("real");
  const { run } = await imported(
    file([
      "User,User Sid,Mailbox address,Mailbox type,Is soft-deleted,Access Rights",
      ...["constructor", "__proto__", "ExternalAccount"].map(
        (right) => `FABRIKAM\\svc,S-1-5-21-7-7-7-7,sales@x.example,UserMailbox,False,${right}`,
      ),
    ]),
  );
  const rows = await rowsOf(run);
  expect(rows.map(({ row }) => [row["Right"], row["TrusteeClass"], row["Source"]])).toEqual(
    ["constructor", "__proto__", "ExternalAccount"].map((right) => [
      right,
      "external-account",
      "Get-MailboxPermission",
    ]),
  );
});

test("files that were put one behind another are one, headers and byte order marks and all", async () => {
  const { run, left } = await imported(
    file([
      ...FILE,
      HEAD,
      "it@x.example,anna@x.example,Full Access",
      `\u{feff}"Mailbox","User","AccessRights"`,
    ]),
  );
  expect(left).toEqual({ "headers of other files": 2 });
  expect(run).toMatchObject({ state: "complete", rows: 3 });
});

test("the same file is imported once", async () => {
  const first = await imported(file(FILE));
  const second = await imported(file(FILE));
  expect([second.again, second.run.id]).toEqual([true, first.run.id]);
  await realRun("real");
  expect((await imported(file(FILE))).again).toBe(false);
});

test("when it was true: its name, where it was changed long after; else its last change", async () => {
  const changed = file(FILE);
  utimesSync(changed, 0, Date.UTC(2026, 9, 1) / 1_000);
  const ofChange = await imported(changed, { takenAtMs: undefined });
  expect(new Date(ofChange.takenAtMs).toISOString()).toBe("2026-10-01T00:00:00.000Z");
  const named = file(FILE, "2026-01-02_03-04-05_MailboxPermissions.csv");
  const ofName = await imported(named, { takenAtMs: undefined });
  expect(new Date(ofName.takenAtMs).toISOString()).toBe("2026-01-02T03:04:05.000Z");
});

test("an import stands in no other run's way, and no worker sees it", async () => {
  await journal.createRun({
    id: "dead",
    job: "permission-audit",
    tenant: "contoso",
    tenantId: "contoso",
    params: {},
    scope: { kind: "imported" },
    naiveCallsPerTarget: 0,
    imported: true,
  });
  expect(await journal.openRuns()).toEqual([]);
  await realRun("real");
  const { run } = await imported(file(FILE));
  expect(run.state).toBe("complete");
  // Nobody had claimed it: whoever made it is dead.
  expect(await journal.run("dead")).toMatchObject({
    state: "cancelled",
    reason: "the import died before its end",
  });
});

test("an import that is stopped is cancelled, with nothing pending", async () => {
  const path = file([
    HEAD,
    ...Array.from({ length: 3_000 }, (_, n) => `m${n}@x.example,anna@x.example,Full Access`),
  ]);
  const stop = new AbortController();
  const stopped = imported(path, {
    signal: stop.signal,
    onPass: (words) => {
      if (words.endsWith("listed")) stop.abort(new Error("enough"));
    },
  });
  await expect(stopped).rejects.toThrow("enough");
  const [run] = await journal.runs();
  expect(run).toMatchObject({ state: "cancelled", outcomes: { cancelled: 3_001 } });
});

test("a file that is changed while it is read is no run", async () => {
  const path = file(FILE);
  const changed = imported(path, {
    onPass: (words) => {
      if (words.endsWith("listed")) file([...FILE, "hr@x.example,anna@x.example,Full Access"]);
    },
  });
  await expect(changed).rejects.toThrow("it was changed while it was read");
  expect(await journal.runs()).toMatchObject([{ state: "cancelled" }]);
});
