#!/usr/bin/env node
/** The command line's front door: looks at the Node it runs on before anything newer is loaded, then runs what was typed. */
import process from "node:process";
import { nodeProblem } from "./node-version.ts";

const problem = nodeProblem(process.versions.node);
if (problem === undefined) {
  const { runCommandLine } = await import("./program.ts");
  process.exit(await runCommandLine(process.argv.slice(2), process));
} else {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
