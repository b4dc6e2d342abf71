/** What a job is handed for one mailbox or one bulk read: cmdlets under the read-only guard, look-ups, counters. */
import type { Exchange, SendOptions } from "../exo/index.ts";
import { PlannedWrite, type WriteOrder, type WriteParts } from "../changes/index.ts";
import type { BulkContext, Change, Count, Mailbox, TaskContext, WriteContext } from "../job/index.ts";
import type { Journal } from "../journal/index.ts";
import { GroupBook } from "../reports/index.ts";
import type { Task } from "../queue/index.ts";
import { RunDirectory } from "./directory.ts";
import { readMailbox } from "./read-mailbox.ts";
import { ahead } from "./side-by-side.ts";
import { readOnly } from "./read-only.ts";
import type { ReplyMark } from "./reply-mark.ts";
import type { LoadedRun } from "./run-cache.ts";
import { subjectOf } from "./targets.ts";

type Lane = NonNullable<SendOptions["lane"]>;

/** What a context needs to know of an attempt. */
export interface AttemptFacts {
  readonly task: Task;
  readonly run: LoadedRun;
  readonly signal: AbortSignal;
  /** How often the target was opened again. */
  readonly redrive: number;
  readonly counts: Map<string, number>;
  /** Set while the target is suspected of killing workers. */
  readonly suspect: { readonly mark: ReplyMark; readonly company: boolean } | undefined;
}

export class JobContexts {
  readonly #journal: Journal;
  readonly #exchange: (tenant: string) => Promise<Exchange>;
  readonly #directories = new Map<string, RunDirectory>();

  constructor(journal: Journal, exchange: (tenant: string) => Promise<Exchange>) {
    this.#journal = journal;
    this.#exchange = exchange;
  }

  forget(run: string): void {
    this.#directories.delete(run);
  }

  async task(attempt: AttemptFacts, mailbox: Mailbox, small: boolean): Promise<TaskContext<unknown>> {
    const { base, readFor } = await this.#base(attempt, "mailbox", small);
    return {
      ...base,
      mailbox,
      line: attempt.task.line,
      small,
      read: (cmdlet, parameters, options) => readFor(mailbox, cmdlet, parameters, options),
    };
  }

  /** The planned write of an attempt, and what its job gets to carry it out with. */
  async change(
    attempt: AttemptFacts & { readonly id: number },
    { mailbox, change }: { readonly mailbox: Mailbox; readonly change: Change },
    parts: Pick<WriteParts, "clock" | "times"> & { readonly worker: string },
  ): Promise<{ readonly context: WriteContext<unknown>; readonly write: PlannedWrite }> {
    const exchange = await this.#exchange(attempt.run.tenant);
    const { base, readFor } = await this.#base(attempt, "mailbox", true);
    const { run, line } = attempt.task;
    const order: WriteOrder = {
      run,
      line,
      redrive: attempt.redrive,
      attempt: attempt.id,
      worker: parts.worker,
      mailbox,
      change,
      options: this.#options(attempt, "write"),
    };
    const read: WriteParts["read"] = (cmdlet, parameters, options) =>
      readFor(mailbox, cmdlet, parameters, options);
    const write = new PlannedWrite({ ...parts, journal: this.#journal, exo: exchange, read }, order);
    const context = {
      ...base,
      mailbox,
      change,
      line,
      small: true,
      read: (cmdlet, parameters, options) => readFor(mailbox, cmdlet, parameters, options),
      write: () => write.carryOut(),
    } satisfies WriteContext<unknown>;
    return { context, write };
  }

  async bulk(attempt: AttemptFacts, small = false): Promise<BulkContext<unknown>> {
    const journal = this.#journal;
    const run = attempt.task.run;
    const { base, readFor } = await this.#base(attempt, "bulk", small);
    return {
      ...base,
      line: attempt.task.line,
      readFor,
      groups: new GroupBook(journal, run, attempt.redrive),
      rows: () => journal.rows(run),
      mailboxOf: async (key) => {
        const id = await base.directory.mailboxIdOf(key);
        const target = id === undefined ? undefined : await journal.targetById(run, id);
        const subject = target === undefined ? undefined : subjectOf(target);
        return target !== undefined && subject?.kind === "mailbox"
          ? { line: target.line, mailbox: subject.mailbox }
          : undefined;
      },
      missing: async function* (seen) {
        for await (const chunk of journal.targets(run)) {
          for (const target of chunk) {
            const subject = subjectOf(target);
            if (subject.kind === "mailbox" && !seen.has(target.line))
              yield { line: target.line, mailbox: subject.mailbox };
          }
        }
      },
    };
  }

  async #base(attempt: AttemptFacts, lane: Lane, small: boolean) {
    const exchange = await this.#exchange(attempt.run.tenant);
    const options = this.#options(attempt, lane);
    const mark = attempt.suspect?.mark;
    const exo = readOnly({
      invoke: (cmdlet, parameters, extra) =>
        exchange.invoke(cmdlet, parameters, { ...options, ...extra }).finally(() => mark?.handed()),
      pages: async function* pages(cmdlet, parameters, extra) {
        for await (const page of ahead(exchange.pages(cmdlet, parameters, { ...options, ...extra }))) {
          mark?.handed();
          yield page;
        }
      },
    });
    const count: Count = (name, by = 1) =>
      void attempt.counts.set(name, (attempt.counts.get(name) ?? 0) + by);
    const directory = this.#directory(attempt.task.run, small ? exchange : undefined);
    const readFor: BulkContext<unknown>["readFor"] = (mailbox, cmdlet, parameters, extra) =>
      readMailbox({ exo, directory, count }, mailbox, cmdlet, parameters, { ...options, ...extra });
    const base = {
      params: attempt.run.params,
      runId: attempt.task.run,
      tenantId: attempt.run.tenantId,
      exo,
      directory,
      count,
      signal: attempt.signal,
    };
    return { base, readFor };
  }

  #options({ task, signal, suspect }: AttemptFacts, lane: Lane): SendOptions {
    const alone = suspect && {
      company: suspect.company,
      beforeReply: () => suspect.mark.beforeReply(),
    };
    return { run: task.run, lane, signal, ...(alone === undefined ? {} : { alone }) };
  }

  /** One per run, so that names found by one task serve the next; it asks for itself, under no task's signal. */
  #directory(run: string, exchange: Exchange | undefined): RunDirectory {
    const known = this.#directories.get(run);
    if (known !== undefined) return known;
    const ask =
      exchange &&
      readOnly({
        invoke: (cmdlet, parameters, extra) =>
          exchange.invoke(cmdlet, parameters, { run, lane: "mailbox", ...extra }),
        pages: (cmdlet, parameters, extra) =>
          exchange.pages(cmdlet, parameters, { run, lane: "mailbox", ...extra }),
      });
    const directory = new RunDirectory(run, this.#journal, ask);
    this.#directories.set(run, directory);
    return directory;
  }
}
