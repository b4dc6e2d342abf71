/** A worker process under orders, and what it has told the world: the outcomes in its log are acknowledgements. */
import { resolve } from "node:path";
import type { Said } from "../checker/index.ts";
import { type Orders, toEnvironment } from "../orders.ts";
import { Child } from "./child.ts";

export interface WorkerSite {
  readonly config: string;
  readonly dataDir: string;
  readonly secrets: Readonly<Record<string, string>>;
}

export type WorkerKind = "all" | "planner" | "tasks";

const NODE = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=4", "--no-wasm-code-gc"];
const SWITCHBOARD = resolve("test/faults/switchboard.ts");

export class WorkerProcess extends Child {
  readonly orders: Orders;
  readonly #said: (run: string, said: Said) => void;

  constructor(
    site: WorkerSite,
    orders: Orders,
    said: (run: string, said: Said) => void,
    kind: WorkerKind = "all",
  ) {
    super(
      process.execPath,
      [
        ...NODE,
        "--import",
        SWITCHBOARD,
        resolve(`workers/${kind}.ts`),
        "--config",
        site.config,
        "--data",
        site.dataDir,
        "--verbose",
      ],
      { ...site.secrets, ...toEnvironment(orders) },
    );
    this.orders = orders;
    this.#said = said;
    this.onLine((line) => this.#listen(line));
  }

  #listen(line: string): void {
    if (!line.includes('"task ended"')) return;
    const {
      time,
      run,
      line: of,
      outcome,
    } = JSON.parse(line) as {
      readonly time: string;
      readonly run: string;
      readonly line: number;
      readonly outcome: string;
    };
    this.#said(run, { atMs: Date.parse(time), line: of, outcome });
  }
}

/** Runs a command of the command line under orders, to its end or death. */
export async function runCommand(site: WorkerSite, orders: Orders, words: readonly string[]): Promise<Child> {
  const child = new Child(
    process.execPath,
    [
      ...NODE,
      "--import",
      SWITCHBOARD,
      resolve("src/cli/main.ts"),
      ...words,
      "--config",
      site.config,
      "--data",
      site.dataDir,
    ],
    { ...site.secrets, ...toEnvironment(orders) },
  );
  await child.gone;
  return child;
}
