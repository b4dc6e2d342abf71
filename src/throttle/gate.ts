/**
 * The contract of the gate: it decides when a tenant's next batch may leave, and how many calls it may carry.
 * One gate per tenant and app, shared by every process. `test/throttle/gate.contract.ts` puts every implementation through it.
 */
import type { Alone, CallKind, LawResult, LawView } from "./law/index.ts";
import type { Counted } from "./share-used.ts";
import type { Orders } from "./orders.ts";

/**
 * Who may go first when a place becomes free. A bulk read goes before the reads of single mailboxes: it is begun anew when its worker dies, so
 * the sooner it is over the better, and the others lose nothing by it.
 */
export const LANES = ["interactive", "write", "bulk", "mailbox"] as const;
export type Lane = (typeof LANES)[number];

/** The tenant's budget a batch is charged to. */
export interface GateKey {
  readonly tenantId: string;
  /** Client id of the app; the limits of two apps are apart. */
  readonly appId: string;
}

export interface Ask {
  readonly lane: Lane;
  /** Reads and writes have budgets of their own. */
  readonly kind: CallKind;
  /** Calls waiting right now, at least 1. */
  readonly waiting: number;
  /** Most calls the asker would put into this batch, at least 1. */
  readonly maxCalls: number;
  readonly signal?: AbortSignal;
}

/** Leave to send one batch of at most `maxCalls` calls. `report` exactly once, or `cancel`; leaving the block cancels what was not reported. */
export interface Permit extends AsyncDisposable {
  /** 1 to `Ask.maxCalls`. */
  readonly maxCalls: number;
  /** Sent to see what the service allows: with calls that were never refused, which prove most. */
  readonly scout: boolean;
  /** What came of the batch. Never throws: a gate without Redis keeps its own counsel. @returns which refused calls are in trouble of their own */
  report(result: BatchResult): Promise<Alone>;
  /** Nothing was sent. */
  cancel(): Promise<void>;
}

/** What one batch taught about the throttle. */
export type BatchResult = LawResult;

/** What the gate knows, for people and for the queue. */
export interface GateStatus {
  /** 0 when open. Also counts a time of day at which nothing may leave. */
  readonly closedForMs: number;
  /** Running on its local share, without Redis. */
  readonly degraded: boolean;
  readonly orders: Orders;
  /** Of what was found, so much may be used now, and until when that holds (wall clock). */
  readonly share: { readonly percent: number; readonly untilMs: number };
  /** Instants are by `nowMs`. */
  readonly view: LawView;
  readonly counted: Counted;
  /** The clock of those who share the gate. */
  readonly nowMs: number;
}

export interface Gate {
  /**
   * Resolves when a batch may leave. Waits in line by lane, then for the tenant's window and for `Retry-After`.
   * @throws the signal's reason when it is aborted first
   */
  enter(key: GateKey, ask: Ask): Promise<Permit>;
  status(key: GateKey): Promise<GateStatus>;
  /**
   * The operator's orders, for every process, within seconds. With a record they outlive Redis; without one, as long as one process knows
   * them.
   * @throws when Redis is away, or the record
   */
  order(key: GateKey, orders: Orders): Promise<void>;
  /** Ends all waiting and gives leases back. */
  close(): Promise<void>;
}
