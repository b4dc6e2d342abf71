/**
 * How a process of ours ends. The first SIGINT, SIGTERM or SIGHUP asks it to stop softly: take no more work, let what is on the wire
 * finish. The second stops it hard. A third kills it, because nobody listens any more.
 */
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Options of Node that a process of this program is started with. Left to itself V8 lets a worker's heap grow to many times what it holds:
 * 130 MB of young objects, and twice what is alive of old ones. WebAssembly, which Node reads HTTP and strips types with, is in several
 * threads at once, and V8 (of Node 24.21) crashes now and then while it frees code of theirs: so it frees none. The same words stand in
 * package.json and in the Dockerfile; the installed command gives them to itself.
 */
export const NODE_OPTIONS = [
  "--disable-warning=ExperimentalWarning",
  "--max-semi-space-size=4",
  "--heap-growing-percent=50",
  "--no-wasm-code-gc",
] as const;

/** Exit codes after a signal: 128 plus its number. A closed terminal (SIGHUP) counts as terminated. */
const EXIT_CODE = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const;
type StopName = keyof typeof EXIT_CODE;

/** Longest a hard stop may take. */
const HARD_STOP_MS = 2_000;

/** The process was told to stop. Reason of both signals of `StopSignals`. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  readonly exitCode: number;
  constructor(signal: StopName) {
    super(`Stopped by ${signal}`);
    this.exitCode = EXIT_CODE[signal];
  }
}

/** What the outside has asked of this process so far. Disposing it gives the signals back. */
export interface StopSignals extends Disposable {
  /** Aborted by the first signal. */
  readonly soft: AbortSignal;
  /** Aborted by the second. */
  readonly hard: AbortSignal;
}

/** Something that runs until it is stopped. */
export interface Service {
  /** Lets what is in hand finish, at most `graceMs`. May be called again with 0: then it aborts. */
  stop(graceMs: number): Promise<void>;
}

/** Listens for stop signals of this process. */
export function listenForStop(): StopSignals {
  const soft = new AbortController();
  const hard = new AbortController();
  const names = Object.keys(EXIT_CODE) as StopName[];
  const listener = (name: StopName): void => {
    if (!soft.signal.aborted) soft.abort(new Stopped(name));
    else {
      hard.abort(new Stopped(name));
      release();
    }
  };
  const release = (): void => {
    for (const name of names) process.off(name, listener);
  };
  for (const name of names) process.on(name, listener);
  return { soft: soft.signal, hard: hard.signal, [Symbol.dispose]: release };
}

/**
 * Keeps a service running until a signal, then stops it: softly, or hard after a second signal.
 * @param drainMs longest a soft stop may take
 * @param onStopping called once, when the soft stop begins
 * @returns the exit code: 130 or 143
 */
export async function serveUntilStopped(
  service: Service,
  signals: StopSignals,
  drainMs: number,
  onStopping?: () => void,
): Promise<number> {
  await aborted(signals.soft);
  onStopping?.();
  await stopInSteps(service, signals, drainMs);
  return exitCodeOf(signals.soft);
}

/** Stops a service: softly within `drainMs`, or hard as soon as `signals.hard` says so. */
export async function stopInSteps(service: Service, signals: StopSignals, drainMs: number): Promise<void> {
  const drained = service.stop(drainMs);
  const done = await Promise.race([drained.then(() => true), aborted(signals.hard).then(() => false)]);
  if (done) return;
  drained.catch(() => {}); // the hard stop below has the word now
  const enough = new AbortController();
  const waited = sleep(HARD_STOP_MS, undefined, { signal: enough.signal }).catch(() => undefined); // it was enough
  await Promise.race([service.stop(0), waited]);
  enough.abort();
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function exitCodeOf(signal: AbortSignal): number {
  return signal.reason instanceof Stopped ? signal.reason.exitCode : 1;
}
