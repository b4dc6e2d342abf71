#!/usr/bin/env node
/** The command line's front door: looks at the Node it runs on before anything newer is loaded, then runs what was typed. */
import process from "node:process";
import { NODE_OPTIONS } from "../process.ts";
import { nodeProblem } from "./node-version.ts";

const problem = nodeProblem(process.versions.node);
if (problem === undefined) {
  // Installed, it is started without options, and some can only be given at the start: it puts itself in its own place. Not on Windows.
  if (process.execArgv.length === 0 && process.execve !== undefined && process.platform !== "win32")
    process.execve(process.execPath, [process.execPath, ...NODE_OPTIONS, ...process.argv.slice(1)]);
  const { runCommandLine, sayCrash } = await import("./program.ts");
  const words = process.argv.slice(2);
  // A fault outside every promise: said like any other. What was recorded is safe, because a kill would be no worse.
  process.on("uncaughtException", (fault) => {
    void sayCrash(fault, words, process).finally(() => process.exit(1));
  });
  process.exit(await runCommandLine(words, process));
} else {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
