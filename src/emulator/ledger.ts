/** What really happened: an append-only record of every call that arrived, was executed and was fully delivered. Columns, so that a million entries stay small. */
import { IdColumn, NameColumn, NumberColumn } from "./columns.ts";
import { WriteRecords, type WriteEntry, type WriteFacts, type WriteSum } from "./write-records.ts";

export interface Arrival {
  readonly atMs: number;
  /** Tenant of the URL. */
  readonly tenantId: string;
  /** Tenant of the token. */
  readonly tokenTenantId: string;
  readonly cmdlet: string;
  /** ExchangeGuid of the mailbox the call is about. */
  readonly subject: string | undefined;
  /** Number of the request, and the call's place in it. */
  readonly request: number;
  readonly position: number;
  /** Calls in the request; 0 for a single InvokeCommand. */
  readonly batch: number;
  readonly clientRequestId: string | undefined;
  readonly connectionId: string | undefined;
  readonly page: number;
  /** Of a write only. */
  readonly write?: WriteFacts | undefined;
}

/** One line of the ledger, as it is read. Times are epoch ms; null: did not happen. */
export interface LedgerEntry {
  readonly n: number;
  readonly arrivedAtMs: number;
  readonly executedAtMs: number | null;
  /** When the last byte of a reply with the call's own answer, under its own id, had left and the socket was still sound. */
  readonly deliveredAtMs: number | null;
  /** Status of the call's own answer; null while there is none. */
  readonly status: number | null;
  readonly tenantId: string;
  readonly tokenTenantId: string;
  readonly cmdlet: string;
  readonly subject: string | null;
  readonly request: number;
  readonly position: number;
  readonly batch: number;
  readonly clientRequestId: string | null;
  readonly connectionId: string | null;
  readonly page: number;
  /** Of a write only. */
  readonly write?: WriteEntry;
}

/** Which entries are read; all when empty. */
export interface LedgerFilter {
  readonly tenantId?: string;
  readonly writesOnly?: boolean;
}

export interface LedgerSummary {
  readonly arrived: number;
  readonly executed: number;
  readonly delivered: number;
  /** Requests that carried the calls, and how many of them were batches. */
  readonly requests: number;
  readonly batches: number;
  readonly batchedCalls: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byCmdlet: Readonly<Record<string, number>>;
}

export class Ledger {
  readonly #arrivedAtMs = new NumberColumn(true);
  readonly #executedAtMs = new NumberColumn(true);
  readonly #deliveredAtMs = new NumberColumn(true);
  readonly #status = new NumberColumn();
  readonly #tenantId = new NameColumn();
  readonly #tokenTenantId = new NameColumn();
  readonly #cmdlet = new NameColumn();
  readonly #subject = new IdColumn();
  readonly #request = new NumberColumn();
  readonly #position = new NumberColumn();
  readonly #batch = new NumberColumn();
  readonly #clientRequestId = new IdColumn();
  readonly #connectionId = new IdColumn();
  readonly #page = new NumberColumn();
  readonly #writes = new WriteRecords();
  readonly #log: ((line: string) => void) | undefined;
  #length = 0;
  #requests = 0;

  /** @param log receives every event as a line of JSON, as it happens */
  constructor(log?: (line: string) => void) {
    this.#log = log;
  }

  get length(): number {
    return this.#length;
  }

  /** Numbers the next request. */
  nextRequest(): number {
    this.#requests += 1;
    return this.#requests;
  }

  /** Writes a call down before anything is done about it; answers its number. */
  arrived(arrival: Arrival): number {
    const n = this.#length;
    this.#length += 1;
    this.#arrivedAtMs.set(n, arrival.atMs);
    this.#tenantId.set(n, arrival.tenantId);
    this.#tokenTenantId.set(n, arrival.tokenTenantId);
    this.#cmdlet.set(n, arrival.cmdlet);
    this.#subject.set(n, arrival.subject);
    this.#request.set(n, arrival.request);
    this.#position.set(n, arrival.position);
    this.#batch.set(n, arrival.batch);
    this.#clientRequestId.set(n, arrival.clientRequestId);
    this.#connectionId.set(n, arrival.connectionId);
    this.#page.set(n, arrival.page);
    if (arrival.write) this.#writes.arrived(n, arrival, arrival.write);
    this.#log?.(JSON.stringify({ event: "arrived", n, ...arrival, ...this.#write(n) }));
    return n;
  }

  /** @param changed whether a write made something true that was not; nothing for a read */
  executed(n: number, atMs: number, changed?: boolean): void {
    this.#executedAtMs.set(n, atMs);
    if (changed !== undefined) this.#writes.executed(n, changed);
    this.#log?.(JSON.stringify({ event: "executed", n, atMs, ...this.#write(n) }));
  }

  /** True for a read, and for a write that was never sent before, or each time was refused by the throttle. */
  isFirst(n: number): boolean {
    return this.#writes.isFirst(n);
  }

  /** A text that belongs to a write and the time it is sent, whatever else arrives in between; undefined for a read. */
  labelOf(n: number): string | undefined {
    return this.#writes.labelOf(n);
  }

  /** The call's own status, whether or not anybody will read it; 0 for a call nobody answers. */
  answered(n: number, status: number): void {
    this.#status.set(n, status);
    this.#writes.answered(n, status);
    this.#log?.(JSON.stringify({ event: "answered", n, status }));
  }

  delivered(n: number, atMs: number): void {
    this.#deliveredAtMs.set(n, atMs);
    this.#log?.(JSON.stringify({ event: "delivered", n, atMs }));
  }

  /** Entries from a number on, at most `limit`, in the order of arrival. */
  *read(
    from = 0,
    limit = Number.POSITIVE_INFINITY,
    { tenantId, writesOnly = false }: LedgerFilter = {},
  ): Generator<LedgerEntry> {
    let count = 0;
    for (const n of writesOnly ? this.#writes.numbers(from) : this.#numbers(from)) {
      if (count >= limit) return;
      if (tenantId !== undefined && this.#tenantId.get(n) !== tenantId) continue;
      count += 1;
      yield this.#entry(n);
    }
  }

  /** Every different write of a tenant once, with how often it was sent and executed. */
  writes(tenantId: string): Iterable<WriteSum> {
    return this.#writes.sums(tenantId);
  }

  summary(): LedgerSummary {
    const sum = { executed: 0, delivered: 0, batches: 0, batchedCalls: 0 };
    const byStatus: Record<string, number> = {};
    const byCmdlet: Record<string, number> = {};
    for (let n = 0; n < this.#length; n += 1) {
      if (this.#executedAtMs.get(n) > 0) sum.executed += 1;
      if (this.#deliveredAtMs.get(n) > 0) sum.delivered += 1;
      if (this.#batch.get(n) > 0) sum.batchedCalls += 1;
      if (this.#batch.get(n) > 0 && this.#position.get(n) === 0) sum.batches += 1;
      const status = String(this.#status.get(n) || "none");
      byStatus[status] = (byStatus[status] ?? 0) + 1;
      const cmdlet = this.#cmdlet.get(n);
      byCmdlet[cmdlet] = (byCmdlet[cmdlet] ?? 0) + 1;
    }
    return { arrived: this.#length, ...sum, requests: this.#requests, byStatus, byCmdlet };
  }

  *#numbers(from: number): Generator<number> {
    for (let n = Math.max(0, from); n < this.#length; n += 1) yield n;
  }

  #write(n: number): { readonly write?: WriteEntry } {
    const write = this.#writes.entry(n);
    return write === undefined ? {} : { write };
  }

  #entry(n: number): LedgerEntry {
    return {
      n,
      arrivedAtMs: this.#arrivedAtMs.get(n),
      executedAtMs: this.#executedAtMs.get(n) || null,
      deliveredAtMs: this.#deliveredAtMs.get(n) || null,
      status: this.#status.get(n) || null,
      tenantId: this.#tenantId.get(n),
      tokenTenantId: this.#tokenTenantId.get(n),
      cmdlet: this.#cmdlet.get(n),
      subject: this.#subject.get(n),
      request: this.#request.get(n),
      position: this.#position.get(n),
      batch: this.#batch.get(n),
      clientRequestId: this.#clientRequestId.get(n),
      connectionId: this.#connectionId.get(n),
      page: this.#page.get(n),
      ...this.#write(n),
    };
  }
}
