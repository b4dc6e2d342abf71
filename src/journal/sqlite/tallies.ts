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

/** Counters of one kind by name, those at zero left out. */
export function talliesOf(db: Connection, run: number, kind: TallyKind): ReadonlyMap<string, number> {
  return new Map(
    db
      .all("SELECT name, value FROM tallies WHERE run = ? AND kind = ? AND value <> 0", run, kind)
      .map((cells) => [asText(cells["name"]), asNumber(cells["value"])] as const),
  );
}
