/** A new directory for files that need not survive the machine: in memory where there is room, so that a test does not wait for a disk. */
import { mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";
/** Of a container it is often 64 MB, which a larger journal fills. */
const LEAST_BYTES = 1e9;

/** Whoever asks for it removes it. */
export function quickDirectory(prefix: string): string {
  return mkdtempSync(join(hasRoom() ? MEMORY : tmpdir(), prefix));
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > LEAST_BYTES;
  } catch {
    return false; // There is no such place on other systems.
  }
}
