/** A disk of memory that is soon full. Only root may mount one, and not in every container. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk extends Disposable {
  readonly path: string;
  /** From now on it can only be read. Nobody may have a file open there. */
  makeReadOnly(): void;
}

/** @param megabytes its size @returns undefined where it cannot be had */
export function mountSmallDisk(megabytes: number): SmallDisk | undefined {
  if (process.platform !== "linux" || process.geteuid?.() !== 0) return undefined;
  const path = mkdtempSync(join(tmpdir(), "exosweep-small-"));
  try {
    const size = `size=${megabytes}m`;
    execFileSync("mount", ["-t", "tmpfs", "-o", size, "exosweep-test", path], { stdio: "ignore" });
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    makeReadOnly: () => void execFileSync("mount", ["-o", "remount,ro", path]),
    [Symbol.dispose]() {
      execFileSync("umount", [path]);
      rmSync(path, { recursive: true });
    },
  };
}
