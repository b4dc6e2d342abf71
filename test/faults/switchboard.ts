/**
 * Preloaded into a process of ours (`node --import`), in each of its threads: dies or stands still at named crash points, has planted bugs,
 * notes what it reached, and on SIGUSR2 blocks its event loop or has its wall clock set. The orders are environment variables (`orders.ts`).
 */
import { appendFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { BroadcastChannel, isMainThread } from "node:worker_threads";
import type { CrashPoint, PlantedBug, Switchboard } from "../../src/test-points.ts";
import { readOrders } from "./orders.ts";

const orders = readOrders(process.env);
const passed = new Map<string, number>();

function note(word: "reached" | "died" | "stopped" | "troubled", point: string): void {
  if (orders.notes !== undefined) appendFileSync(orders.notes, `${process.pid} ${word} ${point}\n`);
}

const board: Switchboard = {
  reached(point: CrashPoint): void {
    const times = (passed.get(point) ?? 0) + 1;
    passed.set(point, times);
    if (times === 1) note("reached", point);
    if (orders.dieAt?.point === point && orders.dieAt.nth === times) {
      note("died", point);
      process.kill(process.pid, "SIGKILL");
    }
    if (orders.stopAt?.point === point && orders.stopAt.nth === times) {
      note("stopped", point);
      process.kill(process.pid, "SIGSTOP");
    }
  },
  has: (bug: PlantedBug): boolean => orders.bugs.has(bug),
};
Reflect.set(globalThis, Symbol.for("exosweep.test-points"), board);

if (orders.poison !== undefined) {
  const { poison } = orders;
  const parse = JSON.parse.bind(JSON);
  JSON.parse = (text: string, ...rest: [((key: string, value: unknown) => unknown)?]): unknown => {
    if (isMainThread && text.includes(poison) && text.includes('"InheritanceType"')) {
      note("died", "poison");
      process.kill(process.pid, "SIGKILL");
    }
    return parse(text, ...rest) as unknown;
  };
}

if (orders.disk !== undefined) {
  const { code, from, times, written } = orders.disk;
  const exec = DatabaseSync.prototype.exec;
  let commits = 0;
  DatabaseSync.prototype.exec = function troubled(this: DatabaseSync, sql: string): void {
    if (sql !== "COMMIT") return exec.call(this, sql);
    commits += 1;
    if (commits < from || commits >= from + times) return exec.call(this, sql);
    if (commits === from) note("troubled", "disk");
    if (written) exec.call(this, sql);
    const words = code === 8 ? "attempt to write a readonly database" : "disk I/O error";
    throw Object.assign(new Error(words), { code: "ERR_SQLITE_ERROR", errcode: code, errstr: words });
  };
}

/** `Date` with an offset: what a process sees when somebody sets the clock of its machine. */
let aheadMs = 0;
const trueNow = Date.now.bind(Date);
globalThis.Date = new Proxy(Date, {
  construct: (target, args: unknown[], newTarget): object =>
    Reflect.construct(target, args.length === 0 ? [trueNow() + aheadMs] : args, newTarget) as object,
  get: (target, name, receiver): unknown =>
    name === "now" ? () => trueNow() + aheadMs : Reflect.get(target, name, receiver),
});

// Threads do not hear signals.
const others = new BroadcastChannel("exosweep-faults");
others.addEventListener("message", (event) => {
  if (event instanceof MessageEvent && typeof event.data === "number") aheadMs = event.data;
});
others.unref();
if (isMainThread) {
  process.on("SIGUSR2", () => {
    if (orders.blockMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, orders.blockMs);
    if (orders.clockMs !== 0) {
      aheadMs = aheadMs === 0 ? orders.clockMs : 0;
      others.postMessage(aheadMs);
    }
  });
}
