import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BundleError, openSqliteJournal, verifyBundle } from "../../../src/journal/index.ts";
import type { BundleVerification } from "../../../src/journal/index.ts";
import { lineOf, sumOf, SUMMED_FROM } from "../../../src/journal/bundle/records.ts";
import { finishedRun } from "../tampers.ts";

const directory = mkdtempSync(join(tmpdir(), "exosweep-bundle-"));
const path = join(directory, "run.bundle");
let whole = "";
let head = "";

beforeAll(async () => {
  const journal = await openSqliteJournal({ path: join(directory, "journal.db") });
  await finishedRun(journal, "r1");
  await journal.bundle("r1", async (text) => void (whole += text));
  head = (await journal.run("r1"))?.chain.head ?? "";
  await journal.close();
});
afterAll(() => rmSync(directory, { recursive: true }));

function verify(text: string | Uint8Array, noted?: string): Promise<BundleVerification> {
  writeFileSync(path, text);
  return verifyBundle(path, noted);
}

function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

/** The records, edited by somebody who knows the source: sums and the end made anew. */
function summedAnew(records: readonly object[]): string {
  let [sum, text] = ["", ""];
  for (const [place, record] of records.entries()) {
    const { sum: _, ...rest }: { sum?: string } = { ...record };
    if ("is" in rest && rest.is === "end")
      Object.assign(rest, { records: place, sha256: createHash("sha256").update(text).digest("hex") });
    const body = JSON.stringify(rest).slice(1);
    sum = sumOf(sum, body);
    text += `${lineOf(sum, body)}\n`;
  }
  return text;
}

function recordsOf(text: string): Record<string, unknown>[] {
  return linesOf(text).map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("a bundle", () => {
  test("that nobody touched has no problems, and its head is the run's", async () => {
    expect(await verify(whole, head)).toMatchObject({
      run: "r1",
      targets: 12,
      outcomes: 12,
      rows: 18,
      problems: [],
    });
    expect(summedAnew(recordsOf(whole))).toBe(whole);
  });

  test("does not have the head of another run", async () => {
    expect((await verify(whole, "f".repeat(32))).problems).toEqual([
      expect.stringMatching(/^The noted head f+ is not in the chain/),
    ]);
  });

  test("is told from what is none, in one sentence", async () => {
    const version = summedAnew([{ is: "bundle", schemaVersion: 2 }]);
    const [first = ""] = linesOf(whole);
    for (const [text, words] of [
      ["", /it is no bundle of a run: there is no run in it$/],
      ["\n", /its line 1 is no JSON$/],
      ["id;mailbox\n1;a\n", /its line 1 is no JSON$/],
      ["[1]\n", /its line 1 is no record$/],
      ["{}\n", /its line 1 does not say that it is one$/],
      [`${first}\n`, /there is no run in it$/],
      [`${first}\n${first}\n`, /its line 2 is no run$/],
      [version, /its line 1 says version 2, this program knows 1$/],
    ] as const) {
      const refused = await verify(text).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(BundleError);
      expect(refused).toMatchObject({
        message: expect.stringMatching(words),
        advice: expect.stringMatching(/./),
      });
    }
    await expect(verifyBundle(join(directory, "nothing"))).rejects.toThrow(/there is no such file$/);
    mkdirSync(join(directory, "folder"));
    await expect(verifyBundle(join(directory, "folder"))).rejects.toThrow(/it is no file$/);
  });

  test("that was cut anywhere says so, and where", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: linesOf(whole).slice(0, 2).join("\n").length + 1, max: whole.length - 2 }),
        async (end) => {
          const { problems } = await verify(whole.slice(0, end));
          const at = linesOf(whole.slice(0, end)).length;
          expect(problems.join("\n")).toMatch(
            new RegExp(
              `stops with its line ${at}, before its end|damaged: its line ${at + 1} is no JSON|its line ${at + 1}, before`,
            ),
          );
        },
      ),
      { numRuns: 100 },
    );
  });
});

const any = fc.nat();

/** Without the skill to make sums anew. @returns the text, and lines of the file one of which is named */
type Random = (
  lines: readonly string[],
  a: number,
  b: number,
  c: number,
) => readonly [text: string, named: readonly number[]];

const RANDOM: Readonly<Record<string, Random>> = {
  "a character is another": (lines, a, b, c) => {
    const line = lines[a] ?? "";
    const at = b % line.length;
    const other = String.fromCodePoint(33 + (c % 94));
    const edited = line.slice(0, at) + (other === line[at] ? "\u00e9" : other) + line.slice(at + 1);
    return [joined(lines.with(a, edited)), [a + 1]];
  },
  "a character is gone": (lines, a, b) => {
    const line = lines[a] ?? "";
    const at = b % line.length;
    return [joined(lines.with(a, line.slice(0, at) + line.slice(at + 1))), [a + 1]];
  },
  "a blank is put in": (lines, a, b) => {
    const line = lines[a] ?? "";
    const at = b % line.length;
    return [joined(lines.with(a, `${line.slice(0, at)} ${line.slice(at)}`)), [a + 1]];
  },
  "a line is gone": (lines, a) => [joined(lines.toSpliced(a, 1)), [a + 1, a]],
  "a line is doubled": (lines, a) => [joined(lines.toSpliced(a, 0, lines[a] ?? "")), [a + 2, a + 1]],
  "two lines are swapped": (lines, a, b) => {
    const other = b % lines.length === a ? (a + 1) % lines.length : b % lines.length;
    const swapped = lines.with(a, lines[other] ?? "").with(other, lines[a] ?? "");
    return [joined(swapped), [Math.min(a, other) + 1]];
  },
  "a line is moved": (lines, a, b) => {
    const rest = lines.toSpliced(a, 1);
    const to = b % rest.length === a ? (a + 1) % lines.length : b % rest.length;
    return [joined(rest.toSpliced(to, 0, lines[a] ?? "")), [Math.min(a, to) + 1]];
  },
  "the end is cut off": (lines, a) => [joined(lines.slice(0, Math.max(2, a))), [Math.max(2, a)]],
};

function joined(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

test("of 400 random tampers with a bundle each is found, and its line named", async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(RANDOM)), any, any, any, async (name, a, b, c) => {
      const lines = linesOf(whole);
      const [text, named] = RANDOM[name]?.(lines, a % lines.length, b, c) ?? ["", []];
      if (text === whole) return;
      const said = await verify(text).then(
        ({ problems }) => problems.join("\n"),
        (error: unknown) => (error instanceof BundleError ? error.message : Promise.reject(error)),
      );
      expect(said).not.toBe("");
      // Of what holds no run any more there is nothing to name but that.
      expect(said).toMatch(new RegExp(`there is no run|line ([12]|${named.join("|")})\\b`, "i"));
      found += 1;
    }),
    { numRuns: 400 },
  );
  expect(found).toBeGreaterThan(350);
});

/** With the skill to make sums anew: what a line of the manifest says, and what must be said of it. */
const SKILLED: readonly (readonly [
  name: string,
  edit: (records: Record<string, unknown>[]) => unknown,
  words: RegExp,
])[] = [
  [
    "an outcome is edited",
    (all) => Object.assign(of(all, "line", 3), { outcome: "gone" }),
    /^Line 3 is not what .* \(line \d+ of the bundle\)$/,
  ],
  ["a label is edited", (all) => Object.assign(of(all, "line", 3), { label: "x" }), /^Line 3 is not what/],
  [
    "an id is edited",
    (all) => Object.assign(of(all, "line", 3), { id: "x" }),
    /^Line 3 is not the target that the list/,
  ],
  [
    "a seal is of another line",
    (all) => Object.assign(of(all, "line", 3), { seal: of(all, "line", 4)["seal"] }),
    /^Line 3 is not what/,
  ],
  [
    "a link is of another line",
    (all) => Object.assign(of(all, "line", 3), { link: of(all, "line", 4)["link"] }),
    /^The chain breaks at line 3 /,
  ],
  [
    "an earlier outcome is edited",
    (all) => Object.assign(of(all, "earlier", 5), { reason: "x" }),
    /^Line 5 is not what/,
  ],
  [
    "an earlier outcome is gone",
    (all) => all.splice(all.indexOf(of(all, "earlier", 5)), 1),
    /^Line 5 was opened again 1 times/,
  ],
  [
    "an intent is edited",
    (all) => Object.assign(of(all, "intent", 10), { cmdlet: "x" }),
    /^Line 10 is not what/,
  ],
  [
    "rows are gone",
    (all) => all.splice(all.indexOf(of(all, "rows", 3)), 1),
    /^Line 3 was settled with 2 rows and has 0/,
  ],
  [
    "rows are doubled",
    (all) => all.splice(all.indexOf(of(all, "rows", 3)), 0, of(all, "rows", 3)),
    /^Line 3 was settled with 2 rows and has 4/,
  ],
  [
    "rows trade places",
    (all) => {
      const record = of(all, "rows", 3);
      const rows = record["rows"] as unknown[][];
      record["rows"] = rows.toReversed().map(([, ...rest], n) => [n + 1, ...rest]);
    },
    /^Line 3 is not what/,
  ],
  ["a line is gone", (all) => all.splice(all.indexOf(of(all, "line", 3)), 1), /^Line 3 is missing/],
  [
    "a line is doubled",
    (all) => all.splice(all.indexOf(of(all, "line", 3)), 0, of(all, "line", 3)),
    /^Line 3 has place 3 of the chain, which/,
  ],
  [
    "names of columns are edited",
    (all) => Object.assign(of(all, "names", 0), { names: '["x"]' }),
    /^Line 1 is not what/,
  ],
  [
    "the list of ids is another",
    (all) => (((of(all, "ids", 0)["ids"] as [string, number][])[0] ?? [])[0] = "x"),
    /is not the target that the list|hashes to/,
  ],
  [
    "the parameters are others",
    (all) => Object.assign(runOf(all), { params: {} }),
    /^The run is not the one its chain began with/,
  ],
  [
    "the head is another",
    (all) => Object.assign(runOf(all)["chain"] as object, { head: "0".repeat(32) }),
    /^The chain ends in \w+ at line 5, the run says 0+$/,
  ],
  [
    "the manifest is another",
    (all) => Object.assign(runOf(all)["manifest"] as object, { sha256: "0" }),
    /^The manifest is not the one that was sealed$/,
  ],
  [
    "a counter is another",
    (all) => Object.assign(runOf(all), { rows: 1 }),
    /^The run says 1 for rows, its lines add up to 18$/,
  ],
];

function of(records: Record<string, unknown>[], is: string, line: number): Record<string, unknown> {
  const found = records.find((record) => record["is"] === is && (record["line"] ?? 0) === line);
  if (found === undefined) throw new Error(`Cannot find ${is} ${line}`);
  return found;
}

function runOf(records: Record<string, unknown>[]): Record<string, unknown> {
  return of(records, "run", 0)["run"] as Record<string, unknown>;
}

test.each(SKILLED)("when %s and all sums are made anew, it is found", async (_, edit, words) => {
  const records = recordsOf(whole);
  edit(records);
  const { problems } = await verify(summedAnew(records));
  expect(problems).toContainEqual(expect.stringMatching(words));
});

/** Values nobody expects, in any place of any record. */
const HOSTILE = [
  null,
  -1,
  0.5,
  1e308,
  2 ** 53,
  "",
  "\u001b[31m",
  [],
  {},
  true,
  JSON.parse('{"__proto__":{"is":"end"}}'),
  "x".repeat(100_000),
];

test("a hostile record is a problem of the bundle, never a crash, and its words can be printed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), fc.constantFrom(...HOSTILE), async (a, b, value: unknown) => {
      const records = recordsOf(whole);
      const record = records[2 + (a % (records.length - 3))] ?? {};
      const keys = Object.keys(record).filter((key) => key !== "sum" && key !== "is");
      const key = keys[b % keys.length] ?? "";
      if (JSON.stringify(record[key]) === JSON.stringify(value)) return;
      record[key] = value;
      const { problems } = await verify(summedAnew(records));
      expect(problems).not.toEqual([]);
      for (const problem of problems) expect(problem.length).toBeLessThan(600);
    }),
    { numRuns: 200 },
  );
});

test("a value nested too deep, a line number too large and a line too long are named with their line", async () => {
  const [first = "", run = "", third = ""] = linesOf(whole);
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const nested = lineOf(
    "0".repeat(16),
    `"is":"run","run":${JSON.stringify({ ...runOf(recordsOf(whole)), params: 0 }).replace('"params":0', `"params":${deep}`)}}`,
  );
  await expect(verify(joined([first, nested]))).rejects.toThrow(/its line 2 cannot be read/);
  const far = `{"is":"ids","kind":"mailbox","ids":[["x",${2 ** 40}]]}`.slice(1);
  const sum = sumOf(third.slice(8, 8 + 16), far);
  expect((await verify(joined([first, run, third, lineOf(sum, far)]))).problems).toEqual([
    expect.stringMatching(/its line 4 speaks of line 1099511627776, for which the file is too short/),
  ]);
  expect(SUMMED_FROM).toBe(26);
});
