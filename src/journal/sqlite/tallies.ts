/** Tallies: counters with a name, kept by run. */
import { asNumber, asText } from "../cells.ts";
import type { TallyKind } from "../records.ts";
import type { Connection } from "./connection.ts";

export function addTally(db: Connection, run: number, kind: TallyKind, name: string, by: number): void {
  if (by === 0) return;
  db.run(
    `INSERT INTO tallies (run, kind, name, value) VALUES (?, ?, ?, ?)
     ON CONFLICT (run, kind, name) DO UPDATE SET value = value + excluded.value`,
    run,
    kind,
    name,
    by,
  );
}

/** A run's counters of one kind by name, those at zero left out. All are read at once. */
export function talliesOf(db: Connection, run: number): (kind: TallyKind) => ReadonlyMap<string, number> {
  const found = Map.groupBy(
    db.lists("SELECT kind, name, value FROM tallies WHERE run = ? AND value <> 0", run),
    ([kind]) => kind,
  );
  return (kind) => new Map((found.get(kind) ?? []).map(([, name, value]) => [asText(name), asNumber(value)]));
}
