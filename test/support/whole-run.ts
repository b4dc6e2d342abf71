/** What every finished run of a whole tenant promises, whatever happened on the way. */
import { expect } from "vitest";
import type { EmulatedService } from "./emulated-service.ts";
import { difference, factOfRow, factOfTruth, NO_DIFFERENCE, readCsv } from "./facts.ts";
import { type Site, sha256 } from "./site.ts";

/** The rows are the truth, the manifest is the tenant, every line has one outcome, and all of it can be proved again. */
export async function expectWhole(site: Site, emulator: EmulatedService, run: string): Promise<void> {
  const { tenantId, manifest, outcomes, state } = await site.app.runs.get(run);
  const targets = await site.targets(run);
  expect(targets.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  const file = await site.exported(run);
  const rows = await readCsv(file);

  expect(difference((await emulator.truth(tenantId)).map(factOfTruth), rows.map(factOfRow))).toEqual(
    NO_DIFFERENCE,
  );
  const mailboxes = targets.filter(({ kind }) => kind === "mailbox").map(({ id }) => id);
  expect(difference(await emulator.targets(tenantId), mailboxes)).toEqual(NO_DIFFERENCE);
  expect(targets.map(({ line }) => line)).toEqual(targets.map((_, index) => index + 1));
  expect({ state, count: manifest?.count, outcomes }).toEqual({
    state: "complete",
    count: targets.length,
    outcomes: { ok: targets.length },
  });
  expect((await site.app.runs.verify(run)).problems).toEqual([]);
  expect(await sha256(await site.exported(run))).toBe(await sha256(file));
}
