/**
 * The judge of the fault suite and what it reads. Apart from everything else: no file here imports one outside (`test/architecture.test.ts`).
 */
export { readExportedFacts, readTruth } from "./facts.ts";
export type { Allowances, Effect, Evidence, Fact, Order, Plan, Planned, Said } from "./evidence.ts";
export { judge } from "./judge.ts";
export { type Glance, JournalFile, type RunOnFile } from "./journal-file.ts";
export { type Heard, keyOfHeard, readLedger, writeKey } from "./ledger.ts";
export { add, type Counts, NOTHING, type Verdict, type Violation } from "./verdict.ts";
export { type Watch, watchRun } from "./watch.ts";
