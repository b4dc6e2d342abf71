/** Where a bench keeps its journal: in a file, or in Postgres. */
import { join } from "node:path";
import { openPostgresJournal, openThreadedJournal } from "../src/journal/index.ts";
import type { Journal } from "../src/journal/index.ts";

/** A journal nobody else has. */
export interface Place extends AsyncDisposable {
  /** A file, or the URL of a schema. */
  readonly where: string;
}

/**
 * A file in a folder, or a schema of a server that is started for it: that of this machine, as the tests find it, but one that syncs, because
 * a bench measures what that costs. Its password is left in the environment, for processes of this one.
 * @throws {Error} when there is no server
 */
export async function placeFor(directory: string, inPostgres: boolean): Promise<Place> {
  if (!inPostgres)
    return { where: join(directory, "journal.db"), [Symbol.asyncDispose]: () => Promise.resolve() };
  process.env["POSTGRES_FSYNC"] ??= "on";
  // Loaded where it is wanted: a bench of a file does not pay for it.
  const { startPostgres } = await import("../test/support/postgres.ts");
  const server = await startPostgres();
  if (server === undefined) throw new Error("Cannot measure a journal in Postgres: there is no server");
  Object.assign(process.env, server.environment);
  return { where: server.freshUrl(), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export function isInPostgres(where: string): boolean {
  return where.startsWith("postgres:");
}

export function openJournal(where: string): Promise<Journal> {
  return isInPostgres(where)
    ? openPostgresJournal({
        url: where,
        environment: process.env,
        trustedHosts: [new URL(where).hostname],
      })
    : openThreadedJournal({ path: where });
}
