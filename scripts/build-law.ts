/**
 * Translates the law (`src/throttle/law`) into the Lua that Redis runs (`src/throttle/law-lua.ts`): `npm run build:law`. The translator is
 * fetched when it is needed; nothing of it is a dependency, and the made file is committed.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAW_LUA_FILE, lawHash, TRANSLATOR } from "./law-sources.ts";

/**
 * The translator's own helpers are made for all of JavaScript (deleting a property, for one, brings along classes of errors). The law's
 * data is plain, so these few lines do. A law that needs another helper is not translated: say it in simpler words, or add it here.
 */
const HELPERS: Readonly<Record<string, string>> = {
  __TS__Delete: "local function __TS__Delete(target, key) target[key] = nil return true end",
  __TS__ObjectAssign: `local function __TS__ObjectAssign(target, ...)
  for i = 1, select("#", ...) do
    for key, value in pairs((select(i, ...))) do target[key] = value end
  end
  return target
end`,
};

const out = mkdtempSync(join(tmpdir(), "exosweep-law-"));
try {
  const lua = withOwnHelpers(translate());
  if (/`|\$\{/.test(lua)) throw new Error("Cannot write the Lua law: it holds a backtick or a template");
  writeFileSync(
    LAW_LUA_FILE,
    `/** The law in Lua 5.1, made from src/throttle/law by \`npm run build:law\`: change that, not this. Sources: sha256 ${lawHash()}. */
export const LAW_LUA = String.raw\`
${lua}
\`;
`,
  );
} finally {
  rmSync(out, { recursive: true, force: true });
}

function translate(): string {
  const packages = TRANSLATOR.map((each) => `--package=${each}`);
  const command = ["tstl", "-p", join(import.meta.dirname, "tsconfig.law.json"), "--outDir", out];
  execFileSync("npm", ["exec", "--yes", ...packages, "--", ...command], { stdio: "inherit" });
  return readFileSync(join(out, "law.lua"), "utf8").trim();
}

function withOwnHelpers(lua: string): string {
  return lua.replace(
    /\["lualib_bundle"\] = function\(\.\.\.\)[^]*?\nreturn \{\n([^}]*)\}\n end,/,
    (_, list: string) => {
      const names = [...list.matchAll(/(\w+) = /g)].map(([, name = ""]) => name);
      const lines = names.map((name) => {
        const helper = HELPERS[name];
        if (helper === undefined) throw new Error(`Cannot translate the law: it needs ${name}; see HELPERS`);
        return helper;
      });
      const table = names.map((name) => `${name} = ${name}`).join(", ");
      return `["lualib_bundle"] = function(...)\n${lines.join("\n")}\nreturn {${table}}\nend,`;
    },
  );
}
