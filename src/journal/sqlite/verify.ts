/** Recounts a run from its lines up, in steps, and says in sentences where it is not what it says. */
import { isOver } from "../journal.ts";
import type { RunRecord, Verification } from "../journal.ts";
import { asNumber } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { hashManifest } from "./manifest.ts";
import { recountLines } from "./recount.ts";
import { headOf, readRun } from "./run-record.ts";

/** Yields between steps; answers the verification, or `undefined` when the run was redriven or replanned meanwhile. */
export function* verifyInSteps(db: Connection, id: string): Generator<undefined, Verification | undefined> {
  const run = headOf(db, id).key;
  const before = marksOf(db, run);
  const recordBefore = readRun(db, id);
  const manifest = yield* hashManifest(db, run);
  const recount = yield* recountLines(db, run);
  const recordAfter = readRun(db, id);
  const after = marksOf(db, run);
  if (before !== after || recordBefore === undefined || recordAfter === undefined) return undefined;
  const { problems, settled, pending, totals } = recount;
  if (isOver(recordBefore.state) && pending > 0) {
    problems.add(`The run is ${recordBefore.state}, but ${pending} targets have no outcome`);
  }
  for (const problem of compareManifest(recordAfter.manifest, manifest)) problems.add(problem);
  for (const problem of compareCounters(recordBefore, recordAfter, totals)) problems.add(problem);
  return {
    targets: manifest.count,
    outcomes: settled,
    rows: totals.get("rows") ?? 0,
    sha256: manifest.sha256,
    problems: problems.list(),
  };
}

function compareManifest(
  sealed: RunRecord["manifest"],
  counted: { readonly count: number; readonly sha256: string },
): readonly string[] {
  if (sealed === undefined) return [];
  return [
    ...(sealed.count === counted.count
      ? []
      : [`The manifest was sealed with ${sealed.count} lines and has ${counted.count}`]),
    ...(sealed.sha256 === counted.sha256
      ? []
      : [`The manifest was sealed as ${sealed.sha256} and now hashes to ${counted.sha256}`]),
  ];
}

/** Work goes on while we count, so each count must lie between what the run said before and after; for a run at rest they are equal. */
function compareCounters(
  before: RunRecord,
  after: RunRecord,
  totals: ReadonlyMap<string, number>,
): readonly string[] {
  const low = countersOf(before);
  const high = countersOf(after);
  const names = [...new Set([...high.keys(), ...totals.keys()])];
  return names.flatMap((name) => {
    const [counted, least, most] = [totals.get(name) ?? 0, low.get(name) ?? 0, high.get(name) ?? 0];
    return counted >= least && counted <= most
      ? []
      : [`The run says ${most} for ${name}, its lines add up to ${counted}`];
  });
}

function countersOf(run: RunRecord): ReadonlyMap<string, number> {
  return new Map([
    ["rows", run.rows],
    ...Object.entries(run.outcomes).map(([name, n]) => [`outcome ${name}`, n] as const),
    ...Object.entries(run.noise).map(([name, n]) => [`noise ${name}`, n] as const),
    ...Object.entries(run.counts).map(([name, n]) => [`count ${name}`, n] as const),
  ]);
}

/** Changes when targets are added, forgotten or opened again: then what was counted so far is of no use. */
function marksOf(db: Connection, run: number): string {
  const cells = db.get("SELECT manifest_changes, reopened FROM runs WHERE key = ?", run);
  return `${asNumber(cells?.["manifest_changes"])} ${asNumber(cells?.["reopened"])}`;
}
