/** One call of a cmdlet on its way through the service: from a request of its own, or an item of a batch. */
import type { Cmdlet, CmdletRequest } from "../cmdlet.ts";
import type { Tenant } from "../tenant.ts";
import type { WriteFacts } from "../write-records.ts";
import type { Answer } from "./answer.ts";
import type { Cursor } from "./cursors.ts";
import type { ResourceStyle } from "./resource.ts";
import type { Caller } from "./tokens.ts";

/** Lower-case names. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** Where and how a call was made. */
export interface Place {
  readonly method: string;
  /** `http://host:port` as the caller wrote it. */
  readonly origin: string;
  /** As the caller wrote it, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: RequestHeaders;
  readonly body: unknown;
}

/** A call that may run. */
export interface ReadyCall {
  readonly place: Place;
  readonly tenant: Tenant;
  readonly caller: Caller;
  readonly cmdlet: Cmdlet;
  readonly request: CmdletRequest;
  readonly confirm: boolean;
  readonly whatIf: boolean;
  readonly subject: string | undefined;
  readonly inBatch: boolean;
  readonly requestId: string;
  readonly server: string;
  /** Where a continuation goes on. */
  readonly cursor: Cursor | undefined;
  /** Lower-case names of the properties wanted; all when undefined. */
  readonly select: ReadonlySet<string> | undefined;
  /** Of a resource that is read with a GET; undefined for a cmdlet. */
  readonly resource: ResourceStyle | undefined;
}

/** What the ledger has of a call. */
interface CallFacts {
  readonly cmdlet: string;
  readonly subject: string | undefined;
  readonly writes: boolean;
  readonly write: WriteFacts | undefined;
  readonly place: Place;
  /** Empty for a token nobody can read. */
  readonly tokenTenantId: string;
  /** Page of a listing, from 1; 0 for a lost cursor. */
  readonly page: number;
}

/** A call after everything was checked that needs no limit: ready, or answered already. */
export type PreparedCall = CallFacts &
  (
    | { readonly ready: ReadyCall; readonly answer: undefined }
    | { readonly ready: undefined; readonly answer: Answer }
  );
