/** The writing thread: opens the journal a second time and does what its process asks. Waiting for the disk stands in nobody's way here. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { Journal } from "../journal.ts";
import { openSqliteJournal, type SqliteJournalOptions } from "./open.ts";
import { type Answer, type Ask, faultOf, NOBODY } from "./thread-words.ts";

const port = parentPort;
if (port === null) throw new Error("Cannot run the writing thread: it was started as a program of its own");
// Our own process sent it.
const journal = await openSqliteJournal(workerData as SqliteJournalOptions).catch(giveUp);
const working = new Set<Promise<void>>();

/** Answers of one turn of the event loop go in one message: a commit answers many. */
let outbox: Answer[] = [];

if (journal !== undefined) serve(journal, port);

function serve(opened: Journal, asks: MessagePort): void {
  asks.on("message", (asked: readonly Ask[] | "close") => {
    if (asked === "close") return void close(opened);
    for (const ask of asked) {
      const done = answer(opened, ask).finally(() => working.delete(done));
      working.add(done);
    }
  });
}

/** Without its file this thread is of no use: the process hears why, and starts another one when it is asked again. */
function giveUp(error: unknown): undefined {
  port?.postMessage([{ id: NOBODY, fault: faultOf(error) } satisfies Answer]);
  port?.close();
}

function say(answer: Answer): void {
  if (outbox.length === 0) setImmediate(post);
  outbox.push(answer);
}

function post(): void {
  const answers = outbox;
  outbox = [];
  if (answers.length > 0) port?.postMessage(answers);
}

async function answer(journal: Journal, ask: Ask): Promise<void> {
  try {
    const value: unknown = await Reflect.apply(journal[ask.method], journal, ask.args);
    say({ id: ask.id, value });
  } catch (error) {
    say({ id: ask.id, fault: faultOf(error) });
  }
}

/** What was asked for is done first. */
async function close(opened: Journal): Promise<void> {
  await Promise.all(working);
  await opened.close();
  post();
  port?.close();
}
