import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/**
 * Tests with processes to kill and a clock to watch, for a neighbour that takes the machine away would be what they measure; and those that
 * empty or measure the whole Redis server, of which every file has only a database of its own.
 */
const ALONE = [
  "test/end-to-end/!(sweeps).test.ts",
  "test/faults/faults.test.ts",
  "test/queue/bull-queues.test.ts",
  "test/throttle/redis-gate.test.ts",
];
const RULES = ["test/architecture.test.ts", "test/throttle/law-lua.test.ts"];

const suite = {
  // As every process of the product: V8 crashes now and then while it frees WebAssembly of several threads (`src/process.ts`).
  execArgv: ["--no-wasm-code-gc"],
  // Processes that tests start by the hundred need not strip the same types each time.
  env: { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") },
  globalSetup: ["test/support/global-setup.ts"],
  testTimeout: 30_000,
  hookTimeout: 60_000,
};

/**
 * `suite` and `alone` are what `npm test` runs, one after the other; `rules` reads the sources only and belongs to `npm run check`.
 * Many tests wait for a timer or a server more than they work, so three files at once pay also on two cores.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...suite,
          name: "suite",
          include: ["test/**/*.test.ts"],
          exclude: [...ALONE, ...RULES],
          maxWorkers: Math.max(3, Math.floor(availableParallelism() / 2)),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...suite,
          name: "alone",
          include: ALONE,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { name: "rules", include: RULES, sequence: { groupOrder: 2 } } },
    ],
  },
});
