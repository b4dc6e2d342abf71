import { describe, expect, test } from "vitest";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { permissionAudit } from "../../jobs/permission-audit.ts";
import { FINDING_RULES } from "../../jobs/permission-audit/findings.ts";
import { NOISE_RULES } from "../../jobs/permission-audit/noise.ts";
import { OUTCOMES } from "../../src/journal/index.ts";
import { sourcesOf } from "../../src/runs/state.ts";
import { runHere } from "../support/command-line-here.ts";
import { codeRows, codeWords, page, ROOT, section } from "./pages.ts";

describe("README.md", () => {
  const readme = page("README.md");

  test("lists every command and no other", async () => {
    const { stdout } = await runHere(["--help"]);
    const commands = [...stdout.slice(stdout.indexOf("Commands:")).matchAll(/^ {2}([a-z][a-z-]*) /gm)];
    const listed = codeRows(section(readme, "## Commands")).map(([words = ""]) => words.split(/[ ,]/)[0]);
    expect([...new Set(listed)]).toEqual(commands.map(([, name]) => name));
  });

  test.each(["README.md", "docs/guides/getting-started.md"])(
    "%s names the role each cmdlet needs",
    (path) => {
      for (const { cmdlet, role } of permissionAudit.cmdlets) {
        const rows = codeRows(page(path).text).filter(([cmdlets = ""]) =>
          cmdlets.split(", ").includes(cmdlet),
        );
        expect(rows.length).toBeGreaterThan(0);
        for (const row of rows) expect(row.join()).toContain(role);
      }
    },
  );
});

describe("ARCHITECTURE.md", () => {
  const { text } = page("ARCHITECTURE.md");

  test("draws the states of a run as the table has them", () => {
    const drawing = /<!-- the states -->\n```mermaid\nstateDiagram-v2\n([^`]+)```/.exec(text)?.[1] ?? "";
    const drawn = [...drawing.matchAll(/^ +(\w+) --> (\w+)$/gm)].map(([, from = "", to = ""]) => [from, to]);
    const states = [...new Set(drawn.flat())];
    const moves = states.flatMap((to) =>
      sourcesOf(to as Parameters<typeof sourcesOf>[0]).map((from) => [from, to]),
    );
    expect(states.length).toBe(11);
    expect(drawn.map(String).toSorted()).toEqual(moves.map(String).toSorted());
    const ends = [...drawing.matchAll(/^ +(\w+) --> \[\*\]$/gm)].map(([, state]) => state);
    expect(ends).toEqual(states.filter((from) => !drawn.some(([other]) => other === from)));
  });

  test("names every outcome", () => {
    const sentence = /A target's outcomes: ([^.]+)\./.exec(text)?.[1] ?? "";
    expect(codeWords(sentence)).toEqual(OUTCOMES);
  });

  test("names what is there", () => {
    const sources = everything();
    const names = [...text.matchAll(/`(?:\w+\.)?(\w+)`/g)]
      .map(([, name = ""]) => name)
      .filter((name) => /^[a-z]+[A-Z]\w+$|^[A-Z][a-z]+[A-Z]\w+$/.test(name));
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !sources.includes(name))).toEqual([]);
  });
});

describe("docs/guides/permission-audit.md", () => {
  const guide = page("docs/guides/permission-audit.md");

  test("explains every column", () => {
    const [table = ""] = section(guide, "## Columns").split("\n**");
    const explained = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) => codeWords(cell));
    expect(explained).toEqual(permissionAudit.columns);
  });

  test("lists the findings with their severities", () => {
    const listed = codeRows(section(guide, "## Findings")).map(([id, severity]) => `${id} ${severity}`);
    expect(listed).toEqual(FINDING_RULES.map(({ id, severity }) => `${id} ${severity}`));
  });

  test("lists the noise rules", () => {
    const listed = [...section(guide, "## Noise").matchAll(/^\| (NR\d+) \|/gm)].map(([, id]) => id);
    expect(listed).toEqual(NOISE_RULES.map(({ id }) => id));
  });

  test("explains counts that are counted", () => {
    const sources = everything();
    const counts = codeRows(section(guide, "## What the summary counts")).flatMap(([names = ""]) =>
      names.split(", "),
    );
    expect(counts.length).toBeGreaterThan(5);
    expect(counts.filter((name) => !sources.includes(`"${name}"`))).toEqual([]);
  });
});

test("docs/guides/troubleshooting.md quotes messages that the program has", () => {
  const sources = everything().replaceAll(/\s+/g, " ");
  const quoted = [...page("docs/guides/troubleshooting.md").text.matchAll(/^(?:\| |> )(.*?)(?: \||$)/gm)]
    .map(([, cell = ""]) => cell)
    .filter((cell) => /^(Cannot|…) /.test(cell));
  // What is in italics, and what dots stand for, is not in the sources.
  const fragments = quoted
    .flatMap((cell) => cell.split(/\*[^*]+\*|…|; /))
    .map((fragment) => fragment.replaceAll(/^[\s":]+|[\s":]+$/g, ""))
    .filter((fragment) => fragment.length > 8);
  expect(fragments.length).toBeGreaterThan(40);
  expect(fragments.filter((fragment) => !sources.includes(fragment))).toEqual([]);
});

/** All sources in one text. */
function everything(): string {
  return ["src", "jobs", "workers"]
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => readFileSync(join(ROOT, folder, name), "utf8")),
    )
    .join("\n");
}
