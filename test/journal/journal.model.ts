/** A journal against a plain model of it: the same random calls, the same answers, the same record in the end. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { JournalError, isOver } from "../../src/journal/index.ts";
import type {
  Journal,
  NewRow,
  NewTarget,
  Outcome,
  RunState,
  Settlement,
  StoredRow,
  TargetFilter,
} from "../../src/journal/index.ts";
import type { OpenRecord } from "./contract/record.ts";
import { bulk, gather, mailbox, manifestHash, newRun, rowAbout, settlement } from "./samples.ts";

const RUN = "r1";
const MOST_LINES = 8;

interface Ending {
  readonly outcome: Outcome;
  readonly fingerprint: string | undefined;
  readonly rows: readonly StoredRow[];
  readonly counts: Readonly<Record<string, number>>;
}

interface ModelTarget {
  readonly target: NewTarget;
  readonly staged: Map<number, NewRow[]>;
  readonly earlier: Ending[];
  ending: Ending | undefined;
}

/** The contract in plain objects. A method answers what the journal must answer; `refused` stands for a JournalError. */
class Model {
  targets: ModelTarget[] = [];
  sealed = false;
  state: RunState = "planned";
  redrives = 0;

  addTargets(targets: readonly NewTarget[]): number | "refused" {
    if (targets.length === 0) return 0;
    if (this.sealed || isOver(this.state)) return "refused";
    const before = this.targets.length;
    for (const target of targets) {
      if (this.targets.some((known) => known.target.id === target.id)) continue;
      this.targets.push({ target, staged: new Map(), earlier: [], ending: undefined });
    }
    return this.targets.length - before;
  }

  clearTargets(): "refused" | undefined {
    if (this.sealed || isOver(this.state)) return "refused";
    if (this.targets.some(({ ending, earlier }) => ending !== undefined || earlier.length > 0))
      return "refused";
    this.targets = [];
    return undefined;
  }

  seal(): string {
    if (!this.sealed && isOver(this.state)) return "refused";
    this.sealed = true;
    return manifestHash(this.targets.map(({ target }) => target));
  }

  moveRun(from: readonly RunState[], to: RunState): boolean {
    if (!from.includes(this.state)) return false;
    this.state = to;
    return true;
  }

  stage(line: number, attempt: number, rows: readonly NewRow[]): "refused" | undefined {
    if (rows.length === 0) return undefined;
    const target = this.targets[line - 1];
    if (target === undefined) return "refused";
    if (target.ending !== undefined || isOver(this.state)) return undefined;
    if (!this.sealed || rows.some(({ about }) => about > this.targets.length)) return "refused";
    target.staged.set(attempt, [...(target.staged.get(attempt) ?? []), ...rows]);
    return undefined;
  }

  dropStaged(line: number, attempt: number): void {
    this.targets[line - 1]?.staged.delete(attempt);
  }

  settle(settled: Settlement): "settled" | "again" | "fenced" | "refused" {
    const target = this.targets[settled.line - 1];
    if (target === undefined) return "refused";
    if (target.ending !== undefined) return "again";
    if (isOver(this.state)) {
      target.staged.delete(settled.attempt);
      return "fenced";
    }
    if (!this.sealed || settled.rows.some(({ about }) => about > this.targets.length)) return "refused";
    const rows = [...(target.staged.get(settled.attempt) ?? []), ...settled.rows];
    target.staged.clear();
    target.ending = {
      outcome: settled.outcome,
      fingerprint: settled.fingerprint,
      rows: rows.map((row) => ({ ...row, line: settled.line })),
      counts: settled.counts ?? {},
    };
    return "settled";
  }

  cancelPending(): number {
    const pending = this.targets.filter(({ ending }) => ending === undefined);
    for (const target of pending) {
      target.ending = { outcome: "cancelled", fingerprint: undefined, rows: [], counts: {} };
    }
    return pending.length;
  }

  redrive(filter: TargetFilter): number {
    const opened = this.targets.filter(
      ({ ending }) =>
        ending !== undefined &&
        filter.pending !== true &&
        (filter.outcome?.includes(ending.outcome) ?? true) &&
        (filter.fingerprint === undefined || filter.fingerprint === ending.fingerprint),
    );
    for (const target of opened) {
      if (target.ending !== undefined) target.earlier.push(target.ending);
      target.ending = undefined;
    }
    this.redrives += Number(opened.length > 0);
    return opened.length;
  }

  /** What everybody can see of the record. */
  view(): unknown {
    const endings = this.targets.flatMap(({ ending }) => ending ?? []);
    const rows = endings.flatMap((ending) => ending.rows);
    return {
      state: this.state,
      sealed: this.sealed,
      redrives: this.redrives,
      rows: rows.length,
      outcomes: sumUp(endings.map(({ outcome }) => [outcome, 1])),
      noise: sumUp(rows.flatMap(({ noise }) => (noise === undefined ? [] : [[noise, 1] as const]))),
      counts: sumUp(endings.flatMap(({ counts }) => Object.entries(counts))),
      targets: this.targets.map(({ target, ending, earlier }) => ({
        id: target.id,
        outcome: ending?.outcome,
        rows: ending?.rows.length ?? 0,
        redrive: earlier.length,
        earlier: earlier.map(({ outcome, rows }) => `${outcome} ${rows.length}`),
      })),
      pending: this.targets.flatMap(({ ending }, place) => (ending === undefined ? [place + 1] : [])),
      found: rows.toSorted((a, b) => a.about - b.about || a.line - b.line),
    };
  }
}

function sumUp(counts: readonly (readonly [string, number])[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const [name, by] of counts) sums.set(name, (sums.get(name) ?? 0) + by);
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0));
}

async function viewOf(journal: Journal): Promise<unknown> {
  const run = await journal.run(RUN);
  const targets = await gather(journal.targets(RUN));
  const earlier = await Promise.all(targets.map(({ line }) => journal.history(RUN, line)));
  return {
    state: run?.state,
    sealed: run?.manifest !== undefined,
    redrives: run?.redrives,
    rows: run?.rows,
    outcomes: run?.outcomes,
    noise: run?.noise,
    counts: run?.counts,
    targets: targets.map(({ id, outcome, rows, redrive }, place) => ({
      id,
      outcome,
      rows,
      redrive,
      earlier: earlier[place]?.map(({ outcome, rows }) => `${outcome} ${rows}`),
    })),
    pending: await journal.pending(RUN, 0, 100),
    found: await gather(journal.rows(RUN)),
  };
}

/** One call, made on the model and on the journal. */
interface Call {
  readonly name: string;
  readonly onModel: (model: Model) => unknown;
  readonly onJournal: (journal: Journal) => Promise<unknown>;
}

const line = fc.integer({ min: 1, max: MOST_LINES });
const attempt = fc.integer({ min: 1, max: 3 });
const outcome = fc.constantFrom<Outcome>("ok", "failed", "denied");
const fingerprint = fc.constantFrom("a", "b");
const row = fc
  .record({
    about: line,
    right: fc.string({ maxLength: 3, unit: "binary" }),
    noise: fc.constantFrom("NR1", "NR2", undefined),
  })
  .map(({ about, right, noise }) => rowAbout(about, right, noise));
const rows = fc.array(row, { maxLength: 3 });

function adding(ns: readonly number[]): Call {
  const targets = ns.map((n) => (n % 4 === 0 ? bulk(`b${n}`) : mailbox(n)));
  return {
    name: `addTargets(${ns.join()})`,
    onModel: (model) => model.addTargets(targets),
    onJournal: (journal) => journal.addTargets(RUN, targets),
  };
}

const sealing: Call = {
  name: "sealManifest()",
  onModel: (model) => model.seal(),
  onJournal: async (journal) => (await journal.sealManifest(RUN)).sha256,
};

/** Half of the sequences begin with a run that is ready to be worked on. */
const beginning = fc.constantFrom<readonly Call[]>([], [adding([1, 2, 3, 4, 5, 6]), sealing]);

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.array(line, { maxLength: 5 }).map(adding),
  fc.constant({
    name: "clearTargets()",
    onModel: (model: Model) => model.clearTargets(),
    onJournal: (journal: Journal) => journal.clearTargets(RUN),
  }),
  fc.constant(sealing),
  fc
    .record({
      from: fc.uniqueArray(
        fc.constantFrom<RunState>("planned", "running", "paused", "complete", "cancelled"),
      ),
      to: fc.constantFrom<RunState>("running", "running", "running", "paused", "complete", "cancelled"),
    })
    .map(({ from, to }) => ({
      name: `moveRun([${from.join()}], ${to})`,
      onModel: (model: Model) => model.moveRun(from, to),
      onJournal: (journal: Journal) => journal.moveRun(RUN, from, to),
    })),
  fc.record({ line, attempt, rows }).map(({ line, attempt, rows }) => ({
    name: `stageRows(${line}, ${attempt}, ${JSON.stringify(rows)})`,
    onModel: (model: Model) => model.stage(line, attempt, rows),
    onJournal: (journal: Journal) => journal.stageRows(RUN, line, attempt, rows),
  })),
  fc.record({ line, attempt }).map(({ line, attempt }) => ({
    name: `dropStaged(${line}, ${attempt})`,
    onModel: (model: Model) => model.dropStaged(line, attempt),
    onJournal: (journal: Journal) => journal.dropStaged(RUN, line, attempt),
  })),
  ...[1, 2, 3].map(() =>
    fc
      .record({ line, attempt, outcome, fingerprint, rows, odd: fc.integer({ min: 0, max: 2 }) })
      .map(({ line, odd, ...change }) => {
        const settled = settlement(RUN, line, { ...change, counts: { odd } });
        return {
          name: `settle(${JSON.stringify(settled)})`,
          onModel: (model: Model) => model.settle(settled),
          onJournal: (journal: Journal) => journal.settle(settled),
        };
      }),
  ),
  fc.constant({
    name: "cancelPending()",
    onModel: (model: Model) => model.cancelPending(),
    onJournal: (journal: Journal) => journal.cancelPending(RUN, "admin", 1),
  }),
  fc
    .record({ outcome: fc.uniqueArray(outcome), fingerprint, pending: fc.boolean() }, { requiredKeys: [] })
    .map((filter) => ({
      name: `redrive(${JSON.stringify(filter)})`,
      onModel: (model: Model) => model.redrive(filter),
      onJournal: (journal: Journal) => journal.redrive(RUN, filter),
    })),
);

/** @param fresh makes an empty record */
export function journalModel(name: string, fresh: () => Promise<OpenRecord>): void {
  test(`a journal (${name}) answers any sequence of calls as its model does`, async () => {
    await fc.assert(
      fc.asyncProperty(beginning, fc.array(call, { maxLength: 40, size: "max" }), async (first, then) => {
        const open = await fresh();
        const model = new Model();
        let journal = await open();
        try {
          await journal.createRun(newRun(RUN));
          for (const [place, { name, onModel, onJournal }] of [...first, ...then].entries()) {
            const expected = onModel(model);
            const answer = await onJournal(journal).catch((error: unknown) => {
              if (error instanceof JournalError) return "refused";
              throw error;
            });
            expect(answer, `call ${place}: ${name}`).toEqual(expected);
          }
          expect(await viewOf(journal)).toEqual(model.view());
          await journal.close();
          journal = await open();
          expect(await viewOf(journal)).toEqual(model.view());
          const { problems } = await journal.verify(RUN);
          const open_ = model.targets.flatMap(({ ending }, place) =>
            ending === undefined ? [place + 1] : [],
          );
          const lines = `${open_.length === 1 ? "line" : "lines"} ${open_.join(", ")}`;
          const expected =
            isOver(model.state) && open_.length > 0
              ? [`The run is ${model.state}, but ${open_.length} targets have no outcome: ${lines}`]
              : [];
          expect(problems).toEqual(expected);
        } finally {
          await journal.close();
        }
      }),
      { numRuns: 50 },
    );
  });
}
