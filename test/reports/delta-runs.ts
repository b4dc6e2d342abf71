/** Runs of the permission audit as they lie in a journal, from a few words about each mailbox. */
import { permissionAudit } from "../../jobs/permission-audit.ts";
import type { Job, Row } from "../../src/job/index.ts";
import type { Journal, Json, NewRow, Outcome, RunRecord } from "../../src/journal/index.ts";
import { type ChangedTarget, comparable, compareRuns, type Delta } from "../../src/reports/index.ts";
import { newRun } from "../support/journal.ts";

export const AUDIT: Job = permissionAudit;

/** By the cmdlet that tells of it. */
const SOURCES = {
  FullAccess: "Get-MailboxPermission",
  SendAs: "Get-RecipientPermission",
  SendOnBehalf: "Get-Mailbox",
} as const;
export type Right = keyof typeof SOURCES;
const BULK: Readonly<Record<string, string>> = { SendAs: "send-as", SendOnBehalf: "send-on-behalf" };

export interface Grant {
  readonly right: Right;
  readonly sid: string;
  readonly trustee: string;
  readonly allow?: boolean;
  readonly noise?: string;
  /** Other cells than those of a user who was found in the directory. */
  readonly cells?: Row;
}

export interface Box {
  readonly id: string;
  readonly name: string;
  readonly outcome?: Outcome;
  /** As a scope names it; `shared` when absent. */
  readonly type?: string;
  readonly grants: readonly Grant[];
}

export interface RunWords {
  readonly id: string;
  readonly boxes: readonly Box[];
  readonly params?: Json;
  readonly scope?: Json;
  /** Of the bulk reads; `ok` when absent. */
  readonly bulk?: Readonly<Record<string, Outcome>>;
  /** Every mailbox is asked for everything, as in a small run. */
  readonly small?: boolean;
  readonly tenantId?: string;
}

export function rowOf(
  { id, name }: Box,
  { right, sid, trustee, allow = true, cells }: Grant,
  run: string,
): Row {
  return {
    MailboxId: id,
    MailboxPrimarySmtp: `${name}@contoso.com`,
    MailboxDisplayName: name,
    MailboxType: "shared",
    Right: right,
    AccessRightsRaw: right,
    Allow: allow,
    Inherited: false,
    TrusteeRaw: trustee,
    TrusteeSid: sid,
    TrusteeId: `object of ${sid}`,
    TrusteePrimarySmtp: `${trustee}@contoso.com`,
    TrusteeDisplayName: trustee,
    TrusteeType: "user",
    TrusteeClass: "user",
    ViaGroup: null,
    GroupPath: null,
    TenantId: "t",
    RunId: run,
    ReadAtUtc: `2026-05-04T03:02:01.000Z, ${run}`,
    Source: SOURCES[right],
    ...cells,
  };
}

/** Writes the run, and ends it. Mailboxes get their lines in the order given; the bulk reads come last. */
export async function writeRun(journal: Journal, words: RunWords): Promise<RunRecord> {
  const { id, boxes, params = {}, scope, small = false, bulk = {}, tenantId } = words;
  await journal.createRun(
    newRun({
      id,
      params,
      ...(scope === undefined ? {} : { scope }),
      ...(tenantId === undefined ? {} : { tenantId }),
    }),
  );
  const reads = small ? [] : [...new Set(Object.values(BULK))];
  await journal.addTargets(id, [
    ...boxes.map((box) => ({
      kind: "mailbox" as const,
      id: box.id,
      objectId: "",
      label: `${box.name}@contoso.com`,
      data: {
        id: box.id,
        type: box.type ?? "shared",
        primarySmtp: `${box.name}@contoso.com`,
        displayName: box.name,
      },
    })),
    ...reads.map((name) => ({ kind: "bulk" as const, id: name, objectId: "", label: name, data: null })),
  ]);
  await journal.sealManifest(id);
  await journal.moveRun(id, ["planned"], "running");
  const elsewhere = new Map<string, NewRow[]>(reads.map((name) => [name, []]));
  const settle = (line: number, outcome: Outcome, rows: readonly NewRow[]): Promise<unknown> =>
    journal.settle({ run: id, line, attempt: line, worker: "w", outcome, rows, atMs: 1 });
  const settled = boxes.map((box, place) => {
    const own: NewRow[] = [];
    for (const grant of box.grants) {
      const row = { about: place + 1, noise: grant.noise, row: rowOf(box, grant, id) };
      (elsewhere.get(BULK[grant.right] ?? "") ?? own).push(row);
    }
    const outcome = box.outcome ?? "ok";
    return settle(place + 1, outcome, outcome === "ok" ? own : []);
  });
  await Promise.all(settled);
  for (const [place, name] of reads.entries()) {
    const outcome = bulk[name] ?? "ok";
    await settle(boxes.length + place + 1, outcome, outcome === "ok" ? (elsewhere.get(name) ?? []) : []);
  }
  const failed = [...boxes.map(({ outcome }) => outcome ?? "ok"), ...Object.values(bulk)].some(
    (end) => end !== "ok",
  );
  await journal.moveRun(id, ["running"], failed ? "complete_with_failures" : "complete");
  const run = await journal.run(id);
  if (run === undefined) throw new Error("Cannot set up: the journal has lost the run");
  return run;
}

/** The difference of two runs of the audit. */
export async function deltaOf(
  journal: Journal,
  [before, after]: readonly [RunRecord, RunRecord],
  options: { readonly includeNoise?: boolean } = {},
): Promise<Delta> {
  const runs = comparable(before, after, AUDIT);
  if ("fact" in runs) throw new Error(runs.fact);
  return compareRuns({ journal, runs, ...options });
}

/** Every mailbox with its changes. */
export async function changedIn(delta: Delta): Promise<readonly ChangedTarget[]> {
  const all: ChangedTarget[] = [];
  for await (const target of delta.changes()) all.push(target);
  return all;
}

/** Each change in a few words: `added m1 FullAccess S-1`, or `mailbox-gone m1` for a mailbox without rows to show. */
export async function changesIn(delta: Delta): Promise<readonly string[]> {
  const found = (await changedIn(delta)).flatMap(({ target, changes }) =>
    changes.map(({ kind, row }) =>
      row === undefined
        ? `${kind} ${target.id}`
        : `${kind} ${target.id} ${String(row["Right"])} ${String(row["TrusteeSid"])}${row["Allow"] === true ? "" : " denied"}`,
    ),
  );
  return found.toSorted();
}
