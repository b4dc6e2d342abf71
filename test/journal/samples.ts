/** Runs, targets and settlements to try a journal on. */
import { createHash } from "node:crypto";
import type {
  Journal,
  NewIntent,
  NewRow,
  NewRun,
  NewTarget,
  Settlement,
  StoredRow,
} from "../../src/journal/index.ts";

export function newRun(id: string, change: Partial<NewRun> = {}): NewRun {
  return {
    id,
    job: "permission-audit",
    tenant: "contoso",
    tenantId: "11111111-1111-4111-8111-111111111111",
    params: { rights: ["FullAccess"] },
    scope: { all: true },
    naiveCallsPerTarget: 3,
    ...change,
  };
}

export function mailbox(n: number, change: Partial<NewTarget> = {}): NewTarget {
  return {
    kind: "mailbox",
    id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
    objectId: `object-${n}`,
    label: `m${n}@contoso.com`,
    data: { primarySmtp: `m${n}@contoso.com`, type: "user" },
    ...change,
  };
}

export function bulk(name: string): NewTarget {
  return { kind: "bulk", id: name, objectId: "", label: name, data: null };
}

export function mailboxes(count: number, from = 1): readonly NewTarget[] {
  return Array.from({ length: count }, (_, place) => mailbox(from + place));
}

export function rowAbout(about: number, right: string, noise?: string): NewRow {
  return { about, noise, row: { right, about, deny: false, expires: null } };
}

export function settlement(run: string, line: number, change: Partial<Settlement> = {}): Settlement {
  return { run, line, attempt: line, worker: "w1", outcome: "ok", rows: [], atMs: 1_000 + line, ...change };
}

export function intent(run: string, line: number, change: Partial<NewIntent> = {}): NewIntent {
  return {
    run,
    line,
    attempt: line,
    worker: "w1",
    effect: "absolute",
    cmdlet: "Set-Mailbox",
    digest: createHash("sha256").update(`${line}`).digest("hex"),
    before: { hidden: false, limits: [1, null] },
    atMs: 1_000 + line,
    clock: { boot: "b1", ms: 17.5 },
    ...change,
  };
}

/** A write to a mailbox, as a target. */
export function changeOf(n: number): NewTarget {
  const digest = createHash("sha256").update(`${n}`).digest("hex");
  return {
    ...mailbox(n),
    kind: "change",
    id: `change:${digest}`,
    data: { change: { cmdlet: "Set-Mailbox" } },
  };
}

/** A run whose manifest is sealed and that is being worked on. */
export async function startRun(
  journal: Journal,
  id: string,
  targets: readonly NewTarget[],
  change: Partial<NewRun> = {},
): Promise<void> {
  await journal.createRun(newRun(id, change));
  await journal.addTargets(id, targets);
  await journal.sealManifest(id);
  await journal.moveRun(id, ["planned"], "running");
}

export async function gather<T>(chunks: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const chunk of chunks) all.push(...chunk);
  return all;
}

/** Rows of a run in a short form: `about<line right`. */
export async function rightsOf(journal: Journal, run: string): Promise<readonly string[]> {
  const rows: readonly StoredRow[] = await gather(journal.rows(run));
  return rows.map(({ about, line, row }) => `${about}<${line} ${String(row["right"])}`);
}

/** The hash of a manifest, by its definition. */
export function manifestHash(targets: readonly NewTarget[]): string {
  const lines = targets.map(({ kind, id }) => `${kind}\t${id}\n`).sort();
  return createHash("sha256").update(lines.join("")).digest("hex");
}
