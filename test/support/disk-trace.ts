/**
 * What a process wrote to its files, when it had it synced, and what it said in between, as strace saw it; and the files as a power loss at
 * any moment could have left them.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { installPackage } from "../../src/queue/install.ts";

export type DiskEvent =
  | { readonly is: "write"; readonly path: string; readonly at: number; readonly bytes: Buffer }
  | { readonly is: "truncate"; readonly path: string; readonly size: number }
  | { readonly is: "unlink"; readonly path: string }
  /** It came back: everything written to the file before is on the disk. */
  | { readonly is: "synced"; readonly path: string }
  | { readonly is: "said"; readonly text: string };

const STRACE = "/usr/bin/strace";
const CALLS = "pwrite64,write,ftruncate,unlink,fsync,fdatasync";

/** @returns why processes cannot be watched here, undefined when they can */
export async function whyNoTrace(): Promise<string | undefined> {
  if (process.platform !== "linux") return "strace is there on Linux only";
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const failed = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const reason = existsSync(STRACE)
    ? undefined
    : await installPackage("strace", say).then(
        (done) => (done ? undefined : "strace is not installed"),
        failed,
      );
  if (reason !== undefined) return reason;
  const { status, stderr } = spawnSync(STRACE, ["-o", "/dev/null", "true"], { encoding: "utf8" });
  return status === 0 ? undefined : `strace may not watch here: ${stderr.trim()}`;
}

/** Runs node with these words to its end. @param log where strace writes what it saw */
export async function traced(words: readonly string[], log: string): Promise<readonly DiskEvent[]> {
  const options = [
    "-f",
    "-y",
    "-xx",
    "-s",
    "4194304",
    "-e",
    `trace=${CALLS}`,
    "-e",
    "signal=none",
    "-o",
    log,
  ];
  const node = [process.execPath, "--disable-warning=ExperimentalWarning"];
  const { status, stderr } = spawnSync(STRACE, [...options, ...node, ...words], { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`Cannot watch: the process ended with ${String(status)}: ${stderr.slice(0, 500)}`);
  return eventsOf(await readFile(log, "latin1"));
}

/** What is written counts when the call begins, what is synced when it has come back. */
function eventsOf(log: string): DiskEvent[] {
  const syncing = new Map<string, string>();
  return log.split("\n").flatMap((line): DiskEvent[] => {
    const [, thread = "", call = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (/^<\.\.\. (?:fsync|fdatasync) resumed>.* = 0$/.test(call)) {
      const path = syncing.get(thread);
      return path === undefined ? [] : [{ is: "synced", path }];
    }
    const [, name = "", words = ""] = /^(\w+)\((.*)$/.exec(call) ?? [];
    const path = text(/^\d+<([^>]*)>/.exec(words)?.[1] ?? "");
    const bytes = Buffer.from(
      /^[^"]*"((?:\\x[0-9a-f]{2})*)"/.exec(words)?.[1]?.replaceAll("\\x", "") ?? "",
      "hex",
    );
    switch (name) {
      case "pwrite64":
        return [{ is: "write", path, bytes, at: Number(/, (\d+)(?:\)| <unfinished)/.exec(words)?.[1]) }];
      case "write":
        return words.startsWith("1<") ? [{ is: "said", text: bytes.toString() }] : [];
      case "ftruncate":
        return [{ is: "truncate", path, size: Number(/, (\d+)/.exec(words)?.[1]) }];
      case "unlink":
        return [{ is: "unlink", path: bytes.toString() }];
      case "fsync":
      case "fdatasync":
        syncing.set(thread, path);
        return words.endsWith(" = 0") ? [{ is: "synced", path }] : [];
      default:
        return [];
    }
  });
}

function text(escaped: string): string {
  return Buffer.from(escaped.replaceAll("\\x", ""), "hex").toString();
}

/** What becomes of a sector that was written and not synced when the power goes. */
export type Fate = (sector: number) => "kept" | "lost";

const SECTOR_BYTES = 512;

/**
 * The files right after event number `until`.
 * @param before as they were when the process began, by path
 * @param fate asked for every sector that no sync covers; syncs are believed unless `lies`
 */
export function afterPowerLoss(
  before: ReadonlyMap<string, Buffer>,
  events: readonly DiskEvent[],
  until: number,
  fate: Fate,
  lies = false,
): { readonly files: ReadonlyMap<string, Buffer>; readonly lostSectors: number } {
  const files = new Map(before);
  const unsynced = new Map<string, DiskEvent[]>();
  let [lostSectors, sectors] = [0, 0];
  for (const event of events.slice(0, until)) {
    if (event.is === "said") continue;
    if (event.is === "unlink") {
      files.delete(event.path);
      unsynced.delete(event.path);
    } else if (event.is !== "synced") {
      unsynced.set(event.path, [...(unsynced.get(event.path) ?? []), event]);
    } else if (!lies) {
      for (const each of unsynced.get(event.path) ?? []) apply(files, each, () => "kept");
      unsynced.delete(event.path);
    }
  }
  const decide = (): "kept" | "lost" => {
    const end = fate((sectors += 1));
    if (end === "lost") lostSectors += 1;
    return end;
  };
  for (const each of [...unsynced.values()].flat()) apply(files, each, decide);
  return { files, lostSectors };
}

function apply(files: Map<string, Buffer>, event: DiskEvent, fate: () => "kept" | "lost"): void {
  if (event.is === "truncate") {
    if (fate() === "kept") files.set(event.path, sized(files.get(event.path), event.size));
  } else if (event.is === "write") {
    for (let from = 0; from < event.bytes.length; from += SECTOR_BYTES) {
      if (fate() === "lost") continue;
      const part = event.bytes.subarray(from, from + SECTOR_BYTES);
      const old = files.get(event.path);
      const file = sized(old, Math.max(old?.length ?? 0, event.at + from + part.length));
      part.copy(file, event.at + from);
      files.set(event.path, file);
    }
  }
}

function sized(file: Buffer | undefined, bytes: number): Buffer {
  const made = Buffer.alloc(bytes);
  file?.copy(made, 0, 0, Math.min(bytes, file.length));
  return made;
}
