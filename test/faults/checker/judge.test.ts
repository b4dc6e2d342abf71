/** The judge finds what it is there to find: each invariant broken by hand, in evidence made up for it. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type Evidence, type Heard, judge, type RunOnFile } from "./index.ts";

const TENANT = "11111111-1111-4111-8111-111111111111";
const BOX = "22222222-2222-4222-8222-222222222222";

function line(change: Partial<RunOnFile["lines"][number]> = {}): RunOnFile["lines"][number] {
  return {
    line: 1,
    kind: "change",
    id: "change:1",
    label: "ada@contoso.example",
    data: { id: BOX, change: { cmdlet: "Set-Mailbox", parameters: { CustomAttribute1: "x" } } },
    redrive: 0,
    outcome: "ok",
    reason: null,
    settledAtMs: 5_000,
    take: 1,
    rows: 1,
    found: 1,
    ...change,
  };
}

function send(n: number, change: Partial<Heard> = {}): Heard {
  return {
    n,
    arrivedAtMs: 1_000 + n * 1_000,
    executedAtMs: 1_010 + n * 1_000,
    deliveredAtMs: 1_020 + n * 1_000,
    status: 200,
    tenantId: TENANT,
    tokenTenantId: TENANT,
    cmdlet: "Set-Mailbox",
    subject: BOX,
    connectionId: null,
    request: n,
    batch: 0,
    write: { identity: BOX, parameters: '{"CustomAttribute1":"x"}' },
    ...change,
  };
}

const INTENT = {
  line: 1,
  redrive: 0,
  attempt: 1,
  worker: "w",
  effect: "absolute",
  cmdlet: "Set-Mailbox",
  atMs: 900,
};

function evidence(change: Partial<Evidence> & { readonly lines?: RunOnFile["lines"] } = {}): Evidence {
  const { lines = [line()], ...rest } = change;
  const digest = createHash("sha256");
  for (const { kind, id } of lines) digest.update(`${kind}\t${id}\n`);
  const outcomes = Object.groupBy(lines, ({ outcome }) => outcome ?? "none");
  return {
    plan: {
      kind: "changes",
      changes: [
        { subject: BOX, cmdlet: "Set-Mailbox", parameters: { CustomAttribute1: "x" }, effect: "absolute" },
      ],
    },
    run: {
      id: "r1",
      tenantId: TENANT,
      state: "complete",
      sealedSha256: digest.digest("hex"),
      redrives: 0,
      outcomes: Object.fromEntries(Object.entries(outcomes).map(([name, all = []]) => [name, all.length])),
      rows: lines.reduce((sum, { rows }) => sum + rows, 0),
      lines,
      earlier: [],
      intents: [{ ...INTENT, n: 1, ended: "sent", looks: 0 }],
      decided: 0,
    },
    ledger: [send(1)],
    said: [{ atMs: 5_001, line: 1, outcome: "ok" }],
    orders: [{ atMs: 500, word: "approved" }],
    times: { settleMs: 2_000, lookGapMs: 200 },
    watched: [],
    ...rest,
  };
}

function broken(given: Evidence): readonly string[] {
  return [...new Set(judge(given).violations.map(({ invariant }) => invariant))];
}

test("a run in order breaks nothing", () => {
  const { counts, violations } = judge(evidence());
  expect(violations).toEqual([]);
  expect(counts).toMatchObject({ attempted: 1, acknowledged: 1, ok: 1, lost: 0, doubled: 0, writes: 1 });
});

test("a line without an outcome, and an outcome twice as many rows as it says", () => {
  expect(broken(evidence({ lines: [line({ outcome: null })], said: [] }))).toContain("I1");
  expect(broken(evidence({ lines: [line({ found: 2 })] }))).toContain("I1");
});

test("what was told and is not on record, or was told too early, is lost", () => {
  expect(broken(evidence({ said: [{ atMs: 5_001, line: 1, outcome: "failed" }] }))).toEqual(["I2"]);
  expect(broken(evidence({ said: [{ atMs: 4_000, line: 1, outcome: "ok" }] }))).toEqual(["I2"]);
});

test("ok without an execution, and failed with one", () => {
  expect(broken(evidence({ ledger: [] }))).toContain("I3");
  expect(
    broken(
      evidence({ lines: [line({ outcome: "failed" })], said: [], allowances: { outcomes: ["failed"] } }),
    ),
  ).toEqual(["I3"]);
});

test("a second send is doubled, unless it was not executed and looked for twice after the settle window", () => {
  const two = { intents: [1, 2].map((n) => ({ ...INTENT, n, ended: "sent", looks: 0 })) };
  const again = evidence({ ledger: [send(1), send(2)] });
  expect(broken({ ...again, run: { ...again.run, ...two } })).toEqual(["I4"]);
  const { write: _, ...look } = send(5, { cmdlet: "Get-Mailbox" });
  const looked = [
    send(1, { executedAtMs: null, deliveredAtMs: null, status: null }),
    look,
    { ...look, n: 6, arrivedAtMs: 6_500 },
  ];
  const allowed = evidence({ ledger: [...looked, send(7)] });
  expect(broken({ ...allowed, run: { ...allowed.run, ...two } })).toEqual([]);
});

test("what is in no plan, what came before it was approved, and what came after a pause", () => {
  expect(broken(evidence({ ledger: [send(1), send(2, { subject: TENANT })] }))).toEqual(["I6"]);
  expect(broken(evidence({ orders: [{ atMs: 5_000, word: "approved" }] }))).toEqual(["I6"]);
  const paused = [{ atMs: 500, word: "approved" } as const, { atMs: 600, word: "paused" } as const];
  expect(broken(evidence({ orders: paused, ledger: [send(4)] }))).toEqual(["I6"]);
});

test("another tenant's token, counts that fell, and doubt where there need be none", () => {
  expect(broken(evidence({ ledger: [send(1, { tokenTenantId: BOX })] }))).toEqual(["I9"]);
  expect(broken(evidence({ watched: ["ok fell from 3 to 2"] }))).toEqual(["I10"]);
  expect(broken(evidence({ lines: [line({ outcome: "unresolved" })], said: [] }))).toEqual(["I13"]);
});
