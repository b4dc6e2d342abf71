/** The principal index: values, found under any of their keys. */
import { hash } from "node:crypto";
import { asJson, asNumber, asText } from "../cells.ts";
import type { IndexEntry, Principals } from "../contract/principals.ts";
import type { Json } from "../contract/json.ts";
import { inSteps } from "../in-steps.ts";
import type { Session } from "./database.ts";
import type { Ground } from "./ground.ts";
import { lockRun } from "./run-record.ts";
import { WRITE_STEP } from "./steps.ts";

/** Two keys of a tenant do not meet in so much of a SHA-256, neither by chance nor by somebody's choice of name. */
const HASH_BYTES = 16;

export function principalsOn(on: Ground): Principals {
  return {
    putIndex: (run, entries) =>
      on.do(async () => {
        for (const some of inSteps(entries, WRITE_STEP))
          await on.database.write((db) => putEntries(db, run, some));
      }),

    lookUp: (run, keys) => on.read(async (db) => lookUp(db, await on.keyOf(db, run), keys)),
  };
}

async function putEntries(db: Session, id: string, entries: readonly IndexEntry[]): Promise<void> {
  const { key: run } = await lockRun(db, id);
  // Numbers that are never given out twice: entries are older and newer by them.
  const taken = await db.get(
    "UPDATE runs SET numbers = numbers + $2 WHERE key = $1 RETURNING numbers",
    run,
    entries.length,
  );
  const first = asNumber(taken?.["numbers"]) - entries.length + 1;
  await db.run(
    "INSERT INTO entries (run, n, id, value) SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[])",
    run,
    entries.map((_, place) => first + place),
    entries.map(({ id }) => id),
    entries.map(({ value }) => JSON.stringify(value)),
  );
  const keys = entries.flatMap(({ keys }, place) =>
    keys.map((key) => ({ hash: hashOf(key), n: first + place })),
  );
  await db.run(
    `INSERT INTO entry_keys (run, hash, n) SELECT $1, * FROM unnest($2::bytea[], $3::bigint[]) ON CONFLICT DO NOTHING`,
    run,
    keys.map(({ hash }) => hash),
    keys.map(({ n }) => n),
  );
}

/** Forgets some entries and some keys, in the order of their tables. @returns true when none are left */
export async function clearSomeEntries(db: Session, id: string): Promise<boolean> {
  const { key } = await lockRun(db, id);
  const forget = (table: string, order: string): Promise<number> =>
    db.run(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE run = $1 ORDER BY ${order} LIMIT $2))`,
      key,
      WRITE_STEP,
    );
  return (await forget("entry_keys", "hash, n")) + (await forget("entries", "n")) === 0;
}

/** For each key the values of the entries under it, oldest first; of several with one id the newest. */
async function lookUp(
  db: Session,
  run: number,
  keys: readonly string[],
): Promise<readonly (readonly Json[])[]> {
  const under = await db.all(
    `SELECT k.place, e.id, e.value FROM unnest($2::bytea[]) WITH ORDINALITY AS k (hash, place)
       CROSS JOIN LATERAL (SELECT n FROM entry_keys WHERE run = $1 AND hash = k.hash) a
       CROSS JOIN LATERAL (SELECT id, value FROM entries WHERE run = $1 AND n = a.n LIMIT 1) e
     ORDER BY k.place, a.n`,
    run,
    keys.map(hashOf),
  );
  const found = keys.map(() => new Map<string, Json>());
  for (const { place, id, value } of under) found[asNumber(place) - 1]?.set(asText(id), asJson(value));
  return found.map((values) => [...values.values()]);
}

function hashOf(key: string): Uint8Array {
  return hash("sha256", key, "buffer").subarray(0, HASH_BYTES);
}
