/** Verifies a bundle without any journal. It comes from outside: whatever it holds, the answer is a list of problems or one clear refusal. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { asNumber, asText } from "../cells.ts";
import type { Cells } from "../cells.ts";
import type { VerifiedRun } from "../evidence.ts";
import type { Verification } from "../contract/proofs.ts";
import { Problems } from "../problems.ts";
import { Verifier } from "../verifier.ts";
import { LineMarks } from "./line-marks.ts";
import { LONGEST_BYTES, linesOf } from "./lines.ts";
import type { Line } from "./lines.ts";
import { BundleError, Unreadable, asRecord, asRun, cellsOf, checked } from "./parse.ts";
import { COLUMNS, SCHEMA_VERSION, SUMMED_FROM, lineOf, sumOf } from "./records.ts";

/** Earlier outcomes and intents of one line that are gathered; nobody redrives so often. */
const MOST_BELONGINGS = 100_000;
/** Fewer bytes than any target takes in the list of ids: so many lines at most are believed. */
const LEAST_BYTES = 5;

export interface BundleVerification extends Verification {
  /** Id of the run. */
  readonly run: string;
}

/**
 * @param head of the run's chain, noted elsewhere
 * @throws {BundleError} when the file cannot be read, is no bundle, or none that this version knows
 */
export async function verifyBundle(path: string, head?: string): Promise<BundleVerification> {
  const check = new BundleCheck(path, await sizeOf(path), head);
  reading: for await (const lines of linesOf(path)) {
    if (lines === undefined) {
      check.giveUp(`is longer than ${LONGEST_BYTES} bytes`);
      break;
    }
    for (const line of lines) if (!check.take(line)) break reading;
  }
  return check.conclude();
}

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    throw new BundleError(
      `Cannot read the bundle "${path}": there is no such file`,
      "Name a file that is there",
      {
        cause: error,
      },
    );
  }
  throw new BundleError(`Cannot read the bundle "${path}": it is no file`, "Name the file, not its folder");
}

class BundleCheck {
  readonly #path: string;
  /** The largest line number that is believed. */
  readonly #mostLines: number;
  readonly #problems: Problems;
  readonly #verifier: Verifier;
  readonly #digest = createHash("sha256");
  readonly #ids = new LineMarks();
  #sum = "";
  #number = 0;
  #run: VerifiedRun | undefined;
  /** A line of the manifest whose earlier outcomes and intents are still coming, and where it stands. */
  #line: Stretch | undefined;
  /** Where the line stands whose rows are coming. */
  #from = 0;
  #targets = 0;
  #rows = 0;
  #state: "going on" | "ended" | "given up" = "going on";

  constructor(path: string, bytes: number, head: string | undefined) {
    this.#path = path;
    this.#mostLines = Math.ceil(bytes / LEAST_BYTES);
    this.#problems = new Problems(() => ` (line ${this.#from} of the bundle)`);
    this.#verifier = new Verifier(this.#problems, head);
  }

  /** @returns false when the rest is not worth reading */
  take({ bytes, whole }: Line): boolean {
    this.#number += 1;
    try {
      this.#read(bytes, bytes.toString("utf8", 0, whole ? bytes.length - 1 : bytes.length));
    } catch (error) {
      if (error instanceof BundleError) throw error;
      // Whatever else is thrown on the way, such as for a value nested too deep, is the record's fault.
      this.giveUp(error instanceof Unreadable ? error.message : `cannot be read: ${String(error)}`);
    }
    return this.#state !== "given up";
  }

  giveUp(why: string): void {
    if (this.#run === undefined) throw this.#noBundle(`its line ${this.#number} ${why}`);
    this.#problems.add(
      `The bundle is damaged: its line ${this.#number} ${why}; what comes after it was not looked at`,
    );
    this.#state = "given up";
  }

  conclude(): BundleVerification {
    const run = this.#run;
    if (run === undefined) throw this.#noBundle("there is no run in it");
    if (this.#state === "given up") {
      const { chain } = run;
      const counts = { targets: this.#targets, outcomes: 0, rows: this.#rows };
      return { run: run.id, ...counts, sha256: "", chain, problems: this.#problems.list() };
    }
    if (this.#state === "going on") {
      this.#open();
      this.#problems.add(`The bundle was cut: it stops with its line ${this.#number}, before its end`);
    }
    return { run: run.id, ...this.#verifier.conclude() };
  }

  #noBundle(fact: string): BundleError {
    return new BundleError(
      `Cannot verify "${this.#path}": it is no bundle of a run: ${fact}`,
      "Write one with: exosweep export RUN --bundle FILE",
    );
  }

  #read(bytes: Buffer, text: string): void {
    const record = asRecord(text);
    if (this.#number === 1) this.#begin(record);
    if (this.#state === "ended") throw new Unreadable("comes after its end");
    const summed = text.slice(SUMMED_FROM);
    const sum = record["sum"];
    if (typeof sum !== "string") throw new Unreadable("has no sum");
    if (sum !== sumOf(this.#sum, summed) || text !== lineOf(sum, summed)) {
      this.#problems.add(
        `Line ${this.#number} of the bundle is not what was written there: it was edited, or lines before it were taken away, doubled or moved`,
      );
    }
    this.#sum = sum;
    this.#take(record);
    if (this.#state === "going on") this.#digest.update(bytes);
  }

  #begin({ is, schemaVersion }: Cells): void {
    if (is !== "bundle") throw this.#noBundle("its line 1 does not say that it is one");
    if (schemaVersion === SCHEMA_VERSION) return;
    if (typeof schemaVersion !== "number") throw this.#noBundle("its line 1 has no version");
    throw new BundleError(
      `Cannot verify "${this.#path}": its line 1 says version ${schemaVersion}, this program knows ${SCHEMA_VERSION}`,
      "Update this program",
    );
  }

  #take(record: Cells): void {
    const { is } = record;
    if (this.#number === 1) return;
    if (this.#number === 2 && is !== "run") throw new Unreadable("is no run");
    switch (is) {
      case "run":
        return this.#takeRun(asRun(record["run"]));
      case "ids":
        return this.#takeIds(record);
      case "names":
        return this.#verifier.take({ is, ...checked("names", record) });
      case "line":
        return this.#takeLine(cellsOf(record, COLUMNS.line));
      case "earlier":
        return this.#belong("earlier", cellsOf(record, COLUMNS.earlier));
      case "intent":
        return this.#belong("intents", cellsOf(record, COLUMNS.intent));
      case "rows":
        return this.#takeRows(record);
      case "end":
        return this.#end(record);
      default:
        throw new Unreadable("is no record that a bundle has");
    }
  }

  #takeRun(run: VerifiedRun): void {
    this.#open();
    this.#verifier.take({ is: "run", run });
    this.#run ??= run;
  }

  #takeIds(record: Cells): void {
    const { kind, ids } = checked("ids", record);
    for (const [id, line] of ids) {
      if (line > this.#mostLines)
        throw new Unreadable(`speaks of line ${line}, for which the file is too short`);
      if (this.#ids.note(line, kind, id)) continue;
      this.#problems.add(`Line ${line} is twice in the list of ids (line ${this.#number} of the bundle)`);
    }
    this.#verifier.take({ is: "ids", kind, ids: ids.map(([id, line]) => ({ id, line })) });
  }

  #takeLine(cells: Cells): void {
    this.#open();
    const [line, kind, id] = [asNumber(cells["line"]), asText(cells["kind"]), asText(cells["id"])];
    if (!this.#ids.has(line, kind, id)) {
      this.#problems.add(
        `Line ${line} is not the target that the list of ids has for it (line ${this.#number} of the bundle)`,
      );
    }
    this.#targets += 1;
    this.#line = { targets: [cells], earlier: [], intents: [], from: this.#number };
  }

  #belong(to: "earlier" | "intents", cells: Cells): void {
    this.#line ??= { targets: [], earlier: [], intents: [], from: this.#number };
    if (this.#line[to].length >= MOST_BELONGINGS)
      throw new Unreadable(`is one of more than ${MOST_BELONGINGS} that belong to one target`);
    this.#line[to].push(cells);
  }

  #takeRows(record: Cells): void {
    this.#open();
    const { line, take, rows } = checked("rows", record);
    this.#rows += rows.length;
    this.#verifier.take({
      is: "rows",
      rows: rows.map(([n, about, noise, shape, body]) => ({ line, take, n, about, noise, shape, body })),
    });
  }

  /** All that stands between a line of the manifest and its rows has come. */
  #open(): void {
    if (this.#line === undefined) return;
    const { from, ...lines } = this.#line;
    this.#line = undefined;
    this.#verifier.take({ is: "lines", ...lines });
    this.#from = from;
  }

  #end(record: Cells): void {
    this.#open();
    const said = checked("end", record);
    const found = {
      records: this.#number - 1,
      targets: this.#targets,
      rows: this.#rows,
      sha256: this.#digest.digest("hex"),
    };
    this.#state = "ended";
    for (const what of ["records", "targets", "rows"] as const) {
      if (said[what] !== found[what])
        this.#problems.add(`The end of the bundle says ${said[what]} for ${what}, there are ${found[what]}`);
    }
    if (said.sha256 !== found.sha256)
      this.#problems.add(
        `The end of the bundle says SHA-256 ${said.sha256.slice(0, 64)}, what stands before it has ${found.sha256}`,
      );
  }
}

interface Stretch {
  readonly targets: Cells[];
  readonly earlier: Cells[];
  readonly intents: Cells[];
  readonly from: number;
}
