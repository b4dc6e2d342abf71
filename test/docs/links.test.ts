import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { allPages, page, ROOT } from "./pages.ts";

/** What a heading is called in a link, as GitHub makes it. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}

function anchorsOf(path: string): readonly string[] {
  const prose = page(path).text.replaceAll(/^```[\s\S]*?^```$/gm, "");
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchor(heading));
}

const scripts = Object.keys(
  (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> })
    .scripts,
);

describe.each(allPages())("$path", ({ path, text }) => {
  test("its links lead somewhere", () => {
    const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, "");
    const broken = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [file = "", name] = target.split("#");
        const to = file === "" ? path : normalize(join(dirname(path), file));
        if (!existsSync(join(ROOT, to))) return true;
        return name !== undefined && !anchorsOf(to).includes(name);
      });
    expect(broken).toEqual([]);
  });

  test("its npm scripts are there", () => {
    const named = [...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, name]) => name);
    expect(named.filter((name) => name === undefined || !scripts.includes(name))).toEqual([]);
  });
});
