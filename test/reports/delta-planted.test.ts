/** Ten thousand planted changes: the difference of the two runs is those, all of them, and nothing else. */
import { expect, test } from "vitest";
import { difference, NO_DIFFERENCE } from "../support/facts.ts";
import { freshJournal } from "../support/journal.ts";
import { changesIn, deltaOf, writeRun } from "./delta-runs.ts";
import { HAPPENINGS, plantedTenant, SEEDS } from "./planted-tenant.ts";

test.each(SEEDS)("finds all planted changes and no others (seed %i)", { timeout: 60_000 }, async (seed) => {
  const tenant = plantedTenant(seed);
  const journal = await freshJournal();
  const before = await writeRun(journal, { id: "before", boxes: tenant.before });
  const after = await writeRun(journal, { id: "after", boxes: tenant.shuffled(tenant.after) });

  const delta = await deltaOf(journal, [before, after]);
  const found = await changesIn(delta);
  expect(difference(tenant.expected, found)).toEqual(NO_DIFFERENCE);
  expect(found).toEqual(tenant.expected.toSorted());
  expect(found.length).toBeGreaterThanOrEqual(10_000);
  expect([...tenant.planted.keys()]).toEqual(HAPPENINGS);

  const byKind = Object.groupBy(tenant.expected, (words) => words.split(" ", 1)[0] ?? "");
  for (const [kind, rows] of Object.entries(delta.counts.changes)) expect(rows).toBe(byKind[kind]?.length);
  expect(delta.counts.mailboxes.all).toBe(
    new Set([...tenant.before, ...tenant.after].map(({ id }) => id)).size,
  );
  expect(delta.gaps).toEqual([]);
  // Seen from the other end, everything added is removed.
  const back = await deltaOf(journal, [after, before]);
  const mirrored = {
    added: "removed",
    removed: "added",
    "mailbox-added": "mailbox-gone",
    "mailbox-gone": "mailbox-added",
  };
  expect(await changesIn(back)).toEqual(
    found.map((words) => words.replace(/^\S+/, (kind) => Reflect.get(mirrored, kind) ?? kind)).toSorted(),
  );
});
