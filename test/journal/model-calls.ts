/** Random calls, to be made on a journal and on its model. */
import * as fc from "fast-check";
import { INTENT_ENDS } from "../../src/journal/index.ts";
import type { Journal, Json, NewIntent, Outcome, RunState, Settlement } from "../../src/journal/index.ts";
import { type Model, RUN } from "./model.ts";
import { bulk, intent, mailbox, rowAbout, settlement } from "./samples.ts";

const MOST_LINES = 8;

/** A call that depends on how things stand. */
export type Aimed = (model: Model) => Call;

/** One call, made on the model and on the journal. */
export interface Call {
  readonly name: string;
  readonly onModel: (model: Model) => unknown;
  readonly onJournal: (journal: Journal) => Promise<unknown>;
}

const line = fc.integer({ min: 1, max: MOST_LINES });
const attempt = fc.integer({ min: 1, max: 3 });
const outcome = fc.constantFrom<Outcome>("ok", "failed", "denied", "unresolved");
/** Where writes go: few, so that calls meet. */
const written = fc.integer({ min: 1, max: 2 });
const n = fc.integer({ min: 1, max: 2 });
const end = fc.constantFrom(...INTENT_ENDS);
const atMs = fc.integer({ min: 1, max: 9 });
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

const starting: Call = {
  name: "moveRun([planned], running)",
  onModel: (model) => model.moveRun(["planned"], "running"),
  onJournal: (journal) => journal.moveRun(RUN, ["planned"], "running"),
};

/** Most sequences begin with a run that is ready to be worked on, or at work on a few lines. */
export const beginning = fc.constantFrom<readonly Call[]>(
  [],
  [adding([1, 2, 3, 4, 5, 6]), sealing],
  [adding([1, 2, 3]), sealing, starting],
  [adding([1, 2]), sealing, starting],
  [adding([1, 2, 3, 4, 5]), sealing, starting],
);

/** Calls that plan a run, or bring it to an end. */
const steering: fc.Arbitrary<Call> = fc.oneof(
  fc.array(line, { maxLength: 5 }).map(adding),
  fc.constant({
    name: "clearTargets()",
    onModel: (model: Model) => model.clearTargets(),
    onJournal: (journal: Journal) => journal.clearTargets(RUN).then(() => undefined),
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
  fc.option(atMs, { nil: undefined }).map((spared) => ({
    name: `cancelPending(${spared ?? ""})`,
    onModel: (model: Model) => model.cancelPending(spared),
    onJournal: (journal: Journal) => journal.cancelPending(RUN, "admin", 1, spared),
  })),
);

const settling: fc.Arbitrary<Settlement> = fc
  .record({
    line: fc.oneof(written, line),
    attempt,
    outcome,
    fingerprint,
    rows,
    odd: fc.integer({ min: 0, max: 2 }),
    intent: fc.option(fc.record({ n, end }), { nil: undefined }),
  })
  .map(({ line, odd, intent, ...change }) =>
    settlement(RUN, line, { ...change, ...(intent && { intent }), counts: { odd } }),
  );

/** A settlement that speaks of the intent that is open when it is made. */
const knowing: fc.Arbitrary<Aimed> = fc
  .record({ line: written, settling, end })
  .map(({ line, settling, end }) => (model) => {
    const { intent: _, ...settled } = settling;
    const n = model.openIntentOf(line);
    const change = { ...settled, line, ...(n !== undefined && { intent: { n, end } }) };
    return {
      name: `settle(${JSON.stringify(change)})`,
      onModel: (model) => model.settle(change),
      onJournal: (journal) => journal.settle(change),
    };
  });

/** Calls of those who work on it. */
const working: fc.Arbitrary<Call> = fc.oneof(
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
  settling.map((change) => ({
    name: `settle(${JSON.stringify(change)})`,
    onModel: (model: Model) => model.settle(change),
    onJournal: (journal: Journal) => journal.settle(change),
  })),
  fc.record({ line: written, attempt, atMs }).map(({ line, ...change }) => {
    const announced = intent(RUN, line, change);
    return {
      name: `openIntent(${JSON.stringify({ line, ...change })})`,
      onModel: (model: Model) => model.openIntent(announced),
      onJournal: (journal: Journal) => announce(journal, announced),
    };
  }),
  fc.record({ line: written, n, end }).map(({ line, n, end }) => ({
    name: `endIntent(${line}, ${n}, ${end})`,
    onModel: (model: Model) => model.endIntent(line, n, end),
    onJournal: (journal: Journal) => journal.endIntent(RUN, line, n, end),
  })),
  fc.record({ line: written, n, look: fc.jsonValue({ maxDepth: 1 }) }).map(({ line, n, look }) => {
    // As it comes back: a number below nothing is none in JSON.
    const kept: Json = JSON.parse(JSON.stringify(look));
    return {
      name: `addLook(${line}, ${n}, ${JSON.stringify(look)})`,
      onModel: (model: Model) => model.addLook(line, n, kept),
      onJournal: (journal: Journal) => journal.addLook(RUN, line, n, kept),
    };
  }),
  fc.record({ line: written, outcome: fc.option(outcome, { nil: undefined }) }).map(({ line, outcome }) => {
    const decision = { run: RUN, line, ...(outcome && { outcome }), reason: "why", by: "megan", atMs: 1 };
    return {
      name: `decide(${line}, ${outcome ?? "again"})`,
      onModel: (model: Model) => model.decide(decision),
      onJournal: (journal: Journal) => journal.decide(decision),
    };
  }),
  fc
    .record(
      {
        outcome: fc.uniqueArray(outcome),
        fingerprint,
        pending: fc.boolean(),
        lines: fc.uniqueArray(line).map((lines) => new Set(lines)),
      },
      { requiredKeys: [] },
    )
    .map((filter) => ({
      name: `redrive(${JSON.stringify({ ...filter, lines: [...(filter.lines ?? [])] })})`,
      onModel: (model: Model) => model.redrive(filter),
      onJournal: (journal: Journal) => journal.redrive(RUN, filter),
    })),
);

export const call = fc.oneof(
  { arbitrary: steering, weight: 1 },
  { arbitrary: working, weight: 6 },
  { arbitrary: knowing, weight: 1 },
);

async function announce(journal: Journal, announced: NewIntent): Promise<string> {
  const result = await journal.openIntent(announced);
  if (result.is === "opened") return `opened ${result.n}`;
  return result.is === "held" ? `held by ${result.by.n}` : result.is;
}
