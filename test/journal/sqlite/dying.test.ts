import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe } from "vitest";
import { openSqliteJournal } from "../../../src/journal/index.ts";
import { killAll } from "../../support/journal-workers.ts";
import { dyingContract } from "../contract/dying.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
});

afterEach(async () => {
  await killAll();
  rmSync(directory, { recursive: true });
});

describe("processes that die over a journal in a file", () => {
  dyingContract(() => {
    const path = join(directory, "journal.db");
    return { where: path, open: () => openSqliteJournal({ path }) };
  });
});
