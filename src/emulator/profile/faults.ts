/** Faults a profile or a script can order: what goes wrong with a call on purpose (`reliability-ux-security.md` A.5). */

export const FAULTS = {
  "lost-after": "executed, then the connection is dropped without a reply (F12)",
  "lost-before": "not executed, the connection is dropped (F14)",
  "no-reply": "executed, the connection stays open and nothing is ever said (F12)",
  late: "the connection is dropped at once, the call is executed `delaySeconds` later (F13)",
  reset: "executed, the connection is reset in the middle of the reply",
  truncated: "executed, the body ends early although the headers promised more (F15)",
  cut: "executed, a well-formed reply whose JSON ends early (F15)",
  garbled: "executed, a body labelled gzip that is neither gzip nor JSON (F15)",
  "slow-body": "executed, the body drips over `delaySeconds`",
  unavailable: "not executed, 503 with an HTML page",
  "bad-gateway": "not executed, 502 without a body",
  "gateway-timeout": "executed, 504 without a body",
  unauthorized: "not executed, 401 as for an expired token (F19)",
  claims: "not executed, 401 with a claims challenge",
  throttled: "not executed, 429 with `retryAfter` exactly as given (F17)",
  transient: "not executed, 400 with a transient name",
  "item-unauthorized": "not executed, the call alone is a 401 (F19)",
  "item-throttled": "not executed, the call alone is a 429 with `retryAfter` exactly as given (F17)",
  "page-expired": "not executed, the answer of an expired cursor (F20)",
  "next-loops": "executed, the nextLink leads to the same page again (F20)",
  "next-foreign": "executed, the nextLink leads to another host (F20)",
  "item-missing": "executed, the batch has no answer for the item (F16)",
  "item-null": "executed, the item's answer is null (F16)",
  "item-twice": "executed, the item is answered twice (F16)",
  "item-foreign": "executed, the item is answered under an id nobody sent (F16)",
  "items-swapped": "executed, the item and its neighbour trade ids (F16)",
} as const;

export type FaultKind = keyof typeof FAULTS;

export interface Fault {
  readonly kind: FaultKind;
  readonly delaySeconds?: number;
  /** Text of the Retry-After header; null: no header. */
  readonly retryAfter?: string | null;
}

/** One fault for chosen calls. Every condition given must hold; counting starts when the script arrives. */
export interface ScriptedFault {
  readonly match: {
    readonly cmdlet?: string;
    /** ExchangeGuid. */
    readonly subject?: string;
    readonly tenantId?: string;
    /** Only the nth call that matches the rest, from 1; absent: all of them. */
    readonly nth?: number;
  };
  readonly fault: Fault;
  /** How often it strikes at most; absent: 1 with `nth`, else without end. */
  readonly times?: number;
}

export interface Faults {
  /** Share of calls (item faults) or requests (the rest) that fail so. Reads and writes alike unless `readsOnly`. */
  readonly rates: Readonly<Partial<Record<FaultKind, number>>>;
  readonly readsOnly: boolean;
  /** Delay of `late` and `slow-body` when struck by rate. */
  readonly delaySeconds: number;
  readonly script: readonly ScriptedFault[];
  /** Every `every` seconds of the model, requests are refused with 503 for `last` seconds. */
  readonly bursts: { readonly every: number; readonly last: number } | null;
}

export function noFaults(): Faults {
  return { rates: {}, readsOnly: false, delaySeconds: 5, script: [], bursts: null };
}

const ITEM_FAULTS: ReadonlySet<FaultKind> = new Set([
  "item-missing",
  "item-null",
  "item-twice",
  "item-foreign",
  "items-swapped",
  "transient",
  "item-unauthorized",
  "item-throttled",
  "page-expired",
  "next-loops",
  "next-foreign",
]);

/** True for a fault of one item; false when it strikes the whole request. */
export function strikesItem(kind: FaultKind): boolean {
  return ITEM_FAULTS.has(kind);
}
