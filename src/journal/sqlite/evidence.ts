/** Evidence of a run as the file keeps it. Each step is true at one moment; what changes between two is told by the mark. */
import { setImmediate as breathe } from "node:timers/promises";
import { asNumber } from "../cells.ts";
import type { EvidenceSource, Names } from "../evidence.ts";
import { INTENT_COLUMNS } from "../intents.ts";
import { unknownRun } from "../refusals.ts";
import type { Cells, Connection } from "./connection.ts";
import { someIds } from "./manifest.ts";
import type { Reader } from "./reader.ts";
import { headOf, readRun } from "./run-record.ts";
import { READ_STEP } from "./steps.ts";

export async function evidenceOf(reader: Reader, id: string): Promise<EvidenceSource> {
  const { key } = await reader.read((db) => headOf(db, id));
  const known = new Set<unknown>([0]);
  const step = async <T>(work: (db: Connection) => T): Promise<T> => {
    await breathe();
    return reader.read(work);
  };
  return {
    standing: () =>
      step((db) => {
        const run = readRun(db, id);
        if (run === undefined) throw unknownRun(id);
        return { run, mark: markOf(db, key) };
      }),
    ids: (kind, after) => step((db) => someIds(db, key, kind, after)),
    lines: (after) =>
      step((db) => {
        const targets = db.all(
          `SELECT * FROM targets WHERE run = ? AND line > ? ORDER BY line LIMIT ${READ_STEP}`,
          key,
          after,
        );
        const to = asNumber(targets.at(-1)?.["line"] ?? Number.MAX_SAFE_INTEGER);
        const of = (table: string, columns: string, order: string): readonly Cells[] =>
          db.all(
            `SELECT ${columns} FROM ${table} WHERE run = ? AND line > ? AND line <= ? ORDER BY line, ${order}`,
            key,
            after,
            to,
          );
        const [earlier, intents] = [of("earlier", "*", "redrive"), of("intents", INTENT_COLUMNS, "n")];
        return { found: { targets, earlier, intents }, names: newNames(db, known, targets) };
      }),
    rows: ([line, take, n], to) =>
      step((db) => {
        const found = db.all(
          `SELECT line, take, n, about, noise, shape, body FROM found
           WHERE run = ? AND line <= ? AND (line, take, n) > (?, ?, ?) ORDER BY line, take, n LIMIT ${READ_STEP}`,
          key,
          to,
          line,
          take,
          n,
        );
        return { found, names: newNames(db, known, found) };
      }),
  };
}

/** Names of the shapes that are not known yet. */
function newNames(db: Connection, known: Set<unknown>, found: readonly Cells[]): readonly Names[] {
  const shapes = new Set(found.map((cells) => cells["shape"]));
  return [...shapes].flatMap((cell) => {
    if (known.has(cell)) return [];
    known.add(cell);
    const shape = asNumber(cell);
    const names = db.get("SELECT names FROM shapes WHERE key = ?", shape)?.["names"];
    return [{ is: "names", shape, names: typeof names === "string" ? names : "" } as const];
  });
}

/** Changes when targets are added, forgotten or opened again, and when the manifest is sealed. */
function markOf(db: Connection, run: number): string {
  const cells = db.get("SELECT manifest_changes, reopened, manifest_sha256 FROM runs WHERE key = ?", run);
  return JSON.stringify(cells);
}
