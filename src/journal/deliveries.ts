/** What a journal keeps of messages to people: what is to be told, where, and what became of each try. Both journals read it by this. */
import { asJson, asNumber, asText, type Cells, optional } from "./cells.ts";
import { JournalError } from "./contract/errors.ts";
import type { Json } from "./contract/json.ts";

/** A message on its way to one sink. */
export interface NewDelivery {
  /** Chosen by whoever adds it, from what it is about and where it goes: what is added again is the same delivery. */
  readonly id: string;
  /** Its name in the settings. */
  readonly sink: string;
  readonly schedule: string;
  /** Undefined: it is about a night without a run. */
  readonly run: string | undefined;
  /** What is told, as the sink may have it: every try sends just this. */
  readonly message: Json;
  readonly createdAtMs: number;
}

/** `waiting`: to be sent, perhaps again. `sent`: the other side has taken it. `failed`: it is not tried any more. */
export const DELIVERY_STATES = ["waiting", "sent", "failed"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One try, and what came back, in words without secrets. */
export interface DeliveryTry {
  readonly atMs: number;
  readonly tookMs: number;
  readonly said: string;
}

export interface Delivery extends NewDelivery {
  readonly state: DeliveryState;
  /** Oldest first. A try whose process died before it could say what came back is missing. */
  readonly tries: readonly DeliveryTry[];
  /** It is not tried before; of no meaning when it is not waiting. */
  readonly nextAtMs: number;
  /** Undefined while it waits, and where an older version ended it. */
  readonly endedAtMs: number | undefined;
  /** Why it was given up without a try; undefined: its tries say what became of it. */
  readonly reason: string | undefined;
}

/** Messages that nobody sends. */
export interface Unsent {
  /** Those that are sent: what goes to any other is meant. */
  readonly sinks: readonly string[];
  /** Nobody has tried them since, though they were due. */
  readonly dueBeforeMs: number;
  readonly atMs: number;
  readonly reason: string;
}

/** What became of a try: over, or to be tried again. */
export type DeliveryEnd =
  | { readonly state: Exclude<DeliveryState, "waiting"> }
  | { readonly state: "waiting"; readonly nextAtMs: number };

/** Every condition given must hold. */
export interface DeliveryFilter {
  readonly schedule?: string | undefined;
  readonly sink?: string | undefined;
  readonly state?: DeliveryState | undefined;
}

/** Keeping messages until they are sent. */
export interface Deliveries {
  /** Adds those with an id that is not on record, all in one transaction, ready to be sent. @returns how many were new */
  addDeliveries(deliveries: readonly NewDelivery[]): Promise<number>;
  /** Makes `owner` the one process that tries the oldest delivery to this sink that is due, for `leaseMs`; undefined when there is none. */
  claimDelivery(sink: string, owner: string, leaseMs: number): Promise<Delivery | undefined>;
  /** Puts a try on record, says what follows, and gives the claim back. @returns false when it is not `owner`'s any more, and nothing was changed */
  endTry(id: string, owner: string, made: DeliveryTry, end: DeliveryEnd): Promise<boolean>;
  /** Has one that failed tried again, from `atMs` on; its tries stay. @returns false when there is none that failed under this id */
  retryDelivery(id: string, atMs: number): Promise<boolean>;
  /** Gives up those that nobody sends and nobody is trying, the oldest first: they failed, for that reason. @returns them, at most `limit` */
  giveUpDeliveries(unsent: Unsent, limit: number): Promise<readonly Delivery[]>;
  /** Removes those that ended before a time, but none about a run that is not over. @returns how many, at most `limit` */
  forgetDeliveries(endedBeforeMs: number, limit: number): Promise<number>;
  /** Newest first. */
  deliveries(filter: DeliveryFilter, limit: number): Promise<readonly Delivery[]>;
}

export function toDelivery(cells: Cells): Delivery {
  const state = asText(cells["state"]);
  return {
    id: asText(cells["id"]),
    sink: asText(cells["sink"]),
    schedule: asText(cells["schedule"]),
    run: optional(cells["run"], asText),
    message: asJson(cells["message"]),
    createdAtMs: asNumber(cells["created_at"]),
    state: DELIVERY_STATES.find((known) => known === state) ?? damaged(),
    tries: toTries(asJson(cells["tries"])),
    nextAtMs: asNumber(cells["next_at"]),
    endedAtMs: optional(cells["ended_at"], asNumber),
    reason: optional(cells["reason"], asText),
  };
}

/** The column `toDelivery` reads. */
export function triesColumn(tries: readonly DeliveryTry[]): string {
  return JSON.stringify(tries.map(({ atMs, tookMs, said }) => [atMs, tookMs, said]));
}

function toTries(value: Json): readonly DeliveryTry[] {
  if (!Array.isArray(value)) return damaged();
  return value.map((each: Json): DeliveryTry => {
    if (!Array.isArray(each)) return damaged();
    const [atMs, tookMs, said] = each as readonly unknown[];
    return { atMs: asNumber(atMs), tookMs: asNumber(tookMs), said: asText(said) };
  });
}

function damaged(): never {
  throw new JournalError(
    "Cannot read the journal: a delivery is not as it was written",
    "It was changed by another program; put back a copy made before",
  );
}
