/**
 * A process that works on a journal and says what it was answered, to be killed at any moment.
 *
 *     node journal-process.ts settle WHERE RUN WORKER  settles the pending lines in a random order: `settled 7`, `again 8`, …, `end`
 *     node journal-process.ts visit WHERE              opens and closes it
 *     node journal-process.ts hold PATH                holds the write lock of a file until it is killed: `held`
 *
 * WHERE is the path of a file or the URL of a journal in Postgres.
 */
import { DatabaseSync } from "node:sqlite";
import { openPostgresJournal, openThreadedJournal } from "../../src/journal/index.ts";
import type { Journal } from "../../src/journal/index.ts";
import { rowAbout, settlement } from "../journal/samples.ts";

const CONCURRENCY = 50;

const [task, where = "", run = "", worker = ""] = process.argv.slice(2);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function open(): Promise<Journal> {
  return where.startsWith("postgres:")
    ? openPostgresJournal({
        url: where,
        environment: process.env,
        trustedHosts: [new URL(where).hostname],
      })
    : openThreadedJournal({ path: where });
}

async function settleAll(): Promise<void> {
  const journal = await open();
  const lines = [...(await journal.pending(run, 0, 1_000_000))];
  say("begin");
  const work = async (): Promise<void> => {
    for (;;) {
      const [line] = lines.splice(Math.floor(Math.random() * lines.length), 1);
      if (line === undefined) return;
      const attempt = Math.floor(Math.random() * 2 ** 48);
      const rows = [rowAbout(line, `by ${worker}`), rowAbout(line, `attempt ${attempt}`, "NR1")];
      const settled = settlement(run, line, { attempt, worker, rows, counts: { odd: 1 }, atMs: Date.now() });
      say(`${await journal.settle(settled)} ${line}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  await journal.close();
  say("end");
}

switch (task ?? "") {
  case "settle":
    await settleAll();
    break;
  case "visit":
    await (await open()).close();
    say("end");
    break;
  case "hold": {
    const db = new DatabaseSync(where);
    db.exec("BEGIN IMMEDIATE");
    say("held");
    // Named here, so that it is not collected: that would let go of the file.
    setInterval(() => db.isOpen, 60_000);
    break;
  }
  default:
    throw new Error(`Cannot do "${task}": expected settle, visit or hold`);
}
