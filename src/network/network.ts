/** The contract of the network: requests, replies, and what can go wrong in between. */
export interface NetworkRequest {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** From asking until the last byte of the reply, waiting for a connection included. */
  readonly timeoutMs: number;
  /** On the clock of `performance.now()`: a request whose first byte has not been written by then is not sent. */
  readonly leaveByMs?: number;
  /** Largest body on the wire. */
  readonly maxBytes: number;
  /** Awaited after the reply's headers and before any of its body is taken from the socket. What it throws ends the request as it is. */
  readonly beforeBody?: () => Promise<void>;
}

export interface NetworkReply {
  readonly status: number;
  /** Names in lower case; a header that came several times is joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** `Set-Cookie` lines as they came. */
  readonly cookies: readonly string[];
  /** As on the wire: see `unpack`. */
  readonly body: Buffer;
}

/** What went wrong: the caller decides by it whether a request may have been executed. */
export type NetworkFailure =
  /** Name, connection, TLS or proxy failed before the first byte of the request, or took too long: nobody has seen it. */
  | "not-sent"
  /** The proxy refused us; nobody has seen the request. */
  | "proxy"
  /** The other side's certificate is not trusted; nobody has seen the request. */
  | "certificate"
  /** The connection broke after the request had begun to leave. */
  | "lost"
  /** No complete reply in time. */
  | "timeout"
  /** The reply is larger than allowed. */
  | "too-large"
  /** The caller's signal; `sent` says whether the request had begun to leave. */
  | "aborted";

/** A request failed below HTTP. The message holds host and cause, never a header, a body or another library's words. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly kind: NetworkFailure;
  /** True when the request had begun to leave: it may have been executed. */
  readonly sent: boolean;
  /** `ECONNREFUSED`, `UND_ERR_SOCKET`, … */
  readonly code: string;

  constructor(host: string, kind: NetworkFailure, sent: boolean, code: string, cause: string) {
    super(`Cannot reach ${host}: ${cause}`);
    this.kind = kind;
    this.sent = sent;
    this.code = code;
  }
}

export interface Network {
  /**
   * Sends one request. Follows no redirect.
   * @throws {NetworkError}, or what `beforeBody` threw
   */
  request(url: URL, request: NetworkRequest): Promise<NetworkReply>;
  /** Lets what is on the wire finish, then closes every connection. */
  close(): Promise<void>;
}
