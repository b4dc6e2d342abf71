/**
 * The contract of the gate: it decides when a tenant's next batch may leave, and how many calls it may carry.
 * One gate per tenant and app, shared by every process. `test/throttle/gate.contract.ts` puts every implementation through it.
 */

/** Who may go first when a place becomes free. */
export const LANES = ["interactive", "write", "audit", "sweep"] as const;
export type Lane = (typeof LANES)[number];

/** The tenant's budget a batch is charged to. */
export interface GateKey {
  readonly tenantId: string;
  /** Client id of the app; the limits of two apps are apart. */
  readonly appId: string;
}

export interface Ask {
  readonly lane: Lane;
  /** Calls waiting right now, at least 1. */
  readonly waiting: number;
  readonly signal?: AbortSignal;
}

/** Leave to send one batch of at most `maxCalls` calls. `report` exactly once, or `cancel`; leaving the block cancels what was not reported. */
export interface Permit extends AsyncDisposable {
  /** 1 to `batch.maxCalls`. */
  readonly maxCalls: number;
  /** What came of the batch. Never throws: a gate without Redis keeps its own counsel. */
  report(result: BatchResult): Promise<void>;
  /** Nothing was sent. */
  cancel(): Promise<void>;
}

/** `Rate-Limit-*` as read, already checked for sense; `exo-protocol.md` 3.3. */
export interface RateReading {
  readonly limit: number;
  readonly remaining: number;
  /** From now, on our clock. Never negative. */
  readonly resetInMs: number;
}

/** What one batch taught about the throttle. */
export interface BatchResult {
  readonly calls: number;
  readonly tookMs: number;
  /** The request or some of its items were refused: */
  readonly refusal?: {
    /** `tenant`: nobody may send until `retryAfterMs`. `slot`: too many at once; binds this place only. `mailbox`: one mailbox, its neighbours passed. */
    readonly scope: "tenant" | "slot" | "mailbox";
    /** Absent when the service named none; already checked: 0 to 1 hour. */
    readonly retryAfterMs: number | undefined;
    readonly items: number;
  };
  readonly rate?: RateReading;
  /** The service said the batch had too many calls. */
  readonly tooLarge?: boolean;
  /** No answer, or a fault that says nothing about the throttle. */
  readonly fault?: boolean;
}

/** What the gate knows, for people and for the queue. */
export interface GateStatus {
  /** 0 when open. */
  readonly closedForMs: number;
  readonly window: number;
  readonly inFlight: number;
  readonly maxCalls: number;
  readonly rate: RateReading | undefined;
  /** Running on its local share, without Redis. */
  readonly degraded: boolean;
}

export interface Gate {
  /**
   * Resolves when a batch may leave. Waits in line by lane, then for the tenant's window and for `Retry-After`.
   * @throws the signal's reason when it is aborted first
   */
  enter(key: GateKey, ask: Ask): Promise<Permit>;
  status(key: GateKey): Promise<GateStatus>;
  /** Ends all waiting and gives leases back. */
  close(): Promise<void>;
}
