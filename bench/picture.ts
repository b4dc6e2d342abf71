/**
 * Records the demo in a terminal and draws it: `node bench/picture.ts [FILE.svg]`. Needs `script` of util-linux.
 * What is drawn is what the run printed, sped up; without animation the picture is its end.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Screen, screensOver } from "./picture/screen.ts";
import { draw } from "./picture/draw.ts";

/** Wide enough for every line of the demo. */
const COLUMNS = 180;
const COMMAND = "npm run -s demo";
/** Screens of the picture, before the last one. */
const FRAMES = 24;

const directory = mkdtempSync(join(tmpdir(), "exosweep-picture-"));
try {
  const [log, timing] = [join(directory, "log"), join(directory, "timing")];
  const { status } = spawnSync(
    "script",
    ["-q", "-e", "-c", `stty cols ${COLUMNS} rows 60; ${COMMAND}`, "--log-out", log, "--log-timing", timing],
    { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, NO_COLOR: "1" } },
  );
  if (status !== 0) throw new Error(`Cannot draw the demo: "${COMMAND}" ended with ${status}`);
  const screens = screensOver(readFileSync(log), readFileSync(timing, "utf8"), new Screen(`$ ${COMMAND}`));
  const file = process.argv[2] ?? "docs/pictures/demo.svg";
  writeFileSync(file, draw(screens, FRAMES));
  process.stdout.write(`${file}\n`);
} finally {
  rmSync(directory, { recursive: true });
}
