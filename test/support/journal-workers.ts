/** Processes that work on a journal, to be killed at any moment. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Orders, toEnvironment } from "../faults/orders.ts";

const SWITCHBOARD = resolve(import.meta.dirname, "../faults/switchboard.ts");
const ENTRY = resolve(import.meta.dirname, "journal-process.ts");
const children: ChildProcess[] = [];

export interface Worker {
  readonly child: ChildProcess;
  /** What it said so far. */
  readonly said: readonly string[];
  /** Resolves when what it said is enough, or it has ended. */
  until(enough: (said: readonly string[]) => boolean): Promise<void>;
  /** Resolves when it has said this word. */
  heard(word: string): Promise<void>;
}

/** @param words as `journal-process.ts` has them */
export function start(...words: readonly string[]): Worker {
  return launch([ENTRY, ...words], process.env);
}

/** A process that does as the fault suite tells it. */
export function startUnder(orders: Orders, ...words: readonly string[]): Worker {
  return launch(["--import", SWITCHBOARD, ENTRY, ...words], { ...process.env, ...toEnvironment(orders) });
}

function launch(words: readonly string[], env: NodeJS.ProcessEnv): Worker {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
  });
  children.push(child);
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => said.push(line));
  let over = false;
  lines.once("close", () => (over = true));
  const until: Worker["until"] = (enough) =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!over && !enough(said)) return;
        lines.off("line", look);
        resolve();
      };
      lines.on("line", look);
      lines.once("close", look);
      look();
    });
  const heard: Worker["heard"] = async (word) => {
    await until(() => said.includes(word));
    if (!said.includes(word)) throw new Error(`Cannot go on: the process ended before it said "${word}"`);
  };
  return { child, said, until, heard };
}

/** A number of words for a process to live, chosen at random. */
export function upTo(most: number): string {
  return String(1 + Math.floor(Math.random() * most));
}

/** Waits until each of them has ended. @returns how many of them were killed */
export async function deathsOf(workers: readonly Worker[]): Promise<number> {
  await Promise.all(workers.map((worker) => worker.until(() => false)));
  await Promise.all(workers.map(({ child }) => gone(child)));
  return workers.filter(({ child }) => child.signalCode === "SIGKILL").length;
}

export async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await gone(child);
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
}

/** For after each test. */
export async function killAll(): Promise<void> {
  await Promise.all(children.splice(0).map(kill));
}

/** Lines a worker was told it settled. */
export function settledBy(worker: Worker): readonly number[] {
  return worker.said.filter((line) => line.startsWith("settled ")).map((line) => Number(line.split(" ")[1]));
}
