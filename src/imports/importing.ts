/**
 * Records a file as a run. Its rows are staged, and count all at once when the last line of the manifest is settled; until the end the run is
 * `importing`, a state that no answer is made of, and that stands in no other run's way. Who dies in the middle leaves such a run: the next
 * import cancels it.
 */
import { hash } from "node:crypto";
import type { FoundRow, Mailbox, ToldGrant } from "../job/index.ts";
import {
  type IndexEntry,
  isComplete,
  type Journal,
  type NewRun,
  type NewTarget,
  type RunRecord,
} from "../journal/index.ts";
import { indexAccess, summarise } from "../reports/index.ts";
import { mailboxEntry, mailboxTarget, newRunId, newWorkerId } from "../runs/index.ts";
import { ImportError } from "./errors.ts";
import type { ImportRequest } from "./import-file.ts";
import { linesOf, type PlacedLine } from "./lines.ts";
import { isKnownById, MailboxFinder, mailboxKey, RunNames } from "./names.ts";
import { principalEntryOf } from "./principal-entry.ts";
import type { Scan } from "./scan.ts";
import type { ToldMailbox } from "./tools/tool.ts";

/** The last line of the manifest: it brings all rows. */
const FILE = { kind: "bulk", id: "file", objectId: "", data: null } as const;
const ATTEMPT = 1;
const PAGE = 1_000;
/** Settled side by side, so that they share commits. */
const CONCURRENCY = 400;
/** An import that has said nothing for this long is taken for dead. */
const CLAIM_MS = 60_000;
const RENEW_MS = 10_000;
/** Holders put into the index lately: one with rights on many mailboxes is not put there once for each. */
const PUT_LATELY = 100_000;
/** Grants of one mailbox that are looked up at once. */
const MOST_GRANTS = 2_000;

interface Named {
  readonly takenAtMs: number;
  readonly namesFrom: RunRecord | undefined;
}

/** Cancels what imports of this tenant left that died. */
export async function cancelDead(journal: Journal, tenant: string, nowMs: number): Promise<void> {
  const owner = newWorkerId();
  for (const { id, state } of await journal.runs({ tenant })) {
    if (state !== "importing" || !(await journal.claimRun(id, owner, CLAIM_MS))) continue;
    await cancel(journal, id, "the import died before its end", nowMs);
  }
}

async function cancel(journal: Journal, id: string, reason: string, nowMs: number): Promise<void> {
  if (await journal.moveRun(id, ["importing"], "cancelled", reason))
    await journal.cancelPending(id, reason, nowMs);
}

export class Importing {
  readonly #request: ImportRequest;
  readonly #scan: Scan;
  readonly #takenAtMs: number;
  readonly #names: RunNames | undefined;
  readonly #mailboxes: MailboxFinder;
  readonly #id = newRunId();
  readonly #owner = newWorkerId();
  readonly #counts = new Map<string, number>();
  readonly #count = (name: string, by = 1): void => {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  };
  /** Digests of ids. */
  readonly #put = new Set<string>();
  /** The first of those whom no run told the id of, as the file calls them. */
  readonly unresolved: Unresolved = { mailboxes: [], holders: [] };
  /** Lines of mailboxes that a line which cannot be read is about. */
  readonly #unread = new Set<number>();

  constructor(request: ImportRequest, found: Scan, { takenAtMs, namesFrom }: Named) {
    this.#request = request;
    this.#scan = found;
    this.#takenAtMs = takenAtMs;
    this.#names = namesFrom === undefined ? undefined : new RunNames(request.journal, namesFrom);
    this.#mailboxes = new MailboxFinder(this.#names, this.#count);
  }

  /** @throws {ImportError} when the file is another one by now */
  async perform(plan: Omit<NewRun, "id">): Promise<RunRecord> {
    const { journal, nowMs } = this.#request;
    await journal.createRun({ ...plan, id: this.#id, imported: true });
    await journal.claimRun(this.#id, this.#owner, CLAIM_MS);
    const renewing = setInterval(() => {
      // Who cannot renew it will hear so from the next thing it records.
      journal.claimRun(this.#id, this.#owner, CLAIM_MS).catch(() => undefined);
    }, RENEW_MS);
    try {
      await this.#list();
      await this.#stage();
      await this.#settle();
      return await this.#finish();
    } catch (error) {
      const why = error instanceof ImportError ? error.message : "the import was stopped before its end";
      // What is wrong is told; a journal that is down leaves it to the next import.
      await cancel(journal, this.#id, why, nowMs).catch(() => undefined);
      throw error;
    } finally {
      clearInterval(renewing);
      await journal.releaseRun(this.#id, this.#owner).catch(() => undefined); // The claim ends by itself.
    }
  }

  /** The manifest: every mailbox a line is about, and the file. */
  async #list(): Promise<void> {
    const { journal, onPass } = this.#request;
    let targets: NewTarget[] = [];
    let entries: IndexEntry[] = [];
    let [last, byAddress] = ["", 0];
    const flush = async (): Promise<void> => {
      await journal.addTargets(this.#id, targets.filter(isKnownById));
      byAddress += await journal.addTargets(
        this.#id,
        targets.filter((target) => !isKnownById(target)),
      );
      await journal.putIndex(this.#id, entries);
      [targets, entries] = [[], []];
    };
    for await (const lines of this.#lines())
      for (const { told } of lines) {
        if (told.is === "left" || told.mailbox === undefined) continue;
        const key = mailboxKey(told.mailbox);
        if (key === last) continue;
        last = key;
        const mailbox = await this.#mailboxes.find(told.mailbox);
        if (!isKnownById(mailbox)) note(this.unresolved.mailboxes, mailbox.primarySmtp);
        targets.push(mailboxTarget(mailbox, false));
        entries.push(mailboxEntry(mailbox));
        if (targets.length >= PAGE) await flush();
      }
    await flush();
    await journal.addTargets(this.#id, [{ ...FILE, label: this.#scan.tool.called }]);
    const { count } = await journal.sealManifest(this.#id);
    // The second pass finds the same oddities.
    this.#counts.clear();
    if (byAddress > 0) this.#count("mailbox-by-address", byAddress);
    onPass?.(`${count - 1} mailboxes listed`);
  }

  /** Rows, in the order of the file. */
  async #stage(): Promise<void> {
    const { journal, onPass } = this.#request;
    const line = await this.#fileLine();
    let rows: FoundRow[] = [];
    let entries: IndexEntry[] = [];
    let recording: Promise<unknown> = Promise.resolve();
    let staged = 0;
    const flush = async (): Promise<void> => {
      const [found, holders] = [rows, entries];
      [rows, entries] = [[], []];
      staged += found.length;
      // The next ones are read meanwhile.
      await recording;
      recording = Promise.all([
        journal.stageRows(
          this.#id,
          line,
          ATTEMPT,
          found.map(({ about, noise, row }) => ({ about, noise, row })),
        ),
        journal.putIndex(this.#id, holders),
      ]);
      // Whoever awaits it next hears of a failure.
      recording.catch(() => undefined);
    };
    for await (const group of this.#groups()) {
      const found = await this.#rowsOf(group);
      for (const { row } of found) {
        const entry = this.#holderOf(row);
        if (entry !== undefined) entries.push(entry);
      }
      rows.push(...found);
      if (rows.length >= PAGE) await flush();
    }
    await flush();
    await recording;
    onPass?.(`${staged} rows recorded`);
  }

  async #rowsOf({ mailbox, line, grants }: Group): Promise<readonly FoundRow[]> {
    const { job, tenantId } = this.#request;
    const context = {
      tenantId,
      runId: this.#id,
      mailbox,
      line,
      readAtMs: this.#takenAtMs,
      directory: this.#names,
      count: this.#count,
    };
    return (await job.told?.(context, grants)) ?? [];
  }

  /** Undefined for one that was put there lately. */
  #holderOf(row: FoundRow["row"]): IndexEntry | undefined {
    const access = this.#request.job.access?.of(row);
    if (access === undefined) return undefined;
    const { id, sid, text } = access.holder;
    const isNamed = id === "" && sid === "" && text !== "";
    const isAddressed = id !== "" && !isKnownById({ id }) && sid === "";
    if (isNamed) this.#count("holder-by-name");
    if (isAddressed) this.#count("holder-by-address");
    if (isNamed || isAddressed) note(this.unresolved.holders, text);
    const entry = principalEntryOf(access);
    if (entry === undefined) return undefined;
    // Its id may be a piece of the file's text, all of which would be kept with it.
    const mark = hash("sha256", entry.id, "base64");
    if (this.#put.has(mark)) return undefined;
    if (this.#put.size >= PUT_LATELY) this.#put.clear();
    this.#put.add(mark);
    return entry;
  }

  /** Neighbouring lines about one mailbox. */
  async *#groups(): AsyncGenerator<Group> {
    let told: ToldMailbox | undefined;
    let grants: ToldGrant[] = [];
    for await (const lines of this.#lines())
      for (const line of lines) {
        const { told: next } = line;
        if (next.is === "left" || next.mailbox === undefined) continue;
        if (
          told !== undefined &&
          (mailboxKey(next.mailbox) !== mailboxKey(told) || grants.length >= MOST_GRANTS)
        ) {
          yield { ...(await this.#placeOf(told)), grants };
          grants = [];
        }
        told = next.mailbox;
        if (next.is === "told") grants.push(...next.grants);
        else this.#unread.add((await this.#placeOf(next.mailbox)).line);
      }
    if (told !== undefined) yield { ...(await this.#placeOf(told)), grants };
  }

  async #placeOf(told: ToldMailbox): Promise<Pick<Group, "mailbox" | "line">> {
    const mailbox = await this.#mailboxes.find(told);
    const target = await this.#request.journal.targetById(this.#id, mailbox.id);
    if (target === undefined) throw this.#another();
    return { mailbox, line: target.line };
  }

  async #settle(): Promise<void> {
    const { journal, signal, nowMs } = this.#request;
    const file = await this.#fileLine();
    let last = 0;
    const settleNext = async (): Promise<void> => {
      while (last < file - 1) {
        signal.throwIfAborted();
        last += 1;
        const line = last;
        const failed = this.#unread.has(line);
        await journal.settle({
          run: this.#id,
          line,
          attempt: ATTEMPT,
          worker: this.#owner,
          outcome: failed ? "failed" : "ok",
          ...(failed ? { reason: "a line about it could not be read", fingerprint: "import bad-line" } : {}),
          rows: [],
          atMs: nowMs,
        });
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, settleNext));
    const { unplaced } = this.#scan.bad;
    await journal.settle({
      run: this.#id,
      line: file,
      attempt: ATTEMPT,
      worker: this.#owner,
      outcome: unplaced > 0 ? "failed" : "ok",
      ...(unplaced > 0
        ? { reason: `${unplaced} lines could not be read`, fingerprint: "import bad-line" }
        : {}),
      rows: [],
      counts: { ...Object.fromEntries(this.#counts), ...this.#lineCounts() },
      atMs: nowMs,
    });
  }

  #lineCounts(): Readonly<Record<string, number>> {
    const { left, bad } = this.#scan;
    const lines = [...left.values()].reduce((sum, each) => sum + each, 0);
    return {
      ...(lines === 0 ? {} : { "lines-left-out": lines }),
      ...(bad.count === 0 ? {} : { "bad-lines": bad.count }),
    };
  }

  async #finish(): Promise<RunRecord> {
    const { journal, job, nowMs, signal } = this.#request;
    await indexAccess({ journal, run: this.#id, job, signal });
    const recorded = await this.#run();
    await journal.setSummary(this.#id, await summarise({ journal, run: recorded, job, signal }));
    const { tool, sha256 } = this.#scan;
    const data = { as: tool.as, file: this.#request.path, sha256 };
    await journal.addEvent(this.#id, { atMs: nowMs, kind: "imported", data });
    signal.throwIfAborted();
    const failed = this.#scan.bad.count > 0;
    await journal.moveRun(this.#id, ["importing"], failed ? "complete_with_failures" : "complete");
    const run = await this.#run();
    if (isComplete(run.state)) return run;
    throw new ImportError(
      `Cannot import "${this.#request.path}": its run ${run.id} is ${run.state}`,
      "Somebody has cancelled it meanwhile; import it again",
    );
  }

  /** The whole file once more. @throws {ImportError} when it is not the same as before */
  async *#lines(): AsyncGenerator<readonly PlacedLine[]> {
    const { signal } = this.#request;
    let sha256 = "";
    yield* linesOf(this.#request, signal, (passed) => ({ sha256 } = passed));
    if (sha256 !== this.#scan.sha256) throw this.#another();
  }

  #another(): ImportError {
    return new ImportError(
      `Cannot import "${this.#request.path}": it was changed while it was read`,
      "Import it again when nobody writes to it",
    );
  }

  async #fileLine(): Promise<number> {
    return (await this.#run()).manifest?.count ?? 0;
  }

  async #run(): Promise<RunRecord> {
    const run = await this.#request.journal.run(this.#id);
    if (run === undefined) throw new TypeError("Cannot import: the journal has lost the run");
    return run;
  }
}

export interface Unresolved {
  readonly mailboxes: string[];
  readonly holders: string[];
}

/** Examples that are kept of each; all of them are in the rows. */
const EXAMPLES = 5;

function note(examples: string[], name: string): void {
  if (examples.length < EXAMPLES && !examples.includes(name)) examples.push(name);
}

interface Group {
  readonly mailbox: Mailbox;
  /** In the manifest. */
  readonly line: number;
  readonly grants: readonly ToldGrant[];
}
