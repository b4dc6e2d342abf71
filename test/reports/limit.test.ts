import { expect, test } from "vitest";
import type { RunRecord } from "../../src/journal/index.ts";
import { limitOf, renderSummary, type Limit, type Summary } from "../../src/reports/index.ts";

const FOUND = { used: 0.968, window: 20, windowRefused: true, pace: null };

const RUN: RunRecord = {
  id: "r2",
  job: "audit",
  tenant: "contoso",
  tenantId: "t",
  params: {},
  scope: {},
  naiveCallsPerTarget: 3,
  state: "complete",
  reason: undefined,
  chain: { start: "", sealed: undefined, length: 0, head: "" },
  manifest: { count: 1, sha256: "" },
  outcomes: { ok: 1 },
  rows: 0,
  noise: {},
  calls: {
    batches: 100,
    items: 2_000,
    throttledItems: 12,
    throttledBatches: 3,
    retries: 12,
    busyBatches: 90,
    busyItems: 1_800,
    pages: 0,
  },
  counts: {},
  workers: [],
  redrives: 0,
  summary: undefined,
  limits: undefined,
  createdAtMs: Date.parse("2026-11-20T20:00:00Z"),
  startedAtMs: 0,
  endedAtMs: 600_000,
};

/** The limit of a run after one that met `before`. */
async function after(before: object | undefined, now: Omit<Limit, "before"> = FOUND): Promise<Limit> {
  const earlier = {
    ...RUN,
    id: "r1",
    endedAtMs: undefined,
    summary: before === undefined ? null : { limit: { ...before } },
  };
  return limitOf({ runs: () => Promise.resolve([RUN, earlier]) }, RUN, now);
}

function told(limit: Limit | undefined, run: RunRecord = RUN): string {
  const summary: Summary = {
    schemaVersion: 1,
    mailboxes: 1,
    rows: { shown: 0, hidden: 0, hiddenBy: {} },
    findings: { bySeverity: {}, groups: [] },
    naiveCalls: 3,
    oldestReadAt: null,
    ...(limit === undefined ? {} : { limit }),
  };
  return renderSummary(run, summary);
}

test("the summary says how much of the limit was used, and where to have it relaxed when that took the time", async () => {
  expect(told(await after(undefined)))
    .toContain(`  throttle    12 calls and 3 requests refused, 12 repeats, 20.0 calls per request while the gate was busy; 97 % of the limit used
              Most of the time went into waiting for the tenant's limit. An administrator can relax it in the
              Microsoft 365 admin centre (Help & support, "PowerShell throttling"): for a migration, or to match the tenant's size.
`);
  const free = { ...RUN, calls: { ...RUN.calls, busyBatches: 10 } };
  expect(told(await after(undefined), free)).not.toContain("admin centre");
  expect(told(undefined, free)).not.toContain("limit");
});

test("the summary sends nobody to the admin centre for a limit that the run never met", async () => {
  const unrefused = { ...RUN, calls: { ...RUN.calls, throttledItems: 0, throttledBatches: 0 } };
  const slowStart = await after(undefined, { ...FOUND, used: 0.1, windowRefused: false });
  expect(told(slowStart, unrefused)).not.toContain("admin centre");
  // Another run of the tenant met it.
  expect(told(await after(undefined), unrefused)).toContain("admin centre");
  expect(told({ ...slowStart, pace: 8 }, unrefused)).toContain("admin centre");
});

test("a later run says that the limit moved, and from what to what", async () => {
  expect(told(await after({ window: 10, pace: null }))).toContain(
    "the limit went up since 2026-11-20: 10 → 20 requests at once",
  );
  expect(told(await after({ window: 40, pace: null }))).toContain("went down since 2026-11-20: 40 → 20");
  const paced = { ...FOUND, pace: 40.2 };
  expect(told(await after({ window: 20, pace: 8.04 }, paced))).toContain(
    "the limit went up since 2026-11-20: 8.0 → 40 calls a second",
  );
});

test.each([
  ["about the same", { window: 18, pace: null }, FOUND],
  ["smaller only because less was needed", { window: 40, pace: null }, { ...FOUND, windowRefused: false }],
  ["not known", undefined, FOUND],
  ["written by who knows whom", { window: "many", pace: {} }, FOUND],
])("a limit that is %s has not moved", async (_, before, now) => {
  expect((await after(before, now)).before).toBeNull();
});
