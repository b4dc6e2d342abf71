/** Writes evidence of a run as a bundle: text that proves the run without a journal. The same evidence gives the same bytes. */
import { createHash } from "node:crypto";
import { asNumber, asText } from "../cells.ts";
import type { Cells } from "../cells.ts";
import { asHex } from "../chain.ts";
import { gather } from "../evidence.ts";
import type { Evidence, EvidenceSource, Lines } from "../evidence.ts";
import { inSteps } from "../in-steps.ts";
import type { BundleCounts } from "../contract/proofs.ts";
import { COLUMNS, SCHEMA_VERSION, lineOf, sumOf } from "./records.ts";

/** Ids, rows, and about how many characters of rows, of one record. */
const IDS = 100;
const ROWS = 100;
const CHARACTERS = 256 * 1_024;

/** A line of the manifest with what belongs to it; `target` is absent for what belongs to none. */
interface Belongings {
  readonly target: Cells | undefined;
  readonly earlier: readonly Cells[];
  readonly intents: readonly Cells[];
  /** Of its outcomes. Rows of others are staged, or left by an attempt that died. */
  readonly takes: ReadonlySet<unknown>;
}

/** @throws {ChangedMeanwhile} */
export async function writeBundle(
  source: EvidenceSource,
  write: (text: string) => Promise<void>,
): Promise<BundleCounts> {
  const bundle = new BundleWriter();
  for await (const evidence of gather(source)) await write(bundle.take(evidence));
  const { text, counts } = bundle.end();
  await write(text);
  return counts;
}

class BundleWriter {
  readonly #digest = createHash("sha256");
  #sum = "";
  #records = 0;
  #targets = 0;
  #rows = 0;
  #run = "";
  /** Lines that are still to be written, in their order. */
  #waiting: [line: number, belongings: Belongings][] = [];
  #takes: ReadonlyMap<number, Belongings> = new Map();

  /** @returns lines to be written, perhaps none */
  take(evidence: Evidence): string {
    switch (evidence.is) {
      case "run":
        return this.#writeRun(JSON.stringify(evidence.run));
      case "ids": {
        const pairs = evidence.ids.map(({ id, line }) => [id, line]);
        return Array.from(inSteps(pairs, IDS), (ids) =>
          this.#record({ is: "ids", kind: evidence.kind, ids }),
        ).join("");
      }
      case "names":
        return this.#record(evidence);
      case "lines":
        return this.#flush(Number.POSITIVE_INFINITY) + this.#open(evidence);
      case "rows":
        return this.#writeRows(evidence.rows);
    }
  }

  /** The last line. */
  end(): { readonly text: string; readonly counts: BundleCounts } {
    const counts = { targets: this.#targets, rows: this.#rows, sha256: this.#digest.digest("hex") };
    const end = JSON.stringify({ is: "end", records: this.#records, ...counts }).slice(1);
    return { text: `${lineOf(sumOf(this.#sum, end), end)}\n`, counts };
  }

  #writeRun(run: string): string {
    const before =
      this.#run === ""
        ? this.#record({ is: "bundle", schemaVersion: SCHEMA_VERSION })
        : this.#flush(Number.POSITIVE_INFINITY);
    if (run === this.#run) return before;
    this.#run = run;
    return before + this.#line(`"is":"run","run":${run}}`);
  }

  #open({ targets, earlier, intents }: Lines): string {
    const byLine = new Map(targets.map((cells) => [asNumber(cells["line"]), cells]));
    const before = Map.groupBy(earlier, (cells) => asNumber(cells["line"]));
    const announced = Map.groupBy(intents, (cells) => asNumber(cells["line"]));
    const lines = [...new Set([...byLine.keys(), ...before.keys(), ...announced.keys()])];
    this.#waiting = lines
      .toSorted((a, b) => a - b)
      .map((line) => {
        const target = byLine.get(line);
        const had = before.get(line) ?? [];
        const takes = new Set([target?.["take"], ...had.map((cells) => cells["take"])]);
        return [line, { target, earlier: had, intents: announced.get(line) ?? [], takes }];
      });
    this.#takes = new Map(this.#waiting);
    // In the order in which they are taken off.
    this.#waiting.reverse();
    return "";
  }

  /** Writes the lines that wait, up to `to`. */
  #flush(to: number): string {
    const written: string[] = [];
    for (;;) {
      const next = this.#waiting.at(-1);
      if (next === undefined || next[0] > to) return written.join("");
      this.#waiting.pop();
      const { target, earlier, intents } = next[1];
      if (target !== undefined) {
        this.#targets += 1;
        written.push(this.#record({ is: "line", ...pick(target, COLUMNS.line) }));
      }
      written.push(
        ...earlier.map((cells) => this.#record({ is: "earlier", ...pick(cells, COLUMNS.earlier) })),
        ...intents.map((cells) => this.#record({ is: "intent", ...pick(cells, COLUMNS.intent) })),
      );
    }
  }

  #writeRows(found: readonly Cells[]): string {
    const written: string[] = [];
    let some: Cells[] = [];
    let characters = 0;
    const write = (): void => {
      const [first] = some;
      if (first === undefined) return;
      const rows = some.map((cells) => COLUMNS.row.map((column) => cells[column] ?? null));
      written.push(this.#record({ is: "rows", line: first["line"], take: first["take"], rows }));
      this.#rows += some.length;
      some = [];
      characters = 0;
    };
    for (const cells of found) {
      const line = asNumber(cells["line"]);
      const belongings = this.#takes.get(line);
      if (belongings !== undefined && !belongings.takes.has(cells["take"])) continue;
      const [first] = some;
      const full = some.length >= ROWS || characters >= CHARACTERS;
      if (full || first?.["line"] !== line || first["take"] !== cells["take"]) write();
      if (some.length === 0) written.push(this.#flush(line));
      some.push(cells);
      characters += asText(cells["body"]).length;
    }
    write();
    return written.join("");
  }

  #record(fields: object): string {
    return this.#line(JSON.stringify(fields).slice(1));
  }

  #line(text: string): string {
    this.#sum = sumOf(this.#sum, text);
    this.#records += 1;
    const line = `${lineOf(this.#sum, text)}\n`;
    this.#digest.update(line);
    return line;
  }
}

function pick(cells: Cells, columns: readonly string[]): Cells {
  return Object.fromEntries(
    columns.map((column) => {
      const cell = cells[column] ?? null;
      return [column, cell instanceof Uint8Array ? asHex(cell) : cell];
    }),
  );
}
