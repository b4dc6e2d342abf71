/** When what a file says was true, as far as the file system knows. */
import { stat } from "node:fs/promises";
import { basename } from "node:path";

/** `2026-05-04_03-02-01_MailboxPermissions.csv`, as michev's scripts and our own exports are named. */
const NAMED = /^(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-(\d\d)_/;
/** Whoever writes a file may do so for as long as this after its name was made. */
const WRITING_MS = 48 * 3_600_000;

/** The time in its name, where it was changed long after that; else its last change. A clock that was ahead does not make it newer than now. */
export async function takenAt(path: string, nowMs: number): Promise<number> {
  const changedMs = Math.trunc((await stat(path)).mtimeMs);
  const [, day = "", hours = "", minutes = "", seconds = ""] = NAMED.exec(basename(path)) ?? [];
  const namedMs = Date.parse(`${day}T${hours}:${minutes}:${seconds}Z`);
  const atMs = Number.isNaN(namedMs) || changedMs < namedMs + WRITING_MS ? changedMs : namedMs;
  return Math.min(atMs, nowMs);
}
