import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSqliteJournal } from "../../../src/journal/index.ts";
import type { Journal } from "../../../src/journal/index.ts";
import { finishedRun, MAILBOXES, TAMPERS, type Tables } from "../tampers.ts";

const directory = mkdtempSync(join(tmpdir(), "exosweep-tampers-"));
const whole = join(directory, "whole.db");
let copies = 0;

beforeAll(async () => {
  const journal = await openSqliteJournal({ path: whole });
  await finishedRun(journal, "r1");
  await journal.close();
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A copy of the run, and its tables. */
function copy(): { readonly path: string; readonly tables: Tables } {
  copies += 1;
  const path = join(directory, `${copies}.db`);
  copyFileSync(whole, path);
  return {
    path,
    tables: {
      async sql(statements) {
        const db = new DatabaseSync(path);
        try {
          if (statements.startsWith("SELECT")) return db.prepare(statements).all();
          db.exec(statements);
          return [];
        } finally {
          db.close();
        }
      },
      bytes: (hex) => `x'${hex}'`,
    },
  };
}

async function problemsOf(path: string, head?: string): Promise<readonly string[]> {
  const journal: Journal = await openSqliteJournal({ path });
  try {
    return (await journal.verify("r1", head)).problems;
  } finally {
    await journal.close();
    rmSync(path);
  }
}

test("an untouched run has no problems", async () => {
  expect(await problemsOf(copy().path)).toEqual([]);
});

const line = fc.constantFrom(...MAILBOXES);

test.each(TAMPERS)("when $name, the line is named", async ({ act }) => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(line, line).filter(([a, b]) => a !== b),
      async ([a, b]) => {
        const { path, tables } = copy();
        const expected = await act(tables, a, b);
        const problems = await problemsOf(path);
        for (const words of expected) expect(problems).toContainEqual(expect.stringMatching(words));
      },
    ),
    { numRuns: 5 },
  );
});
