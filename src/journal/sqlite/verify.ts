/** Recounts a run from its lines up, in steps, and says in sentences where it is not what it says. */
import { isOver } from "../journal.ts";
import type { RunRecord, Verification } from "../journal.ts";
import { asBytes, asNumber, asText, optional } from "./connection.ts";
import type { Cells, Connection } from "./connection.ts";
import { headOf, readRun } from "./runs.ts";
import { Seal } from "./seal.ts";
import { countsIn } from "./settle.ts";
import { READ_STEP } from "./steps.ts";
import { asOutcome, hashManifest } from "./targets.ts";

/** Problems are listed this far, then counted. */
const MOST_PROBLEMS = 20;

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

class Recount {
  readonly totals = new Map<string, number>();
  readonly problems = new Problems();
  settled = 0;
  pending = 0;

  add(name: string, by: number): void {
    this.totals.set(name, (this.totals.get(name) ?? 0) + by);
  }
}

/** A settled line whose rows are being counted. */
interface Line {
  readonly line: number;
  readonly take: number;
  readonly cells: Cells;
  readonly seal: Seal;
  rows: number;
}

/** Walks targets and rows side by side, both in line order. A target is read before its rows: those of its take do not change any more. */
function* recountLines(db: Connection, run: number): Generator<undefined, Recount> {
  const recount = new Recount();
  let expected = 1;
  for (let after = 0; ; after += READ_STEP) {
    const targets = db.all(
      `SELECT line, outcome, reason, request_id, fingerprint, settled_at, take, takes, rows, noise, counts, seal
       FROM targets WHERE run = ? AND line > ? AND line <= ?`,
      run,
      after,
      after + READ_STEP,
    );
    for (const cells of targets) {
      const line = asNumber(cells["line"]);
      if (line !== expected)
        recount.problems.add(`Lines ${expected} to ${line - 1} are missing from the manifest`);
      expected = line + 1;
    }
    yield* recountStep(db, run, { after, targets, last: targets.length === 0 }, recount);
    if (targets.length === 0) return recount;
    yield;
  }
}

function* recountStep(
  db: Connection,
  run: number,
  step: { readonly after: number; readonly targets: readonly Cells[]; readonly last: boolean },
  recount: Recount,
): Generator<undefined, void> {
  const lines = new Map<number, Line>();
  const known = new Map(step.targets.map((cells) => [asNumber(cells["line"]), asNumber(cells["takes"])]));
  for (const cells of step.targets) {
    if (cells["outcome"] === null) {
      recount.pending += 1;
      continue;
    }
    const line = asNumber(cells["line"]);
    lines.set(line, { line, take: asNumber(cells["take"]), cells, seal: new Seal(), rows: 0 });
  }
  const to = step.last ? Number.MAX_SAFE_INTEGER : step.after + READ_STEP;
  let [atLine, atTake, atN] = [step.after, Number.MAX_SAFE_INTEGER, 0];
  for (;;) {
    const rows = db.all(
      `SELECT line, take, n, about, noise, shape, body FROM found
       WHERE run = ? AND line <= ? AND (line, take, n) > (?, ?, ?) ORDER BY line, take, n LIMIT ${READ_STEP}`,
      run,
      to,
      atLine,
      atTake,
      atN,
    );
    for (const cells of rows) {
      [atLine, atTake, atN] = [asNumber(cells["line"]), asNumber(cells["take"]), asNumber(cells["n"])];
      if (!known.has(atLine)) recount.problems.add(`Line ${atLine} has rows and is not in the manifest`);
      const line = lines.get(atLine);
      if (line?.take === atTake) countRow(line, cells, recount);
    }
    if (rows.length < READ_STEP) break;
    yield;
  }
  for (const line of lines.values()) countLine(line, recount);
}

function countRow(line: Line, cells: Cells, recount: Recount): void {
  const noise = optional(cells["noise"], asText);
  line.rows += 1;
  line.seal.addRow(
    asNumber(cells["n"]),
    asNumber(cells["about"]),
    noise ?? null,
    asNumber(cells["shape"]),
    asText(cells["body"]),
  );
  recount.add("rows", 1);
  if (noise !== undefined) recount.add(`noise ${noise}`, 1);
}

function countLine(line: Line, recount: Recount): void {
  const { cells } = line;
  const outcome = asOutcome(cells["outcome"]);
  const rows = asNumber(cells["rows"]);
  recount.settled += 1;
  recount.add(`outcome ${outcome}`, 1);
  for (const [name, by] of Object.entries(countsIn(cells["counts"]))) recount.add(`count ${name}`, by);
  if (line.rows !== rows)
    recount.problems.add(`Line ${line.line} was settled with ${rows} rows and has ${line.rows}`);
  line.seal.addOutcome(line.line, {
    outcome,
    reason: optional(cells["reason"], asText) ?? null,
    requestId: optional(cells["request_id"], asText) ?? null,
    fingerprint: optional(cells["fingerprint"], asText) ?? null,
    settledAtMs: asNumber(cells["settled_at"]),
    rows,
    counts: optional(cells["counts"], asText) ?? null,
  });
  if (!line.seal.equals(optional(cells["seal"], asBytes))) {
    recount.problems.add(`Line ${line.line} is not what it was when it was settled`);
  }
}

class Problems {
  readonly #listed: string[] = [];
  #more = 0;

  add(problem: string): void {
    if (this.#listed.at(-1) === problem) return;
    if (this.#listed.length < MOST_PROBLEMS) this.#listed.push(problem);
    else this.#more += 1;
  }

  list(): readonly string[] {
    return this.#more === 0 ? this.#listed : [...this.#listed, `${this.#more} more problems`];
  }
}
