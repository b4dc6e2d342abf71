/**
 * The principal index: values under keys. Keys are kept as 16 bytes of their SHA-256: small, and two different keys of a tenant will
 * not meet in it, neither by chance nor by somebody's choice of name.
 */
import { hash } from "node:crypto";
import type { IndexEntry, Json } from "../journal.ts";
import { asNumber, asText } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { headOf } from "./runs.ts";
import type { Shapes } from "./shapes.ts";

const HASH_BYTES = 16;

export function putEntries(db: Connection, shapes: Shapes, id: string, entries: readonly IndexEntry[]): void {
  const run = headOf(db, id).key;
  // Numbers are never given out twice: keys of a replaced entry point at nothing, not at somebody else.
  let n = asNumber(db.get("SELECT entries FROM runs WHERE key = ?", run)?.["entries"]);
  const keys: { readonly key: Uint8Array; readonly entry: number }[] = [];
  for (const entry of entries) {
    const self = hashOf("id", entry.id);
    for (const cells of db.all("SELECT entry FROM keys WHERE run = ? AND hash = ?", run, self)) {
      db.run("DELETE FROM entries WHERE run = ? AND n = ?", run, asNumber(cells["entry"]));
      db.run(
        "DELETE FROM keys WHERE run = ? AND hash = ? AND entry = ?",
        run,
        self,
        asNumber(cells["entry"]),
      );
    }
    n += 1;
    const { shape, text } = shapes.pack(db, entry.value);
    db.run("INSERT INTO entries (run, n, shape, value) VALUES (?, ?, ?, ?)", run, n, shape, text);
    db.run("INSERT INTO keys (run, hash, entry) VALUES (?, ?, ?)", run, self, n);
    for (const key of entry.keys) keys.push({ key: hashOf("key", key), entry: n });
  }
  // In order: neighbours share pages.
  keys.sort((a, b) => Buffer.compare(a.key, b.key));
  for (const { key, entry } of keys) {
    db.run("INSERT OR IGNORE INTO keys (run, hash, entry) VALUES (?, ?, ?)", run, key, entry);
  }
  db.run("UPDATE runs SET entries = ? WHERE key = ?", n, run);
}

/** Values of the entries under `key`, oldest first. */
export function lookUp(db: Connection, shapes: Shapes, id: string, key: string): readonly Json[] {
  return db
    .all(
      `SELECT e.shape, e.value FROM keys k JOIN entries e ON e.run = k.run AND e.n = k.entry
       WHERE k.run = ? AND k.hash = ? ORDER BY k.entry`,
      headOf(db, id).key,
      hashOf("key", key),
    )
    .map((cells) => shapes.unpack(db, asNumber(cells["shape"]), asText(cells["value"])));
}

/** `space` keeps ids and keys apart. */
function hashOf(space: "id" | "key", text: string): Uint8Array {
  return Buffer.from(hash("sha256", `${space}\t${text}`, "hex").slice(0, 2 * HASH_BYTES), "hex");
}
