/**
 * Evidence: everything a run can be proved from, as it is kept, in one order: the run, the ids of its manifest as they are hashed, its lines
 * with what belongs to them, the run again. A recount is fed with it, and a bundle is made of it.
 */
import { ahead } from "./ahead.ts";
import { asNumber, asText } from "./cells.ts";
import type { Cells } from "./cells.ts";
import { TARGET_KINDS } from "./contract/targets.ts";
import type { RunRecord } from "./contract/runs.ts";
import type { TargetKind } from "./contract/targets.ts";

/** What verifying needs of a run record. */
export type VerifiedRun = Pick<
  RunRecord,
  | "id"
  | "job"
  | "tenant"
  | "tenantId"
  | "params"
  | "scope"
  | "naiveCallsPerTarget"
  | "createdAtMs"
  | "state"
  | "manifest"
  | "outcomes"
  | "rows"
  | "noise"
  | "counts"
  | "chain"
>;

/** @typeParam Run what is known of the run */
export type Evidence<Run = RunRecord> =
  | { readonly is: "run"; readonly run: Run }
  /** `line` and `id` of some targets, ascending by id; kinds come in the order of `TARGET_KINDS`. */
  | { readonly is: "ids"; readonly kind: TargetKind; readonly ids: readonly Cells[] }
  | Names
  | ({ readonly is: "lines" } & Lines)
  /** Rows of the lines that came last, by line, take and number. */
  | { readonly is: "rows"; readonly rows: readonly Cells[] };

/** The names that bodies of this shape lack, a JSON array. */
export interface Names {
  readonly is: "names";
  readonly shape: number;
  readonly names: string;
}

/** A stretch of the manifest in line order. Without targets: what claims to belong to lines after the last. */
export interface Lines {
  readonly targets: readonly Cells[];
  /** What the targets had before they were opened again. */
  readonly earlier: readonly Cells[];
  readonly intents: readonly Cells[];
}

export interface Read<T> {
  readonly found: T;
  /** Of shapes that were not met before. */
  readonly names: readonly Names[];
}

/** Where a row lies. */
export type RowPlace = readonly [line: number, take: number, n: number];

/** Where evidence is read from, a step at a time. */
export interface EvidenceSource {
  /** The run as it stands; `mark` changes when what was read before is of no use any more. */
  standing(): Promise<{ readonly run: RunRecord; readonly mark: string }>;
  ids(kind: TargetKind, after: string): Promise<readonly Cells[]>;
  lines(after: number): Promise<Read<Lines>>;
  /** Rows of lines up to `to`. */
  rows(after: RowPlace, to: number): Promise<Read<readonly Cells[]>>;
}

/** The run was planned or redriven while it was read. */
export class ChangedMeanwhile extends Error {
  override readonly name = "ChangedMeanwhile";
}

/** The largest line and take that both journals can be asked for. */
const MOST = 2 ** 31 - 1;

/** @throws {ChangedMeanwhile} */
export function gather(source: EvidenceSource): AsyncGenerator<Evidence, void> {
  return ahead(steps(source));
}

async function* steps(source: EvidenceSource): AsyncGenerator<Evidence, void> {
  const { run, mark } = await source.standing();
  yield { is: "run", run };
  for (const kind of TARGET_KINDS) {
    for (let after = ""; ;) {
      const ids = await source.ids(kind, after);
      if (ids.length === 0) break;
      yield { is: "ids", kind, ids };
      after = asText(ids.at(-1)?.["id"]);
    }
  }
  for (let after = 0; ;) {
    const { found, names } = await source.lines(after);
    yield* names;
    yield { is: "lines", ...found };
    const last = found.targets.at(-1);
    const to = last === undefined ? MOST : asNumber(last["line"]);
    yield* gatherRows(source, after, to);
    if (last === undefined) break;
    after = to;
  }
  const end = await source.standing();
  if (end.mark !== mark) throw new ChangedMeanwhile();
  yield { is: "run", run: end.run };
}

async function* gatherRows(
  source: EvidenceSource,
  after: number,
  to: number,
): AsyncGenerator<Evidence, void> {
  for (let place: RowPlace = [after, MOST, 0]; ;) {
    const { found, names } = await source.rows(place, to);
    const last = found.at(-1);
    if (last === undefined) return;
    yield* names;
    yield { is: "rows", rows: found };
    place = [asNumber(last["line"]), asNumber(last["take"]), asNumber(last["n"])];
  }
}
