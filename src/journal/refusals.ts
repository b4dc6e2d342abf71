/** What a journal does not do, in the same words whatever it is kept in. */
import { JournalError } from "./contract/errors.ts";
import { isOver } from "./contract/runs.ts";
import type { Decision } from "./contract/settlements.ts";
import type { NewTarget } from "./contract/targets.ts";
import type { RunHead } from "./records.ts";

export function unknownRun(id: string): JournalError {
  return new JournalError(`Cannot find run "${id}"`, "List the runs to see which ids there are");
}

export function idInUse(id: string): JournalError {
  return new JournalError(`Cannot create run "${id}": there is one with this id`, "Choose another id");
}

export function manifestRefusal(id: string, fact: string): JournalError {
  return new JournalError(
    `Cannot change the manifest of run "${id}": ${fact}`,
    "Start a new run for other targets",
  );
}

/** @throws {JournalError} when the manifest is sealed, the run is over, or another filling than the one given has begun */
export function mustBeOpen(run: RunHead, id: string, filling: number | undefined): void {
  if (run.sha256 !== undefined) throw manifestRefusal(id, "it is sealed");
  if (isOver(run.state)) throw manifestRefusal(id, `the run is ${run.state}`);
  if (filling === undefined || filling === run.filling) return;
  throw new JournalError(
    `Cannot change the manifest of run "${id}": another process has begun it anew`,
    "Nothing needs to be done: that process goes on with it",
  );
}

/** @throws {JournalError} when a target has no id */
export function mustHaveId(target: NewTarget, run: string): void {
  if (target.id === "") throw manifestRefusal(run, `"${target.label}" has no id`);
}

/** @throws {JournalError} while the lines of the manifest may still change */
export function mustBeSealed(run: RunHead, id: string): void {
  if (run.sha256 !== undefined) return;
  throw new JournalError(
    `Cannot record results of run "${id}": its manifest is not sealed`,
    "Seal the manifest before work begins",
  );
}

export function unknownLine(line: number, run: RunHead): JournalError {
  return new JournalError(
    `Cannot find line ${line}: the manifest of the run has ${run.targets} lines`,
    "This is a mistake in the program; please report it",
  );
}

/** @throws {JournalError} when a decision leaves everything as it is */
export function mustDecide({ line, outcome }: Decision): void {
  if (outcome !== "unresolved") return;
  throw new JournalError(
    `Cannot decide on line ${line}: it is ${outcome} already`,
    "Give it another outcome, or none to have it tried again",
  );
}

/** @throws {JournalError} when a row is about a line that is not in the manifest */
export function mustBeInManifest(about: number, line: number, run: RunHead): void {
  if (about >= 1 && about <= run.targets) return;
  throw new JournalError(
    `Cannot add a row to line ${line}: it is about line ${about}, the manifest has ${run.targets} lines`,
    "This is a mistake in the job; please report it",
  );
}
