/**
 * The journal as the product uses it: writes are done by a thread of their own, so that the time a disk takes to sync is not time in which
 * nothing else happens. Reads are done right here: they are short, and a message would cost more than they do. A thread is started with the
 * first write; a command that only reads never has one.
 */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { JournalError } from "../contract/errors.ts";
import type { Journal } from "../journal.ts";
import { openSqliteJournal, type SqliteJournalOptions } from "./open.ts";
import { type Answer, type Ask, errorOf, NOBODY, type WriteName } from "./thread-words.ts";

/** @throws {JournalError} as `openSqliteJournal` */
export async function openThreadedJournal(options: Omit<SqliteJournalOptions, "now">): Promise<Journal> {
  const local = await openSqliteJournal(options);
  const writes = new WritingThread(options);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await writes.close();
    await local.close();
  };
  const asked: Pick<Journal, WriteName> = {
    createRun: writes.asker("createRun"),
    moveRun: writes.asker("moveRun"),
    claimRun: writes.asker("claimRun"),
    releaseRun: writes.asker("releaseRun"),
    setSummary: writes.asker("setSummary"),
    setLimits: writes.asker("setLimits"),
    addCalls: writes.asker("addCalls"),
    addEvent: writes.asker("addEvent"),
    addTargets: writes.asker("addTargets"),
    clearTargets: writes.asker("clearTargets"),
    sealManifest: writes.asker("sealManifest"),
    stageRows: writes.asker("stageRows"),
    dropStaged: writes.asker("dropStaged"),
    settle: writes.asker("settle"),
    cancelPending: writes.asker("cancelPending"),
    redrive: writes.asker("redrive"),
    openIntent: writes.asker("openIntent"),
    addLook: writes.asker("addLook"),
    endIntent: writes.asker("endIntent"),
    decide: writes.asker("decide"),
    putIndex: writes.asker("putIndex"),
    indexAccess: writes.asker("indexAccess"),
    putNote: writes.asker("putNote"),
    addSchedule: writes.asker("addSchedule"),
    dropSchedule: writes.asker("dropSchedule"),
    pauseSchedule: writes.asker("pauseSchedule"),
    claimTick: writes.asker("claimTick"),
    moveTick: writes.asker("moveTick"),
    addDeliveries: writes.asker("addDeliveries"),
    claimDelivery: writes.asker("claimDelivery"),
    endTry: writes.asker("endTry"),
    retryDelivery: writes.asker("retryDelivery"),
    giveUpDeliveries: writes.asker("giveUpDeliveries"),
    forgetDeliveries: writes.asker("forgetDeliveries"),
  };
  return { ...local, ...asked, close: () => (closing ??= close()) };
}

/** Of the thread: it holds one group of writes at a time. */
const HEAP = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 };

const AGAIN = "Try again; if it happens again, start the process anew";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

class WritingThread {
  readonly #options: SqliteJournalOptions;
  readonly #waiting = new Map<number, Waiting>();
  /** Asked in this turn of the event loop; one message takes them all, which costs far less than one each. */
  #outbox: Ask[] = [];
  #worker: Worker | undefined;
  #next = 1;
  #closed = false;

  constructor(options: SqliteJournalOptions) {
    this.#options = options;
  }

  /** A method of the journal that is done by the thread. */
  asker<Name extends WriteName>(method: Name): Journal[Name] {
    const ask = (...args: Ask["args"]): Promise<unknown> => this.#ask(method, args);
    // The thread does the same method of the same contract, and structured clone changes nothing in plain data.
    return ask as Journal[Name];
  }

  #ask(method: WriteName, args: Ask["args"]): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#error("it is closed", "Open it again"));
    const asked: Ask = { id: this.#next, method, args };
    this.#next += 1;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(asked.id, { resolve, reject });
    if (this.#outbox.length === 0) setImmediate(() => this.#post());
    this.#outbox.push(asked);
    return promise;
  }

  #post(): void {
    const asked = this.#outbox;
    this.#outbox = [];
    if (asked.length === 0) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(asked);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#post();
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = Promise.withResolvers<void>();
    worker.once("exit", () => ended.resolve());
    worker.postMessage("close");
    await ended.promise;
  }

  #start(): Worker {
    const file = new URL(`./thread${extname(import.meta.filename)}`, import.meta.url);
    const worker = new Worker(file, { workerData: this.#options, resourceLimits: HEAP });
    let why: Error | undefined;
    worker.on("message", (answers: readonly Answer[]) => {
      for (const answer of answers) {
        if (answer.id === NOBODY && "fault" in answer) why = errorOf(answer.fault);
        else this.#hear(answer);
      }
    });
    worker.on("error", (error) => {
      why = this.#error(`its writing thread failed: ${error.message}`, AGAIN, { cause: error });
    });
    // What it was doing is undone or done: the caller may ask again, as after any fault of the disk.
    worker.on("exit", () => this.#lose(why ?? this.#error("its writing thread ended", AGAIN)));
    return worker;
  }

  #hear(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if ("fault" in answer) waiting.reject(errorOf(answer.fault));
    else waiting.resolve(answer.value);
  }

  #lose(why: Error): void {
    this.#worker = undefined;
    const unposted = new Set(this.#outbox.map(({ id }) => id));
    for (const [id, { reject }] of this.#waiting) {
      if (unposted.has(id)) continue;
      this.#waiting.delete(id);
      reject(why);
    }
  }

  #error(fact: string, advice: string, options?: ErrorOptions): JournalError {
    return new JournalError(`Cannot write the journal "${this.#options.path}": ${fact}`, advice, options);
  }
}
