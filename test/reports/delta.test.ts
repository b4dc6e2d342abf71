import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { rearm } from "../../src/reports/csv.ts";
import { defineJob } from "../../src/job/index.ts";
import type { Journal, RunRecord } from "../../src/journal/index.ts";
import {
  comparable,
  compareRuns,
  exportDelta,
  ReportError,
  renderChanges,
  renderDeltaHead,
} from "../../src/reports/index.ts";
import { aRun } from "../support/a-run.ts";
import { HOSTILE_STRINGS } from "../support/hostile-strings.ts";
import { freshJournal, newRun } from "../support/journal.ts";
import { readParquet } from "../support/parquet-reader.ts";
import { readWorkbook } from "../support/xlsx-reader.ts";
import { parseCsv } from "./csv-parser.ts";
import {
  AUDIT,
  type Box,
  changedIn,
  changesIn,
  deltaOf,
  type Grant,
  type RunWords,
  writeRun,
} from "./delta-runs.ts";

let journal: Journal;
beforeEach(async () => {
  journal = await freshJournal();
});

function box(id: string, ...grants: readonly Grant[]): Box {
  return { id, name: id, grants };
}

const FULL: Grant = { right: "FullAccess", sid: "S-1", trustee: "anna" };
const AS: Grant = { right: "SendAs", sid: "S-1", trustee: "anna" };

type Words = Omit<RunWords, "id">;

async function both(before: Words, after: Words): Promise<readonly [RunRecord, RunRecord]> {
  return [
    await writeRun(journal, { ...before, id: "before" }),
    await writeRun(journal, { ...after, id: "after" }),
  ];
}

/** What changed, in a few words, and what was not read. */
async function changes(before: Words, after: Words): Promise<readonly string[]> {
  const delta = await deltaOf(journal, await both(before, after));
  return [...(await changesIn(delta)), ...delta.gaps];
}

describe("what nobody can tell is unknown:", () => {
  test("a right whose bulk read broke off, on every mailbox that had it", async () => {
    const boxes = [box("m1", FULL, AS), box("m2", AS), box("m3", FULL)];
    expect(await changes({ boxes }, { boxes, bulk: { "send-as": "failed" } })).toEqual([
      "unknown m1 SendAs S-1",
      "unknown m2 SendAs S-1",
      "send-as: not read by run after: failed",
    ]);
  });

  test("a right that one of the runs was not asked for", async () => {
    const [one, other] = [[box("m1", FULL, AS)], [box("m1", FULL)]];
    const params = { rights: ["full-access"] };
    const gap = "run before was not asked for Get-RecipientPermission";
    expect(await changes({ boxes: other, params, small: true }, { boxes: one })).toEqual([
      "unknown m1 SendAs S-1",
      gap,
      "run before was not asked for Get-Mailbox",
    ]);
  });

  test("a mailbox that the other run was not about, but not one that it would have listed", async () => {
    const [one, two] = [box("m1", FULL), box("m2", FULL)];
    const all = { kind: "all", types: ["user", "shared"] };
    const cases = [
      [all, { kind: "sample", count: 1, types: ["shared"] }, "unknown"],
      [all, { kind: "list", identities: ["m1@contoso.com"] }, "unknown"],
      [all, { kind: "all", types: ["user"] }, "unknown"],
      [
        { kind: "sample", count: 2, types: ["shared"] },
        { kind: "sample", count: 2, types: ["shared"] },
        "unknown",
      ],
      [{ kind: "list", identities: ["m1", "m2"] }, all, "mailbox-gone"],
      [
        { kind: "list", identities: ["m1", "m2"] },
        { kind: "list", identities: ["m1", "m2"] },
        "mailbox-gone",
      ],
      [all, all, "mailbox-gone"],
    ] as const;
    for (const [before, after, kind] of cases) {
      journal = await freshJournal();
      const runs = await both({ boxes: [one, two], scope: before }, { boxes: [one], scope: after });
      expect(await changesIn(await deltaOf(journal, runs))).toEqual([`${kind} m2 FullAccess S-1`]);
      const [older, newer] = runs;
      const back = kind === "unknown" ? kind : "mailbox-added";
      expect(await changesIn(await deltaOf(journal, [newer, older]))).toEqual([`${back} m2 FullAccess S-1`]);
    }
  });

  test("a mailbox that was deleted is gone; as a deleted one it is new, where the older run looked among these", async () => {
    const types = ["user", "shared"];
    const deleted = { ...box("soft-deleted:m1", FULL), type: "soft-deleted" };
    for (const [before, kind] of [
      [[...types, "soft-deleted"], "mailbox-added"],
      [types, "unknown"],
    ] as const) {
      journal = await freshJournal();
      const runs = await both(
        { boxes: [box("m1", FULL, AS)], scope: { kind: "all", types: before } },
        { boxes: [deleted], scope: { kind: "all", types: [...types, "soft-deleted"] } },
      );
      const found = await changesIn(await deltaOf(journal, runs));
      expect(found.toSorted()).toEqual(
        [
          `${kind} soft-deleted:m1 FullAccess S-1`,
          "mailbox-gone m1 FullAccess S-1",
          "mailbox-gone m1 SendAs S-1",
        ].toSorted(),
      );
    }
  });

  test("a mailbox without rows that one of the runs has not read", async () => {
    const failed: Box = { ...box("m1"), outcome: "quarantined" };
    const delta = await deltaOf(journal, await both({ boxes: [box("m1")] }, { boxes: [failed] }));
    expect(await changesIn(delta)).toEqual(["unknown m1"]);
    expect(delta.counts.mailboxes).toEqual({ all: 1, added: 0, gone: 0, unknown: 1, changed: 0 });
  });

  test("and what the other run found out in its own way is not unknown", async () => {
    const boxes = [box("m1", FULL, AS), box("m2", AS)];
    expect(await changes({ boxes }, { boxes: [box("m1", FULL), box("m2", AS)], small: true })).toEqual([
      "removed m1 SendAs S-1",
    ]);
  });
});

describe("the same row", () => {
  test("is one entry that two cmdlets tell of, and is gone when both have lost it", async () => {
    const twice: Grant = { ...FULL, cells: { Right: "SendAs", TrusteeRaw: "ANNA" } };
    const boxes = [box("m1", twice, AS)];
    expect(await changes({ boxes }, { boxes: [box("m1", AS)] })).toEqual([]);
    journal = await freshJournal();
    expect(await changes({ boxes }, { boxes: [box("m1")], bulk: { "send-as": "failed" } })).toEqual([
      "unknown m1 SendAs S-1",
      "send-as: not read by run after: failed",
    ]);
  });

  test("is known by its name only where one of the runs could not look its trustee up", async () => {
    const unresolved = { TrusteeSid: "unknown", TrusteeId: "unknown", TrusteeClass: "unresolved" };
    const asked: Grant = { ...AS, cells: unresolved };
    const delta = await deltaOf(
      journal,
      await both({ boxes: [box("m1", AS)] }, { boxes: [box("m1", asked)] }),
    );
    const found = await changedIn(delta);
    expect(found.flatMap((mailbox) => mailbox.changes)).toMatchObject([
      { kind: "changed", detail: "TrusteeClass: user → unresolved" },
    ]);
  });

  test("is known by its object where one of the runs has no SID of it, and a cell nobody knew is no change", async () => {
    const bare: Grant = { ...AS, trustee: "anna b", cells: { TrusteeSid: null, TrusteeClass: "unknown" } };
    expect(await changes({ boxes: [box("m1", AS)] }, { boxes: [box("m1", bare)] })).toEqual([]);
  });

  test("has changed, and was not removed, when it is hidden as noise from now on", async () => {
    const inherited: Grant = { ...FULL, noise: "NR8", cells: { Inherited: true } };
    const runs = await both({ boxes: [box("m1", FULL)] }, { boxes: [box("m1", inherited)] });
    const found = await changedIn(await deltaOf(journal, runs));
    expect(found[0]?.changes).toMatchObject([{ kind: "changed", detail: "Inherited: false → true" }]);
  });

  test("is left out with its changes while noise rules hide it in both runs", async () => {
    const noise = (grant: Grant): Grant => ({ ...grant, noise: "NR2" });
    const runs = await both(
      { boxes: [box("m1", noise(FULL))] },
      { boxes: [box("m1", noise(AS)), box("m2", noise(AS))] },
    );
    const hidden = await deltaOf(journal, runs);
    expect(await changesIn(hidden)).toEqual(["mailbox-added m2"]);
    expect(hidden.counts.hidden).toBe(3);
    expect(await changesIn(await deltaOf(journal, runs, { includeNoise: true }))).toEqual([
      "added m1 SendAs S-1",
      "mailbox-added m2 SendAs S-1",
      "removed m1 FullAccess S-1",
    ]);
  });
});

test("a change shows the finding of the newer row, by all rows of its run; one that is gone, that of the older", async () => {
  // With this one, more mailboxes than make a hub; the older run has one mailbox less.
  const boxes = Array.from({ length: 50 }, (_, n) => box(`m${n}`, FULL));
  const more = [...boxes, box("m50", { ...FULL, sid: "S-2", trustee: "ben" })];
  const hub = [...boxes, box("m50", FULL)];
  const delta = await deltaOf(journal, await both({ boxes: more }, { boxes: hub }));
  const [mailbox] = await changedIn(delta);
  expect(mailbox?.changes.map(({ kind, row }) => [kind, row?.["Severity"], row?.["Finding"]])).toEqual([
    ["added", "high", "hub: the trustee holds FullAccess on 51 mailboxes"],
    ["removed", null, null],
  ]);
});

test("rows about the tenant itself are compared, too, by what their read of the tenant brought", async () => {
  const LISTING = "Get-AcceptedDomain";
  const job = defineJob({
    name: "domains",
    summary: "Lists the domains of the tenant",
    writes: false,
    params: z.strictObject({}),
    columns: ["Domain", "Kind"],
    cmdlets: [],
    naiveCallsPerTarget: 1,
    bulk: [{ name: "domains", cmdlet: LISTING, async *perform() {} }],
    perform: async () => [],
    judge: () => ({ observe: () => undefined, report: (rows) => rows }),
    comparison: { key: ["Domain"], facts: ["Kind"] },
  });
  const runs: RunRecord[] = [];
  const nights = [["a", "b"], ["b", "c"], undefined];
  for (const [night, domains] of nights.entries()) {
    const id = `r${night}`;
    await journal.createRun(newRun({ id, job: job.name }));
    await journal.addTargets(id, [
      { kind: "bulk", id: "domains", objectId: "", label: "the tenant", data: null },
    ]);
    await journal.sealManifest(id);
    await journal.moveRun(id, ["planned"], "running");
    const rows = (domains ?? []).map((domain) => ({
      about: 1,
      noise: undefined,
      row: { Domain: domain, Kind: id },
    }));
    const outcome = domains === undefined ? ("failed" as const) : ("ok" as const);
    await journal.settle({ run: id, line: 1, attempt: 1, worker: "w", outcome, rows, atMs: 1 });
    await journal.moveRun(id, ["running"], "complete");
    const run = await journal.run(id);
    if (run !== undefined) runs.push(run);
  }
  const found = async (before: number, after: number): Promise<readonly unknown[]> => {
    const pair = comparable(runs[before] ?? aRun(), runs[after] ?? aRun(), job);
    if ("fact" in pair) throw new Error(pair.fact);
    const delta = await compareRuns({ journal, runs: pair });
    expect(delta.counts.mailboxes.all).toBe(0);
    const changed = await changedIn(delta);
    return changed.flatMap((target) =>
      target.changes.map(({ kind, row }) => `${kind} ${String(row?.["Domain"])}`),
    );
  };
  expect(await found(0, 1)).toEqual(["added c", "removed a", "changed b"]);
  expect(await found(1, 2)).toEqual(["unknown b", "unknown c"]);
});

describe("two runs are refused", () => {
  const done = { state: "complete", manifest: { count: 1, sha256: "" } } as const;
  const run = aRun({ id: "r1", ...done });

  test.each([
    ["that are one", aRun({ id: "r1", ...done }), /both are run r1/],
    [
      "of different jobs",
      aRun({ id: "r2", job: "apply-changes", ...done }),
      /of the job "permission-audit", run r2 of "apply-changes"/,
    ],
    [
      "about different tenants",
      aRun({ id: "r2", tenantId: "other", tenant: "fabrikam", ...done }),
      /about tenant "contoso", run r2 about "fabrikam"/,
    ],
    ["of which one is not listed yet", aRun({ id: "r2" }), /the mailboxes of run r2 are not all listed/],
  ])("%s", (_, other, fact) => {
    expect(comparable(run, other, AUDIT)).toMatchObject({ fact: expect.stringMatching(fact) });
  });

  test("of a job that does not say how its rows are compared", () => {
    const { comparison: _, ...job } = AUDIT;
    const other = aRun({ id: "r2", ...done });
    expect(comparable(run, other, job)).toMatchObject({ fact: expect.stringContaining("does not say how") });
    expect(comparable(run, other, AUDIT)).toMatchObject({ before: run, after: other });
  });

  test("of which one has parameters that the job does not take any more", async () => {
    const runs = await both({ boxes: [], params: { colour: "red" } }, { boxes: [] });
    await expect(deltaOf(journal, runs)).rejects.toThrow(ReportError);
  });
});

test("a workbook and a Parquet file hold the changes, and say that one of the runs is not complete", async () => {
  const [one, two] = [box("m1", FULL), box("m2", FULL)];
  const failed: Box = { ...one, outcome: "failed" };
  const runs = comparable(...(await both({ boxes: [failed, two] }, { boxes: [one, box("m2")] })), AUDIT);
  if ("fact" in runs) throw new Error(runs.fact);
  const delta = await compareRuns({ journal, runs });
  const directory = await mkdtemp(join(tmpdir(), "exosweep-delta-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const [book, parquet] = [join(directory, "changes.xlsx"), join(directory, "changes.parquet")];
  expect(await exportDelta({ runs, delta, format: "xlsx", out: book })).toBe(2);
  expect(await exportDelta({ runs, delta, format: "parquet", out: parquet })).toBe(2);
  const [sheet] = readWorkbook(await readFile(book));
  expect(sheet?.name).toBe("Rows (incomplete run)");
  expect(sheet?.rows.map(([change, detail]) => [change?.value, detail?.value])).toEqual([
    ["Change", "Detail"],
    ["unknown", "not read by run before: failed"],
    ["removed", undefined],
  ]);
  const { rows } = await readParquet(await readFile(parquet));
  expect(rows.map((row) => row["Change"])).toEqual(["unknown", "removed"]);
});

describe("hostile names", () => {
  async function hostile() {
    const boxes = HOSTILE_STRINGS.map((name, n) => ({
      id: `m${n}`,
      name,
      grants: [{ ...FULL, trustee: name }],
    }));
    const runs = await both({ boxes: [] }, { boxes });
    const pair = comparable(...runs, AUDIT);
    if ("fact" in pair) throw new Error(pair.fact);
    return { runs: pair, delta: await compareRuns({ journal, runs: pair }) };
  }

  test("are shown as text", async () => {
    const { runs, delta } = await hostile();
    const lines = [renderDeltaHead(runs, delta)];
    for await (const target of delta.changes()) lines.push(...renderChanges(AUDIT, target));
    expect(lines.length).toBe(1 + 2 * HOSTILE_STRINGS.length);
    expect(lines.slice(1).join("")).not.toMatch(/[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--\p{Join_Control}]/v);
  });

  test("start no formula in CSV, and come back as they were", async () => {
    const { runs, delta } = await hostile();
    const directory = await mkdtemp(join(tmpdir(), "exosweep-delta-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const out = join(directory, "changes.csv");
    expect(await exportDelta({ runs, delta, format: "csv", out })).toBe(HOSTILE_STRINGS.length);
    const [header = [], ...rows] = parseCsv((await readFile(out, "utf8")).slice(1), ",");
    expect(header).toEqual(["Change", "Detail", ...AUDIT.columns]);
    const names = rows.map((row) => row[header.indexOf("MailboxDisplayName")] ?? "");
    expect(names.map(rearm)).toEqual(HOSTILE_STRINGS.map((name) => name.toWellFormed()));
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^(?:[\t\r\n\0]|[\s\p{Cf}]*[=+\-@＝＋－＠])/u);
  });

  test("survive JSON and NDJSON, whose rows are the same", async () => {
    const { runs, delta } = await hostile();
    const [json = "", ndjson = ""] = await Promise.all(
      (["json", "ndjson"] as const).map(async (format) => {
        const out = new PassThrough();
        const read = text(out);
        await exportDelta({ runs, delta, format, out });
        out.end();
        return read;
      }),
    );
    const document = JSON.parse(json) as { readonly rows: readonly Record<string, unknown>[] };
    expect(document).toMatchObject({
      complete: true,
      before: { id: "before" },
      after: { id: "after" },
      gaps: [],
      counts: {
        changes: { "mailbox-added": HOSTILE_STRINGS.length },
        mailboxes: { added: HOSTILE_STRINGS.length },
      },
    });
    expect(document.rows.map((row) => row["MailboxDisplayName"])).toEqual(HOSTILE_STRINGS);
    expect(
      ndjson
        .trimEnd()
        .split("\n")
        .map((line): unknown => JSON.parse(line)),
    ).toEqual(document.rows);
  });
});
