/**
 * A harness for authors of jobs: runs a job's `perform` or one of its bulk reads against given answers, without Redis, journal or HTTP.
 * Answers are rows as the service sends them, by cmdlet; a cmdlet without an answer fails the test.
 */
import type {
  BulkContext,
  CallOptions,
  CmdletReply,
  Cmdlets,
  Directory,
  ExoRow,
  FoundRow,
  GroupMembers,
  GroupReach,
  Groups,
  Job,
  Mailbox,
  Page,
  Parameters,
  Principal,
  ReadOptions,
  Restarted,
  TaskContext,
} from "../../src/job/index.ts";
import { naming } from "../../src/runs/read-mailbox.ts";

export interface Call {
  readonly cmdlet: string;
  readonly parameters: Parameters;
  readonly options: CallOptions | undefined;
}

/** Rows, or more of a reply than its rows. */
export type Answer = readonly ExoRow[] | Partial<CmdletReply>;

export interface Situation {
  readonly params?: unknown;
  readonly principals?: readonly Principal[];
  /** What a call for one mailbox brings. */
  readonly answer?: (call: Call, mailbox: Mailbox | undefined) => Answer;
}

export interface TaskSituation extends Situation {
  readonly mailbox?: Mailbox;
  readonly line?: number;
  readonly small?: boolean;
}

export interface BulkSituation extends Situation {
  /** The manifest: lines from 1. */
  readonly manifest: readonly Mailbox[];
  /** What a listing brings, page by page. */
  readonly pages: (call: Call) => Iterable<Answer | Restarted>;
  /** What the run has on record when a last read is made. */
  readonly recorded?: readonly FoundRow[];
  /** What is not asked for a mailbox goes there instead. */
  readonly exo?: Cmdlets;
  /** What is on record of groups, by id in lower case; kept in it, too. */
  readonly groups?: Map<string, GroupMembers>;
  readonly reaches?: GroupReach[];
}

export interface Performed {
  readonly rows: readonly FoundRow[];
  readonly calls: readonly Call[];
  readonly counts: Readonly<Record<string, number>>;
}

export async function performJob(job: Job, situation: TaskSituation = {}): Promise<Performed> {
  const stage = new Stage(situation);
  const mailbox = situation.mailbox ?? aMailbox();
  const context: TaskContext<unknown> = {
    ...stage.base(job),
    mailbox,
    line: situation.line ?? 1,
    small: situation.small ?? false,
    read: (cmdlet, parameters, options) => stage.read(mailbox, cmdlet, parameters, options),
  };
  const written = { changed: true, before: null, after: null, warnings: [], atMs: 0 };
  const change = { cmdlet: "Set-Mailbox", parameters: {} };
  const rows = await (job.writes
    ? job.perform({ ...context, change, write: () => Promise.resolve(written) })
    : job.perform(context));
  return { rows, calls: stage.calls, counts: stage.counts };
}

/** Rows are those that stand at the end: what was yielded before a restart is dropped, as the executor does. */
export async function performBulk(job: Job, name: string, situation: BulkSituation): Promise<Performed> {
  const bulk = job.bulk.find((read) => read.name === name);
  if (bulk === undefined) throw new Error(`Cannot perform "${name}": ${job.name} has no such bulk read`);
  const stage = new Stage(situation, situation.pages);
  const lines = situation.manifest.map((mailbox, index) => ({ line: index + 1, mailbox }));
  const context: BulkContext<unknown> = {
    ...stage.base(job),
    ...(situation.exo !== undefined && { exo: situation.exo }),
    line: lines.length + 1,
    async *rows() {
      yield situation.recorded ?? [];
    },
    groups: groupsIn(situation),
    mailboxOf: async (key) => {
      const folded = key.trim().toLowerCase();
      const found = lines.filter(({ mailbox }) => keysOf(mailbox).includes(folded));
      const others = (situation.principals ?? []).filter(
        (principal) =>
          keysOf(principal).includes(folded) &&
          !found.some(({ mailbox }) => mailbox.id === principal.mailboxId),
      );
      return found.length === 1 && others.length === 0 ? found[0] : undefined;
    },
    async *missing(seen) {
      yield* lines.filter(({ line }) => !seen.has(line));
    },
    readFor: (mailbox, cmdlet, parameters, options) => stage.read(mailbox, cmdlet, parameters, options),
  };
  let rows: FoundRow[] = [];
  for await (const step of bulk.perform(context)) {
    if ("restarted" in step) {
      rows = [];
      stage.restart();
    } else rows.push(...step);
  }
  return { rows, calls: stage.calls, counts: stage.counts };
}

function groupsIn({ groups = new Map(), reaches = [] }: BulkSituation): Groups {
  return {
    members: async (id) => groups.get(id.toLowerCase()),
    people: async () => [],
    keep: async (group) => void groups.set(group.id.toLowerCase(), group),
    keepReach: async (found) => void reaches.splice(0, reaches.length, ...found),
  };
}

class Stage implements Cmdlets {
  readonly calls: Call[] = [];
  counts: Record<string, number> = {};
  readonly #situation: Situation;
  readonly #pages: BulkSituation["pages"] | undefined;

  constructor(situation: Situation, pages?: BulkSituation["pages"]) {
    this.#situation = situation;
    this.#pages = pages;
  }

  restart(): void {
    this.counts = {};
  }

  base(job: Job) {
    const directory: Directory = {
      find: async (key) =>
        (this.#situation.principals ?? []).filter((principal) =>
          keysOf(principal).includes(key.trim().toLowerCase()),
        ),
    };
    return {
      params: job.params.parse(this.#situation.params ?? {}),
      tenantId: "11111111-1111-4111-8111-111111111111",
      runId: "run-1",
      exo: this,
      directory,
      count: (name: string, by = 1) => {
        this.counts[name] = (this.counts[name] ?? 0) + by;
      },
      signal: new AbortController().signal,
    };
  }

  async invoke(cmdlet: string, parameters: Parameters, options?: CallOptions): Promise<CmdletReply> {
    return this.#answer({ cmdlet, parameters, options }, undefined);
  }

  async *pages(
    cmdlet: string,
    parameters: Parameters,
    options?: CallOptions,
  ): AsyncGenerator<Page | Restarted> {
    const call = { cmdlet, parameters, options };
    this.calls.push(call);
    for (const page of this.#pages?.(call) ?? []) yield "restarted" in page ? page : replyOf(page);
  }

  async read(
    mailbox: Mailbox,
    cmdlet: string,
    parameters: Parameters,
    options?: ReadOptions,
  ): Promise<CmdletReply> {
    const named = naming(cmdlet, mailbox.id, options?.part);
    const call = { cmdlet, parameters: { ...parameters, ...named }, options };
    return this.#answer(call, mailbox);
  }

  #answer(call: Call, mailbox: Mailbox | undefined): CmdletReply {
    this.calls.push(call);
    if (this.#situation.answer === undefined)
      throw new Error(`Cannot answer ${call.cmdlet}: no answer given`);
    return replyOf(this.#situation.answer(call, mailbox));
  }
}

function replyOf(answer: Answer): CmdletReply {
  const whole: CmdletReply = {
    rows: [],
    warnings: [],
    errors: [],
    requestId: "request-1",
    sentAtMs: Date.UTC(2026, 4, 4, 3, 2, 1),
    answeredAtMs: Date.UTC(2026, 4, 4, 3, 2, 2),
  };
  return isRows(answer) ? { ...whole, rows: answer } : { ...whole, ...answer };
}

function isRows(answer: Answer): answer is readonly ExoRow[] {
  return Array.isArray(answer);
}

function keysOf(named: object): readonly string[] {
  return Object.entries(named)
    .filter(([name, value]) => name !== "type" && typeof value === "string" && value !== "")
    .map(([, value]) => String(value).toLowerCase());
}

/** GUID number `n`, readable in a failing test. */
export function guid(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
}

export function aMailbox(facts: Partial<Mailbox> = {}): Mailbox {
  const id = facts.id ?? guid(1);
  const name = facts.name ?? `box-${id.slice(-2)}`;
  return {
    id,
    objectId: id.replace("-4000-", "-4001-"),
    type: "user",
    primarySmtp: `${name}@contoso.com`,
    displayName: name,
    userPrincipalName: `${name}@contoso.com`,
    name,
    alias: name,
    identity: name,
    distinguishedName: `CN=${name}`,
    guid: id.replace("-4000-", "-4002-"),
    ...facts,
  };
}

export function aPrincipal(facts: Partial<Principal> = {}): Principal {
  const id = facts.id ?? guid(900);
  const number = Number(id.slice(-12));
  const name = facts.name ?? `person-${number}`;
  return {
    id,
    sid: `S-1-5-21-1-2-3-${number}`,
    type: "user",
    displayName: name,
    name,
    userPrincipalName: `${name}@contoso.com`,
    primarySmtp: `${name}@contoso.com`,
    guest: false,
    disabled: false,
    softDeleted: false,
    mailboxId: "",
    ...facts,
  };
}
