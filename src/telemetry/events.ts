/** Everything the product says about itself while it works. Logs, the live progress and run counters are listeners. */
export interface Events {
  /** A batch came back, or did not. `calls` is its size, `throttledItems` how many of them were refused by a throttle. */
  "exo:answered": {
    readonly tenant: string;
    /** Run that owns the calls; several when runs of one tenant shared the batch. */
    readonly runs: readonly {
      readonly run: string;
      readonly calls: number;
      readonly throttledItems: number;
    }[];
    readonly calls: number;
    readonly throttledItems: number;
    /** The whole request was refused by a throttle. */
    readonly throttledBatch: boolean;
    readonly tookMs: number;
    /** Calls that waited for the gate when this batch left: the gate is busy when there are any. */
    readonly waiting: number;
    readonly status: number | undefined;
    /** This was a page after the first of a listing. */
    readonly page: boolean;
  };
  /** A call is repeated by the client. */
  "exo:retried": {
    readonly tenant: string;
    readonly run: string | undefined;
    readonly cmdlet: string;
    readonly cause: string;
  };
  /** The gate saw a throttle signal and reacted. */
  "gate:throttled": {
    readonly tenant: string;
    readonly scope: "tenant" | "slot" | "mailbox";
    readonly retryAfterMs: number | undefined;
    /** Our reaction, for people: `gate closed for 12 s, window 8 → 4`. */
    readonly reaction: string;
  };
  /** The gate has no Redis and runs on its local share, or is back. */
  "gate:degraded": { readonly tenant: string; readonly degraded: boolean };
  "run:moved": {
    readonly run: string;
    readonly from: string;
    readonly to: string;
    readonly reason: string | undefined;
  };
  /** A time of a schedule is decided: its run was started, or why it was not. */
  "schedule:decided": {
    readonly schedule: string;
    readonly dueMs: number;
    readonly run: string | undefined;
    readonly state: string;
    readonly reason: string | undefined;
  };
  /** A scheduled run is over. `before` is the last complete run of its job and tenant before it: what it is to be compared with. */
  "schedule:ended": {
    readonly schedule: string;
    readonly run: string;
    readonly state: string;
    readonly before: string | undefined;
  };
  /** What follows a scheduled run is done: findings that came and went, who came into groups and left them, and how many messages were written. */
  "night:told": {
    readonly schedule: string;
    readonly run: string;
    readonly new: number;
    readonly gone: number;
    readonly cameIn: number;
    readonly left: number;
    readonly messages: number;
  };
  /** A message was tried. `said` is what came back, without secrets. */
  "delivery:ended": {
    readonly delivery: string;
    readonly sink: string;
    readonly schedule: string;
    readonly run: string | undefined;
    readonly state: string;
    readonly said: string;
  };
  "task:ended": {
    readonly run: string;
    readonly line: number;
    readonly outcome: string;
    readonly tookMs: number;
  };
  /** Nothing can be recorded: work stands still until it can. */
  "journal:failed": { readonly text: string; readonly advice: string };
  "worker:started": { readonly worker: string };
  /** Something an operator should know, in one sentence. */
  warning: { readonly text: string; readonly tenant?: string };
}

export type EventName = keyof Events;
