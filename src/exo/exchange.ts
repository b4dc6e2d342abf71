import type { CallOptions, CmdletReply, Page, Parameters, Restarted } from "../job/index.ts";
import type { Lane } from "../throttle/index.ts";

/** How a call is anchored; `exo-protocol.md` 3.2. `tenant`: the system mailbox, for listings. */
export type Anchor = { readonly kind: "tenant" } | { readonly kind: "mailbox"; readonly guid: string };

/** What the heart adds to a job's call. */
export interface SendOptions extends CallOptions {
  readonly anchor?: Anchor;
  readonly lane?: Lane;
  /** Run that owns the call, for its counters. */
  readonly run?: string;
  /**
   * Sends the call in a request of its own; with `company` it may share one with others, a listing's pages excepted. `beforeReply` is awaited
   * before the body of the answer to that request is read: a target that kills its worker is known by it.
   */
  readonly alone?: { readonly company?: boolean; beforeReply?(): Promise<void> };
  /**
   * For a write. Awaited when the gate has let the call go, each time before it is sent: whoever is called a second time knows that what was
   * sent before was not executed. Answers the moment, on the clock of `performance.now()`, after which the call must not leave any more. What
   * it throws is what the call ends with.
   */
  readonly beforeSend?: () => Promise<number>;
}

/** One tenant's Exchange, as the heart sees it. A job sees less of it (`Cmdlets`). */
export interface Exchange {
  /** @throws {ExoError}, or the SignInError that kept it from being sent */
  invoke(cmdlet: string, parameters: Parameters, options?: SendOptions): Promise<CmdletReply>;
  /** @throws {ExoError}, or the SignInError that kept it from being sent */
  pages(cmdlet: string, parameters: Parameters, options?: SendOptions): AsyncIterable<Page | Restarted>;
  /**
   * Cmdlets the app may run, as the service lists them (`exo-protocol.md` 1.3); those of the module only (`Get-EXO*`) are not among them.
   * @throws {ExoError} `timeout` when no answer comes within `api.discoveryTimeoutMs`
   */
  cmdlets(signal?: AbortSignal): Promise<readonly string[]>;
  /** Calls gathered and not yet sent, and calls on the wire. */
  readonly load: { readonly waiting: number; readonly inFlight: number };
  /** Refuses new calls, stops those that wait, and lets those on the wire finish. Connections belong to the network. */
  close(): Promise<void>;
}
