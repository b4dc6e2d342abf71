/** The manifest: adding targets, forgetting them, hashing and sealing. */
import { createHash } from "node:crypto";
import { asNumber, asText } from "../cells.ts";
import { bytesOf, manifestLink } from "../chain.ts";
import { TARGET_KINDS } from "../contract/targets.ts";
import type { Manifest, NewTarget, TargetKind } from "../contract/targets.ts";
import { inSteps } from "../in-steps.ts";
import type { RunHead } from "../records.ts";
import { manifestRefusal, mustBeOpen, mustHaveId } from "../refusals.ts";
import { crashPoint } from "../../test-points.ts";
import type { Cells, Connection } from "./connection.ts";
import { type Ground, LAZY } from "./ground.ts";
import { clearSomeEntries, mergeIndex, sweepEntries } from "./principals.ts";
import { headOf, readRun } from "./run-record.ts";
import type { Shapes } from "./shapes.ts";
import { READ_STEP, WRITE_STEP } from "./steps.ts";

export function manifestOn(on: Ground): Manifest {
  const { writer } = on;
  return {
    async addTargets(run, targets, filling) {
      let added = 0;
      for (const some of inSteps(targets, WRITE_STEP)) {
        added += await writer.write(some.length, (db) => addTargets(db, on.shapes, run, some, filling), LAZY);
        crashPoint("manifest.part-added");
      }
      return added;
    },

    async clearTargets(run) {
      const filling = await on.write((db) => beginFilling(db, run));
      while (!(await writer.write(WRITE_STEP, (db) => clearSomeTargets(db, run, filling))));
      while (!(await writer.write(WRITE_STEP, (db) => clearSomeKeys(db, run, filling))));
      while (await writer.write(WRITE_STEP, (db) => sweepEntries(db, run)));
      return filling;
    },

    async sealManifest(run, filling) {
      // From here on the index is asked, and seldom added to.
      await mergeIndex(on, run, "all");
      for (;;) {
        const [key, changes] = await on.read((db) => {
          const { key } = headOf(db, run);
          return [key, manifestChanges(db, key)] as const;
        });
        const { sha256 } = await on.reader.readThrough((db) => hashManifest(db, key));
        if (await on.write((db) => sealManifest(db, run, { changes, sha256 }, filling))) break;
      }
      crashPoint("manifest.sealed");
      const record = await on.read((db) => readRun(db, run));
      if (record?.manifest === undefined)
        throw new Error(`Cannot read back the sealed manifest of run "${run}"`);
      return record.manifest;
    },
  };
}

function addTargets(
  db: Connection,
  shapes: Shapes,
  id: string,
  targets: readonly NewTarget[],
  filling: number | undefined,
): number {
  const run = openManifest(db, id, filling);
  let line = run.targets;
  for (const target of targets) {
    mustHaveId(target, id);
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

function beginFilling(db: Connection, id: string): number {
  const { key } = openManifest(db, id, undefined);
  return asNumber(
    db.get("UPDATE runs SET filling = filling + 1 WHERE key = ? RETURNING filling", key)?.["filling"],
  );
}

/** Forgets lines from the end. @returns true when none are left */
function clearSomeTargets(db: Connection, id: string, filling: number): boolean {
  const run = openManifest(db, id, filling);
  if (db.get("SELECT 1 FROM tallies WHERE run = ? AND kind = 'outcome' LIMIT 1", run.key) !== undefined) {
    throw manifestRefusal(id, "targets of it have outcomes");
  }
  const keep = Math.max(0, run.targets - WRITE_STEP);
  resize(db, run.key, -db.run("DELETE FROM targets WHERE run = ? AND line > ?", run.key, keep));
  return keep === 0;
}

/** Forgets some of the principal index. @returns true when nothing is left of it */
function clearSomeKeys(db: Connection, id: string, filling: number): boolean {
  openManifest(db, id, filling);
  return clearSomeEntries(db, id);
}

function openManifest(db: Connection, id: string, filling: number | undefined): RunHead {
  const run = headOf(db, id);
  mustBeOpen(run, id, filling);
  return run;
}

function resize(db: Connection, run: number, by: number): void {
  db.run(
    "UPDATE runs SET targets = targets + ?, manifest_changes = manifest_changes + 1 WHERE key = ?",
    by,
    run,
  );
}

/** What a manifest is known by while it is counted: it changes with every change of the manifest. */
function manifestChanges(db: Connection, run: number): number {
  return asNumber(db.get("SELECT manifest_changes FROM runs WHERE key = ?", run)?.["manifest_changes"]);
}

/** Ids after `after` of one kind with their lines, ascending by id; at most `READ_STEP`. */
export function someIds(db: Connection, run: number, kind: TargetKind, after: string): readonly Cells[] {
  // Mailboxes are so many that the rest has an index of its own.
  return db.all(
    `SELECT id, line FROM targets INDEXED BY ${kind === "mailbox" ? "target_ids" : "other_ids"}
     WHERE run = ? AND id > ? AND kind = '${kind}' ${kind === "mailbox" ? "" : "AND kind <> 'mailbox'"}
     ORDER BY id LIMIT ${READ_STEP}`,
    run,
    after,
  );
}

/** Hashes all lines, sorted by kind and id; yields between steps, and returns count and hash. */
function* hashManifest(db: Connection, run: number): Generator<undefined, { count: number; sha256: string }> {
  const digest = createHash("sha256");
  let count = 0;
  for (const kind of TARGET_KINDS) {
    let after = "";
    for (;;) {
      const ids = someIds(db, run, kind, after).map((cells) => asText(cells["id"]));
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
function sealManifest(
  db: Connection,
  id: string,
  { changes, sha256 }: { readonly changes: number; readonly sha256: string },
  filling: number | undefined,
): boolean {
  const run = headOf(db, id);
  if (run.sha256 !== undefined) return true;
  mustBeOpen(run, id, filling);
  return (
    db.run(
      `UPDATE runs SET manifest_sha256 = ?1, chain_head = ?2, chain_sealed = ?2, chain_sealed_after = chain_length
       WHERE key = ?3 AND manifest_changes = ?4`,
      sha256,
      bytesOf(manifestLink(run.tip.head, { count: run.targets, sha256 })),
      run.key,
      changes,
    ) > 0
  );
}
