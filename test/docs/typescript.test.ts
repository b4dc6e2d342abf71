import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { allPages, ROOT } from "./pages.ts";

const run = promisify(execFile);

/** Blocks say in their first line which file they are: `// jobs/mailbox-sizes.ts`. */
const blocks = allPages().flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language }) => language === "ts" || language === "typescript")
    .map(({ text }) => ({ path, text, file: /^\/\/ (\S+\.ts)\n/.exec(text)?.[1] })),
);

test("every TypeScript block says which file it is, and compiles there", async () => {
  expect(blocks.length).toBeGreaterThan(1);
  expect(blocks.filter(({ file }) => file === undefined).map(({ path }) => path)).toEqual([]);

  const directory = await mkdtemp(join(tmpdir(), "exosweep-blocks-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const { text, file = "" } of blocks) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), text);
  }
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  const settings = {
    extends: join(ROOT, "tsconfig.json"),
    // What a block imports from the repository is found there, as if it lay there too.
    compilerOptions: { rootDirs: [directory, ROOT] },
    include: [`${directory}/**/*.ts`],
  };
  await writeFile(join(directory, "package.json"), '{"type":"module"}');
  await writeFile(join(directory, "tsconfig.json"), JSON.stringify(settings));
  const compiler = join(ROOT, "node_modules/.bin/tsc");
  const said = await run(compiler, ["-p", directory, "--noEmit"]).catch((error: { stdout: string }) => error);
  expect(said.stdout).toBe("");
});
