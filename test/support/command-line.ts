/** The command line as a user runs it: a process of its own, in a directory of its own. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { NODE_OPTIONS } from "../../src/process.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that may still be running. */
export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Ended>;
  /** Resolves with everything said so far when stderr has said this. */
  said(text: string | RegExp): Promise<string>;
}

/** A directory to run commands in; removed with everything in it. */
export interface Place extends AsyncDisposable {
  readonly directory: string;
  start(words: readonly string[], environment?: Readonly<Record<string, string>>): Running;
  run(words: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended>;
  write(name: string, text: string): Promise<string>;
}

export async function openPlace(environment: Readonly<Record<string, string>> = {}): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), "exosweep-cli-"));
  const running = new Set<Running>();
  const start = (words: readonly string[], more: Readonly<Record<string, string>> = {}): Running => {
    const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
    const child = spawn(process.execPath, [...NODE_OPTIONS, MAIN, ...words], {
      cwd: directory,
      env: { ...inherited, ...environment, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const command = follow(child);
    running.add(command);
    void command.ended.then(() => running.delete(command));
    return command;
  };
  return {
    directory,
    start,
    run: (words, more) => start(words, more).ended,
    async write(name, text) {
      const path = join(directory, name);
      await writeFile(path, text);
      return path;
    },
    async [Symbol.asyncDispose]() {
      for (const { child } of running) child.kill("SIGKILL");
      await Promise.all([...running].map(({ ended }) => ended));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function follow(child: Running["child"]): Running {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([exitCode]) => ({ exitCode, stdout, stderr }));
  const said = async (text: string | RegExp): Promise<string> => {
    const found = (): boolean => (typeof text === "string" ? stderr.includes(text) : text.test(stderr));
    while (!found()) {
      const over = await Promise.race([once(child.stderr, "data").then(() => false), ended.then(() => true)]);
      if (over && !found()) throw new Error(`It ended without saying ${String(text)}:\n${stderr}\n${stdout}`);
    }
    return stderr;
  };
  return { child, ended, said };
}
