/**
 * A lock between processes of one machine, in a directory, that a dead holder does not keep.
 *
 * Each taking writes the next numbered ticket with its process inside; the highest ticket holds the lock while its process lives.
 * The highest ticket is never deleted, only marked free, so that two who find a dead holder cannot both take its place.
 */
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, markText, markOf, parseMark } from "./process-mark.ts";

const FREE = "free";
const RETRY_MS = 20;

/**
 * Runs `work` while no other process holds the lock of `directory`.
 * @throws the signal's reason when it is aborted while waiting
 */
export async function withLock<T>(
  directory: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  let ticket = take(directory);
  while (ticket === undefined) {
    await sleep(RETRY_MS, undefined, { signal });
    ticket = take(directory);
  }
  try {
    return await work();
  } finally {
    write(directory, FREE, (file) => renameSync(file, ticketFile(directory, ticket ?? 0)));
  }
}

/** @returns the number of our ticket, or undefined when somebody else holds the lock */
function take(directory: string): number | undefined {
  const highest = Math.max(0, ...tickets(directory));
  if (highest > 0 && isHeld(ticketFile(directory, highest))) return undefined;
  const mine = highest + 1;
  try {
    // link() fails when the name exists: of several who saw the same free ticket, one wins.
    write(directory, markText(markOf(process.pid)), (file) => linkSync(file, ticketFile(directory, mine)));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
    throw error;
  }
  const all = tickets(directory);
  if (Math.max(...all) > mine) {
    // Others went on while we looked at an old list: ours is void.
    rmSync(ticketFile(directory, mine), { force: true });
    return undefined;
  }
  for (const old of all) if (old < mine) rmSync(ticketFile(directory, old), { force: true });
  return mine;
}

function isHeld(file: string): boolean {
  const text = readText(file);
  if (text === undefined || text === FREE) return false;
  const mark = parseMark(text);
  return mark !== undefined && isAlive(mark);
}

function write(directory: string, text: string, place: (file: string) => void): void {
  const file = join(directory, `.lock-${process.pid}-${Math.random().toString(36).slice(2)}`);
  writeFileSync(file, text, { mode: 0o600 });
  try {
    place(file);
  } finally {
    rmSync(file, { force: true });
  }
}

function tickets(directory: string): number[] {
  return readdirSync(directory).flatMap((name) => {
    const number = /^lock\.(\d+)$/.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

function ticketFile(directory: string, ticket: number): string {
  return join(directory, `lock.${ticket}`);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Deleted by the next holder while we looked: whoever holds the lock now has a higher ticket.
    return undefined;
  }
}
