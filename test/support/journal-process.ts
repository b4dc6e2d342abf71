/**
 * A process that works on a journal and says what it was answered, to be killed at any moment.
 *
 *     node journal-process.ts settle WHERE RUN WORKER [WORDS]  settles the pending lines in a random order: `settled 7`, `again 8`, …, `end`
 *     node journal-process.ts write WHERE RUN WORKER [WORDS]   writes to the tenant, as far as pending lines let it: `sent 7 1`, `held 8`, …, `end`
 *     node journal-process.ts history WHERE RUN        takes a run of seven targets through all a journal does, one step after the other: `end`
 *     node journal-process.ts visit WHERE              opens and closes it
 *     node journal-process.ts hold PATH                holds the write lock of a file until it is killed: `held`
 *
 * WHERE is the path of a file or the URL of a journal in Postgres. After so many WORDS it kills itself within a millisecond, in the middle of
 * whatever it does: a test on a busy machine would come too late.
 */
import { DatabaseSync } from "node:sqlite";
import { openPostgresJournal, openThreadedJournal } from "../../src/journal/index.ts";
import type { Journal } from "../../src/journal/index.ts";
import { bulk, intent, mailboxes, rowAbout, settlement, startRun } from "../journal/samples.ts";

const CONCURRENCY = 50;

const [task, where = "", run = "", worker = "", words] = process.argv.slice(2);
let wordsLeft = words === undefined ? Number.POSITIVE_INFINITY : Number(words);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
  wordsLeft -= 1;
  if (wordsLeft <= 0) setTimeout(() => process.kill(process.pid, "SIGKILL"), Math.random());
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

/** A write of a line is one word said; nobody hears it before its intent is on the disk. Two attempts race for each line. */
async function writeAll(): Promise<void> {
  const journal = await open();
  const lines = [...(await journal.pending(run, 0, 1_000_000))];
  say("begin");
  const write = async (line: number): Promise<void> => {
    const attempt = Math.floor(Math.random() * 2 ** 48);
    const announced = await journal.openIntent(intent(run, line, { attempt, worker }));
    if (announced.is !== "opened") return say(`${announced.is} ${line}`);
    say(`sent ${line} ${announced.n}`);
    const sent = { n: announced.n, end: "sent" } as const;
    say(`${await journal.settle(settlement(run, line, { attempt, worker, intent: sent }))} ${line}`);
  };
  const work = async (): Promise<void> => {
    for (;;) {
      const [line] = lines.splice(Math.floor(Math.random() * lines.length), 1);
      if (line === undefined) return;
      await Promise.all([write(line), write(line)]);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  await journal.close();
  say("end");
}

/** Line 1 is written, line 2 in doubt when the run is cancelled, line 7 a bulk read. */
async function makeHistory(): Promise<void> {
  const journal = await open();
  await startRun(journal, run, [...mailboxes(6), bulk("send-as")]);
  await journal.stageRows(run, 7, 7, [rowAbout(3, "SendAs")]);
  await journal.settle(settlement(run, 7));
  await journal.openIntent(intent(run, 1));
  await journal.settle(settlement(run, 1, { intent: { n: 1, end: "sent" } }));
  await journal.openIntent(intent(run, 2));
  await journal.moveRun(run, ["running"], "cancelled", "admin");
  await journal.cancelPending(run, "admin", 9_000);
  await journal.decide({ run, line: 2, outcome: "ok", reason: "seen", by: "megan", atMs: 9_001 });
  await journal.redrive(run, { outcome: ["cancelled"] });
  await journal.moveRun(run, ["cancelled"], "running");
  await journal.setSummary(run, { rows: 1 });
  await journal.close();
  say("end");
}

switch (task ?? "") {
  case "settle":
    await settleAll();
    break;
  case "write":
    await writeAll();
    break;
  case "history":
    await makeHistory();
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
    throw new Error(`Cannot do "${task}": expected settle, write, history, visit or hold`);
}
