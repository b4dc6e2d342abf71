/** Tells a living process from a dead one whose number went to somebody else. */
import { readFileSync } from "node:fs";

/** A process, as written into files: its number, and where the system tells it, when it started. */
export interface ProcessMark {
  readonly pid: number;
  readonly started: string;
}

export function markOf(pid: number): ProcessMark {
  return { pid, started: startOf(pid) ?? "" };
}

export function markText(mark: ProcessMark): string {
  return `${mark.pid} ${mark.started}`;
}

/** @returns undefined for text that is no mark: half written, or not ours */
export function parseMark(text: string): ProcessMark | undefined {
  const [pid = "", started = ""] = text.trim().split(" ");
  return /^[1-9]\d{0,9}$/.test(pid) ? { pid: Number(pid), started } : undefined;
}

export function isAlive(mark: ProcessMark): boolean {
  try {
    process.kill(mark.pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const started = startOf(mark.pid);
  return started === undefined
    ? process.platform !== "linux"
    : mark.started === "" || started === mark.started;
}

/** Start time in clock ticks since boot; undefined where the system has no `/proc`, and for zombies. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold anything; state is the first field after it, start time the twentieth.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    // No /proc here, or the process ended while we looked.
    return undefined;
  }
}
