/** A process of this program, started from another one: its first line of output is its word that it is ready. */
import { spawn } from "node:child_process";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { NODE_OPTIONS } from "../process.ts";

/** A child that has not ended this long after SIGTERM is killed. */
const STOP_MS = 30_000;
/** Of what it wrote to stderr, kept for the message when it fails. */
const KEPT_CHARACTERS = 2_000;

export interface Child {
  readonly program: string;
  /** @throws when it ends before it says anything */
  firstLine(signal: AbortSignal): Promise<string>;
  /** Asks it to stop, and waits. May be called twice. */
  stop(): Promise<void>;
}

/** @param program path of a source file in this project, such as `workers/all.ts`; compiled, its `.js` is run */
export function startChild(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Child {
  const root = join(import.meta.dirname, "..", "..");
  const file = join(root, program.replace(/\.ts$/, extname(import.meta.filename)));
  // In a group of its own: Ctrl-C reaches the parent alone, which stops its children in order.
  const child = spawn(process.execPath, [...NODE_OPTIONS, file, ...args], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-KEPT_CHARACTERS);
  });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  return {
    program,
    async firstLine(signal) {
      const lines = createInterface({ input: child.stdout, signal });
      for await (const line of lines) return line;
      signal.throwIfAborted();
      throw new Error(
        `Cannot start ${program}: it ended at once${stderr === "" ? "" : `, saying: ${stderr.trim()}`}`,
      );
    },
    async stop() {
      const timer = setTimeout(kill, STOP_MS);
      child.kill("SIGTERM");
      await ended;
      clearTimeout(timer);
      process.off("exit", kill);
    },
  };
}
