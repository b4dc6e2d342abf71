import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openSqliteJournal, openThreadedJournal } from "../../src/journal/index.ts";
import { journalContract } from "./journal.contract.ts";
import type { OpenRecord } from "./contract/record.ts";
import { journalModel } from "./journal.model.ts";

const root = mkdtempSync(join(tmpdir(), "exosweep-journal-"));
afterAll(() => rmSync(root, { recursive: true }));

let files = 0;
const fresh = async (): Promise<OpenRecord> => {
  files += 1;
  const path = join(root, `${files}`, "journal.db");
  return (options) => openSqliteJournal({ path, ...options });
};

journalContract("SQLite", fresh);
journalModel("SQLite", fresh);

/** A clock of the test's own cannot be handed to a thread: those few tests open the file without one. */
const threaded = async (): Promise<OpenRecord> => {
  files += 1;
  const path = join(root, `${files}`, "journal.db");
  return (options) =>
    options?.now === undefined ? openThreadedJournal({ path }) : openSqliteJournal({ path, ...options });
};

journalContract("SQLite with a writing thread", threaded);
