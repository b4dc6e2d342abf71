/** What really happened: an append-only record of every call that arrived, was executed and was fully delivered. Columns, so that a million entries stay small. */

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
}

/** One line of the ledger, as it is read. Times are epoch ms; null: did not happen. */
export interface LedgerEntry {
  readonly n: number;
  readonly arrivedAtMs: number;
  readonly executedAtMs: number | null;
  /** When the last byte of the reply had left and the socket was still sound. */
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

const CHUNK = 8192;
const SIDES = 3;
type Side = 0 | 1 | 2;

/** Columns of `CHUNK` entries. */
class Chunk {
  readonly arrived = new Float64Array(CHUNK);
  readonly executed = new Float64Array(CHUNK);
  readonly delivered = new Float64Array(CHUNK);
  readonly status = new Uint16Array(CHUNK);
  readonly tenant = new Uint32Array(CHUNK);
  readonly tokenTenant = new Uint32Array(CHUNK);
  readonly cmdlet = new Uint32Array(CHUNK);
  readonly request = new Uint32Array(CHUNK);
  readonly position = new Uint16Array(CHUNK);
  readonly batch = new Uint16Array(CHUNK);
  readonly page = new Uint32Array(CHUNK);
  /** Three GUIDs an entry: subject, client-request-id, connection-id. */
  readonly guids = new Uint8Array(CHUNK * SIDES * 16);
}

/** Texts that repeat, by number; 0 is "none". */
class Names {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [""];

  number(name: string | undefined): number {
    if (name === undefined) return 0;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#names.length;
      this.#names.push(name);
      this.#numbers.set(name, number);
    }
    return number;
  }

  name(number: number): string {
    return this.#names[number] ?? "";
  }
}

export class Ledger {
  readonly #chunks: Chunk[] = [];
  readonly #names = new Names();
  /** Ids that are no GUIDs, by entry and side. */
  readonly #odd = new Map<number, string>();
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
    if (n % CHUNK === 0) this.#chunks.push(new Chunk());
    const [chunk, at] = this.#at(n);
    chunk.arrived[at] = arrival.atMs;
    chunk.tenant[at] = this.#names.number(arrival.tenantId);
    chunk.tokenTenant[at] = this.#names.number(arrival.tokenTenantId);
    chunk.cmdlet[at] = this.#names.number(arrival.cmdlet);
    chunk.request[at] = arrival.request;
    chunk.position[at] = arrival.position;
    chunk.batch[at] = arrival.batch;
    chunk.page[at] = arrival.page;
    this.#putId(chunk, at, n, 0, arrival.subject);
    this.#putId(chunk, at, n, 1, arrival.clientRequestId);
    this.#putId(chunk, at, n, 2, arrival.connectionId);
    this.#log?.(JSON.stringify({ event: "arrived", n, ...arrival }));
    return n;
  }

  executed(n: number, atMs: number): void {
    const [chunk, at] = this.#at(n);
    chunk.executed[at] = atMs;
    this.#log?.(JSON.stringify({ event: "executed", n, atMs }));
  }

  /** The call's own status, whether or not anybody will read it. */
  answered(n: number, status: number): void {
    const [chunk, at] = this.#at(n);
    chunk.status[at] = status;
    this.#log?.(JSON.stringify({ event: "answered", n, status }));
  }

  delivered(n: number, atMs: number): void {
    const [chunk, at] = this.#at(n);
    chunk.delivered[at] = atMs;
    this.#log?.(JSON.stringify({ event: "delivered", n, atMs }));
  }

  /** Entries from a number on, in the order of arrival. */
  *read(from = 0, limit = Number.POSITIVE_INFINITY): Generator<LedgerEntry> {
    const end = Math.min(this.#length, from + limit);
    for (let n = Math.max(0, from); n < end; n += 1) yield this.#entry(n);
  }

  summary(): LedgerSummary {
    let executed = 0;
    let delivered = 0;
    let batches = 0;
    let batchedCalls = 0;
    const byStatus: Record<string, number> = {};
    const byCmdlet: Record<string, number> = {};
    for (let n = 0; n < this.#length; n += 1) {
      const [chunk, at] = this.#at(n);
      if (chunk.executed[at]) executed += 1;
      if (chunk.delivered[at]) delivered += 1;
      if (chunk.batch[at]) {
        batchedCalls += 1;
        if (chunk.position[at] === 0) batches += 1;
      }
      const status = String(chunk.status[at] || "none");
      byStatus[status] = (byStatus[status] ?? 0) + 1;
      const cmdlet = this.#names.name(chunk.cmdlet[at] ?? 0);
      byCmdlet[cmdlet] = (byCmdlet[cmdlet] ?? 0) + 1;
    }
    return {
      arrived: this.#length,
      executed,
      delivered,
      requests: this.#requests,
      batches,
      batchedCalls,
      byStatus,
      byCmdlet,
    };
  }

  #entry(n: number): LedgerEntry {
    const [chunk, at] = this.#at(n);
    return {
      n,
      arrivedAtMs: chunk.arrived[at] ?? 0,
      executedAtMs: chunk.executed[at] || null,
      deliveredAtMs: chunk.delivered[at] || null,
      status: chunk.status[at] || null,
      tenantId: this.#names.name(chunk.tenant[at] ?? 0),
      tokenTenantId: this.#names.name(chunk.tokenTenant[at] ?? 0),
      cmdlet: this.#names.name(chunk.cmdlet[at] ?? 0),
      subject: this.#getId(chunk, at, n, 0),
      request: chunk.request[at] ?? 0,
      position: chunk.position[at] ?? 0,
      batch: chunk.batch[at] ?? 0,
      clientRequestId: this.#getId(chunk, at, n, 1),
      connectionId: this.#getId(chunk, at, n, 2),
      page: chunk.page[at] ?? 0,
    };
  }

  #at(n: number): [Chunk, number] {
    const chunk = this.#chunks[Math.floor(n / CHUNK)];
    if (!chunk) throw new Error(`Cannot find entry ${n}: the ledger has ${this.#length}`);
    return [chunk, n % CHUNK];
  }

  #putId(chunk: Chunk, at: number, n: number, side: Side, id: string | undefined): void {
    if (id === undefined || id === "") return;
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
      chunk.guids.set(Buffer.from(id.replaceAll("-", ""), "hex"), (at * SIDES + side) * 16);
    else this.#odd.set(n * SIDES + side, id);
  }

  #getId(chunk: Chunk, at: number, n: number, side: Side): string | null {
    const odd = this.#odd.get(n * SIDES + side);
    if (odd !== undefined) return odd;
    const start = (at * SIDES + side) * 16;
    const hex = Buffer.from(chunk.guids.subarray(start, start + 16)).toString("hex");
    if (/^0+$/.test(hex)) return null;
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}
