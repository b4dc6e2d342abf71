/** The manifest: adding targets, forgetting them, hashing and sealing. */
import { createHash } from "node:crypto";
import { asNumber, asText } from "../cells.ts";
import type { Cells } from "../cells.ts";
import { bytesOf, manifestLink } from "../chain.ts";
import { TARGET_KINDS } from "../contract/targets.ts";
import type { Manifest, NewTarget, TargetKind } from "../contract/targets.ts";
import { inSteps } from "../in-steps.ts";
import type { RunHead } from "../records.ts";
import { manifestRefusal, mustBeOpen, mustHaveId } from "../refusals.ts";
import { crashPoint } from "../../test-points.ts";
import type { Session } from "./database.ts";
import type { Ground } from "./ground.ts";
import { clearSomeEntries } from "./principals.ts";
import { headOf, lockRun } from "./run-record.ts";
import { READ_STEP, WRITE_STEP } from "./steps.ts";

export function manifestOn(on: Ground): Manifest {
  const { database } = on;
  return {
    addTargets: (run, added, filling) =>
      on.do(async () => {
        let count = 0;
        for (const some of inSteps(added, WRITE_STEP)) {
          count += await database.write((db) => addTargets(db, run, some, filling));
          crashPoint("manifest.part-added");
        }
        return count;
      }),

    clearTargets: (run) =>
      on.do(async () => {
        const filling = await database.write((db) => beginFilling(db, run));
        while (!(await database.write((db) => clearSomeTargets(db, run, filling))));
        while (!(await database.write((db) => clearSomeKeys(db, run, filling))));
        return filling;
      }),

    sealManifest: (run, filling) =>
      on.do(async () => {
        for (;;) {
          const counted = await database.snapshot((db) => countManifest(db, run));
          const sealed = await database.write((db) => sealManifest(db, run, counted, filling));
          if (sealed === undefined) continue;
          crashPoint("manifest.sealed");
          return sealed;
        }
      }),
  };
}

/** @returns how many were new */
async function addTargets(
  db: Session,
  id: string,
  targets: readonly NewTarget[],
  filling: number | undefined,
): Promise<number> {
  const run = await lockRun(db, id);
  mustBeOpen(run, id, filling);
  for (const target of targets) mustHaveId(target, id);
  const unique = [...firstById(targets).values()];
  const added = await db.run(
    `INSERT INTO targets (run, line, kind, id, object_id, label, data)
     SELECT $1, $2 + row_number() OVER (ORDER BY place), kind, id, object_id, label, data
     FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) WITH ORDINALITY
       AS added (kind, id, object_id, label, data, place)
     WHERE NOT EXISTS (SELECT FROM targets known WHERE known.run = $1 AND known.id = added.id)`,
    run.key,
    run.targets,
    unique.map(({ kind }) => kind),
    unique.map(({ id }) => id),
    unique.map(({ objectId }) => objectId),
    unique.map(({ label }) => label),
    unique.map(({ data }) => JSON.stringify(data)),
  );
  if (added > 0) await resize(db, run, added);
  return added;
}

function firstById(targets: readonly NewTarget[]): ReadonlyMap<string, NewTarget> {
  const first = new Map<string, NewTarget>();
  for (const target of targets) if (!first.has(target.id)) first.set(target.id, target);
  return first;
}

async function beginFilling(db: Session, id: string): Promise<number> {
  const run = await lockRun(db, id);
  mustBeOpen(run, id, undefined);
  const begun = await db.get(
    "UPDATE runs SET filling = filling + 1 WHERE key = $1 RETURNING filling",
    run.key,
  );
  return asNumber(begun?.["filling"]);
}

/** Forgets some of the principal index. @returns true when nothing is left of it */
async function clearSomeKeys(db: Session, id: string, filling: number): Promise<boolean> {
  mustBeOpen(await lockRun(db, id), id, filling);
  return clearSomeEntries(db, id);
}

/** Forgets lines from the end. @returns true when none are left */
async function clearSomeTargets(db: Session, id: string, filling: number): Promise<boolean> {
  const run = await lockRun(db, id);
  mustBeOpen(run, id, filling);
  if (
    (await db.get("SELECT FROM tallies WHERE run = $1 AND kind = 'outcome' LIMIT 1", run.key)) !== undefined
  )
    throw manifestRefusal(id, "targets of it have outcomes");
  const keep = Math.max(0, run.targets - WRITE_STEP);
  await resize(db, run, -(await db.run("DELETE FROM targets WHERE run = $1 AND line > $2", run.key, keep)));
  return keep === 0;
}

async function resize(db: Session, run: RunHead, by: number): Promise<void> {
  await db.run(
    "UPDATE runs SET targets = targets + $2, manifest_changes = manifest_changes + 1 WHERE key = $1",
    run.key,
    by,
  );
}

/** Ids after `after` of one kind with their lines, ascending by id; at most `READ_STEP`. */
export function someIds(
  db: Session,
  run: number,
  kind: TargetKind,
  after: string,
): Promise<readonly Cells[]> {
  return db.all(
    `SELECT id, line FROM targets WHERE run = $1 AND id > $2 AND kind = '${kind}' ${kind === "mailbox" ? "" : "AND kind <> 'mailbox'"}
     ORDER BY id LIMIT ${READ_STEP}`,
    run,
    after,
  );
}

/** Hashes all lines, sorted by kind and id. */
async function hashManifest(db: Session, run: number): Promise<string> {
  const digest = createHash("sha256");
  for (const kind of TARGET_KINDS) {
    let after = "";
    for (;;) {
      const ids = (await someIds(db, run, kind, after)).map((cells) => asText(cells["id"]));
      digest.update(ids.map((id) => `${kind}\t${id}\n`).join(""));
      after = ids.at(-1) ?? after;
      if (ids.length < READ_STEP) break;
    }
  }
  return digest.digest("hex");
}

/** What is to be sealed, read at one moment: the run is not locked for as long as that takes. */
async function countManifest(
  db: Session,
  id: string,
): Promise<{ readonly changes: number; readonly sha256: string }> {
  const { key } = await headOf(db, id);
  const changes = await db.get("SELECT manifest_changes FROM runs WHERE key = $1", key);
  return { changes: asNumber(changes?.["manifest_changes"]), sha256: await hashManifest(db, key) };
}

/** @returns what is sealed; undefined when the manifest was changed since it was counted */
async function sealManifest(
  db: Session,
  id: string,
  { changes, sha256 }: { readonly changes: number; readonly sha256: string },
  filling: number | undefined,
): Promise<{ readonly count: number; readonly sha256: string } | undefined> {
  const run = await lockRun(db, id);
  if (run.sha256 !== undefined) return { count: run.targets, sha256: run.sha256 };
  mustBeOpen(run, id, filling);
  const sealed = await db.run(
    `UPDATE runs SET manifest_sha256 = $2, chain_head = $4, chain_sealed = $4, chain_sealed_after = chain_length
     WHERE key = $1 AND manifest_changes = $3`,
    run.key,
    sha256,
    changes,
    bytesOf(manifestLink(run.tip.head, { count: run.targets, sha256 })),
  );
  return sealed === 0 ? undefined : { count: run.targets, sha256 };
}
