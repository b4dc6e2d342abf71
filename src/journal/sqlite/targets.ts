/** The manifest: adding targets, sealing it, and reading targets with how they ended. */
import { createHash } from "node:crypto";
import { JournalError, OUTCOMES, isOver } from "../journal.ts";
import type { NewTarget, Outcome, TargetFilter, TargetStatus } from "../journal.ts";
import { asNumber, asText, optional } from "./connection.ts";
import type { Cell, Cells, Connection } from "./connection.ts";
import { headOf } from "./runs.ts";
import type { RunHead } from "./runs.ts";
import type { Shapes } from "./shapes.ts";
import { READ_STEP, WRITE_STEP } from "./steps.ts";

export function addTargets(
  db: Connection,
  shapes: Shapes,
  id: string,
  targets: readonly NewTarget[],
): number {
  const run = openManifest(db, id);
  let line = run.targets;
  for (const target of targets) {
    const { shape, text } = shapes.pack(db, target.data);
    line += db.run(
      `INSERT INTO targets (run, line, kind, id, object_id, label, shape, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (run, id) DO NOTHING`,
      run.key,
      line + 1,
      target.kind,
      target.id,
      target.objectId,
      target.label,
      shape,
      text,
    );
  }
  const added = line - run.targets;
  if (added > 0) resize(db, run.key, added);
  return added;
}

/** Forgets lines from the end. @returns true when none are left */
export function clearSomeTargets(db: Connection, id: string): boolean {
  const run = openManifest(db, id);
  if (db.get("SELECT 1 FROM tallies WHERE run = ? AND kind = 'outcome' LIMIT 1", run.key) !== undefined) {
    throw refused(id, "targets of it have outcomes");
  }
  const keep = Math.max(0, run.targets - WRITE_STEP);
  resize(db, run.key, -db.run("DELETE FROM targets WHERE run = ? AND line > ?", run.key, keep));
  return keep === 0;
}

function openManifest(db: Connection, id: string): RunHead {
  const run = headOf(db, id);
  if (run.sha256 !== undefined || isOver(run.state)) {
    throw refused(id, run.sha256 === undefined ? `the run is ${run.state}` : "it is sealed");
  }
  return run;
}

function refused(id: string, fact: string): JournalError {
  return new JournalError(
    `Cannot change the manifest of run "${id}": ${fact}`,
    "Start a new run for other targets",
  );
}

function resize(db: Connection, run: number, by: number): void {
  db.run(
    "UPDATE runs SET targets = targets + ?, manifest_changes = manifest_changes + 1 WHERE key = ?",
    by,
    run,
  );
}

/** What a manifest is known by while it is counted: it changes with every change of the manifest. */
export function manifestChanges(db: Connection, run: number): number {
  return asNumber(db.get("SELECT manifest_changes FROM runs WHERE key = ?", run)?.["manifest_changes"]);
}

/** Hashes all lines, sorted by kind and id; yields between steps, and returns count and hash. */
export function* hashManifest(
  db: Connection,
  run: number,
): Generator<undefined, { count: number; sha256: string }> {
  const digest = createHash("sha256");
  let count = 0;
  for (const kind of ["bulk", "mailbox"] as const) {
    // Of the two, bulk reads are few and have an index of their own.
    const sql = `SELECT id FROM targets INDEXED BY ${kind === "bulk" ? "bulk_ids" : "target_ids"}
      WHERE run = ? AND id > ? AND kind = '${kind}' ORDER BY id LIMIT ${READ_STEP}`;
    let after = "";
    for (;;) {
      const ids = db.all(sql, run, after).map((cells) => asText(cells["id"]));
      digest.update(ids.map((id) => `${kind}\t${id}\n`).join(""));
      count += ids.length;
      after = ids.at(-1) ?? after;
      if (ids.length < READ_STEP) break;
      yield;
    }
  }
  return { count, sha256: digest.digest("hex") };
}

/** @returns false when the manifest was changed since it was counted */
export function sealManifest(db: Connection, id: string, changes: number, sha256: string): boolean {
  const run = headOf(db, id);
  if (run.sha256 !== undefined) return true;
  openManifest(db, id);
  return (
    db.run(
      "UPDATE runs SET manifest_sha256 = ? WHERE key = ? AND manifest_changes = ?",
      sha256,
      run.key,
      changes,
    ) > 0
  );
}

const STATUS = `SELECT line, kind, id, object_id, label, shape, data, outcome, reason, request_id, fingerprint, rows, redrive,
  settled_at FROM targets`;

export function readTarget(
  db: Connection,
  shapes: Shapes,
  id: string,
  line: number,
): TargetStatus | undefined {
  const cells = db.get(`${STATUS} WHERE run = ? AND line = ?`, headOf(db, id).key, line);
  return cells && toStatus(db, shapes, cells);
}

export function readTargetById(
  db: Connection,
  shapes: Shapes,
  id: string,
  target: string,
): TargetStatus | undefined {
  const cells = db.get(`${STATUS} WHERE run = ? AND id = ?`, headOf(db, id).key, target);
  return cells && toStatus(db, shapes, cells);
}

/** What a target had before it was redriven, oldest first. */
export function earlierOf(db: Connection, shapes: Shapes, id: string, line: number): readonly TargetStatus[] {
  return db
    .all(
      `SELECT t.line, t.kind, t.id, t.object_id, t.label, t.shape, t.data,
              e.outcome, e.reason, e.request_id, e.fingerprint, e.rows, e.redrive, e.settled_at
       FROM earlier e JOIN targets t ON t.run = e.run AND t.line = e.line
       WHERE e.run = ? AND e.line = ? ORDER BY e.redrive`,
      headOf(db, id).key,
      line,
    )
    .map((cells) => toStatus(db, shapes, cells));
}

export function pendingLines(db: Connection, id: string, after: number, limit: number): readonly number[] {
  return db
    .all(
      "SELECT line FROM targets INDEXED BY pending WHERE run = ? AND line > ? AND outcome IS NULL ORDER BY line LIMIT ?",
      headOf(db, id).key,
      after,
      limit,
    )
    .map((cells) => asNumber(cells["line"]));
}

export function countPending(db: Connection, id: string): number {
  const run = headOf(db, id);
  const settled = db.get("SELECT sum(value) AS n FROM tallies WHERE run = ? AND kind = 'outcome'", run.key);
  return run.targets - (optional(settled?.["n"], asNumber) ?? 0);
}

/** Targets of the lines after `after`, up to `READ_STEP` of them, that match the filter. */
export function someTargets(
  db: Connection,
  shapes: Shapes,
  run: number,
  after: number,
  filter: TargetFilter,
): readonly TargetStatus[] {
  return db
    .all(`${STATUS} WHERE run = ? AND line > ? AND line <= ?`, run, after, after + READ_STEP)
    .filter((cells) => matches(cells, filter))
    .map((cells) => toStatus(db, shapes, cells));
}

/** Every condition given must hold. */
export function matches(cells: Cells, filter: TargetFilter): boolean {
  const { outcome, fingerprint } = cells;
  return (
    (filter.outcome === undefined || filter.outcome.some((wanted) => wanted === outcome)) &&
    (filter.pending === undefined || filter.pending === (outcome === null)) &&
    (filter.fingerprint === undefined || filter.fingerprint === fingerprint)
  );
}

function toStatus(db: Connection, shapes: Shapes, cells: Cells): TargetStatus {
  return {
    line: asNumber(cells["line"]),
    kind: cells["kind"] === "bulk" ? "bulk" : "mailbox",
    id: asText(cells["id"]),
    objectId: asText(cells["object_id"]),
    label: asText(cells["label"]),
    data: shapes.unpack(db, asNumber(cells["shape"]), asText(cells["data"])),
    outcome: optional(cells["outcome"], asOutcome),
    reason: optional(cells["reason"], asText),
    requestId: optional(cells["request_id"], asText),
    fingerprint: optional(cells["fingerprint"], asText),
    rows: asNumber(cells["rows"]),
    redrive: asNumber(cells["redrive"]),
    settledAtMs: optional(cells["settled_at"], asNumber),
  };
}

export function asOutcome(cell: Cell): Outcome {
  const outcome = OUTCOMES.find((known) => known === cell);
  if (outcome === undefined) {
    throw new JournalError(`Cannot read a target: its outcome is "${String(cell)}"`, "Update this program");
  }
  return outcome;
}
