/** A file that appears under its name only when it is whole: written beside it, synced, then renamed. */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Sink } from "./sink.ts";
import { writeError } from "./write-error.ts";
import { crashPoint, type CrashPoint } from "../test-points.ts";

/** What the file holds. */
export interface SafelyWritten {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/**
 * Lets `fill` write the file at `path`, replacing what was there. Whatever goes wrong, `path` is as before and nothing is left beside it,
 * unless the process is killed: then a file ending in `.partial` may stay.
 * @throws {ReportError} when the file cannot be written, and whatever `fill` throws
 */
export async function writeSafely(
  path: string,
  fill: (sink: Sink) => Promise<void>,
  point: CrashPoint = "export.before-rename",
): Promise<SafelyWritten> {
  const partial = join(dirname(path), `.${basename(path)}.${randomUUID()}.partial`);
  // Rows are about people: for the owner's eyes only.
  const handle = await inWords(path, open(partial, "wx", 0o600));
  let written: SafelyWritten;
  try {
    written = await fillAndClose(path, handle, fill);
    crashPoint(point);
    await inWords(path, rename(partial, path));
  } catch (error) {
    // The reason is on its way up; a partial file that cannot be removed does not change it.
    await unlink(partial).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
  return written;
}

async function fillAndClose(
  path: string,
  handle: FileHandle,
  fill: (sink: Sink) => Promise<void>,
): Promise<SafelyWritten> {
  try {
    const sink = new Sink((bytes) => inWords(path, handle.writeFile(bytes)));
    await fill(sink);
    await sink.flush();
    await inWords(path, handle.sync());
    return { bytes: sink.bytes, sha256: sink.sha256() };
  } finally {
    await handle.close();
  }
}

/** Makes the new name itself durable. */
async function syncDirectory(path: string): Promise<void> {
  let directory: FileHandle;
  try {
    directory = await open(path, "r");
  } catch {
    // Windows does not open directories; there the rename needs no more.
    return;
  }
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function inWords<T>(path: string, act: Promise<T>): Promise<T> {
  try {
    return await act;
  } catch (error) {
    throw writeError(`"${path}"`, error);
  }
}
