/** Where the password comes from: PGPASSWORD, or the file that all tools of Postgres share (https://www.postgresql.org/docs/current/libpq-pgpass.html). */
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { JournalError } from "../contract/errors.ts";
import type { Address } from "./address.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Asked when the server wants one.
 * @returns an empty text when there is none
 * @throws {JournalError} when others on this machine can read the file
 */
export async function findPassword(
  address: Address,
  user: string,
  environment: Environment,
): Promise<string> {
  const given = address.password ?? environment["PGPASSWORD"];
  if (given !== undefined && given !== "") return given;
  const path = environment["PGPASSFILE"] ?? fileOf(environment);
  const file = await stat(path).catch(() => undefined); // Most have none.
  if (file === undefined || !file.isFile()) return "";
  if (process.platform !== "win32" && (file.mode & 0o077) !== 0) {
    throw new JournalError(
      `Cannot take the password of the journal from "${path}": others on this machine can read the file`,
      `Type: chmod 600 "${path}"`,
    );
  }
  return passwordIn(await readFile(path, "utf8"), address, user) ?? "";
}

function fileOf(environment: Environment): string {
  return process.platform === "win32"
    ? join(environment["APPDATA"] ?? homedir(), "postgresql", "pgpass.conf")
    : join(environment["HOME"] ?? homedir(), ".pgpass");
}

/** The first line that fits counts. */
export function passwordIn(text: string, address: Address, user: string): string | undefined {
  const host = address.host.startsWith("/") ? "localhost" : address.host;
  const wanted = [host, String(address.port), address.database, user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const fields = [...line.matchAll(/((?:\\.|[^\\:])*)(?::|$)/g)].map((field) => field[1] ?? "");
    const [password, fits] = [
      fields[wanted.length],
      wanted.every((value, place) => fitsField(fields[place], value)),
    ];
    if (fits && password !== undefined && password !== "") return unescape(password);
  }
  return undefined;
}

function fitsField(field: string | undefined, value: string): boolean {
  return field === "*" || (field !== undefined && unescape(field) === value);
}

function unescape(field: string): string {
  return field.replace(/\\(.)/g, "$1");
}
