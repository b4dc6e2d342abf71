/** The command line inside the test's own process: much faster to start, for what needs neither signals nor a directory. */
import { runCommandLine } from "../../src/cli/program.ts";
import { Paper } from "./paper.ts";
import type { Ended } from "./command-line.ts";

export async function runHere(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const [stdout, stderr] = [new Paper(), new Paper()];
  const exitCode = await runCommandLine(words, { stdout, stderr, env: environment });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}
