/** The door to the journal in Postgres: its driver is loaded when it is asked for, so that whoever keeps a file does not pay for it. */
import type { Journal } from "../journal.ts";
import type { PostgresJournalOptions } from "./open.ts";

/**
 * Opens the journal in a Postgres database; its schema and tables are made when they are missing.
 * @throws {JournalError} when the URL is none, the server is not reached or refuses, or the schema is of a newer version
 */
export async function openPostgresJournal(options: PostgresJournalOptions): Promise<Journal> {
  return (await import("./open.ts")).openPostgresJournal(options);
}
