/** The only place where a bearer is attached to a request, and so the only one that decides where it may go. */
import type { Network, NetworkReply } from "../network/index.ts";
import { SignInError, tenantOfToken } from "../tenants/index.ts";
import type { Tenant, TokenSource } from "../tenants/index.ts";
import { readBody } from "./body.ts";
import type { Reply } from "./verdict.ts";
import { MAX_REDIRECTS } from "./limits.ts";
import { redirected } from "./link.ts";
import type { WireRequest } from "./request.ts";

/** A redirect to where no bearer may go. */
export class UnsafeRedirect extends Error {
  override readonly name = "UnsafeRedirect";
}

/** A request, and the moment (`performance.now()`) after which it must not begin to leave. */
export interface DueRequest extends WireRequest {
  readonly leaveByMs: number;
}

export class Transport {
  readonly #tenant: Tenant;
  readonly #tokens: TokenSource;
  readonly #network: Network;
  readonly #maxBytes: number;
  /** Token last seen to be for our tenant. */
  #checked = "";

  constructor(tenant: Tenant, tokens: TokenSource, network: Network, maxBytes: number) {
    this.#tenant = tenant;
    this.#tokens = tokens;
    this.#network = network;
    this.#maxBytes = maxBytes;
  }

  /**
   * A token that is for our tenant.
   * @throws {SignInError}
   */
  async token(renew?: { readonly claims?: string }): Promise<string> {
    const { value } = await this.#tokens.token(renew === undefined ? {} : { renew });
    if (value !== this.#checked) this.#check(value);
    return value;
  }

  /**
   * All hops together have the time of one request, and none begins to leave after it.
   * @throws {NetworkError}, {UnsafeRedirect}, or what `beforeBody` threw
   */
  async send(request: DueRequest, token: string): Promise<Reply> {
    const authorization = { Authorization: `Bearer ${token}` };
    const body =
      request.items === undefined ? request.body : { requests: withBearer(request, authorization) };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const beforeBody = request.beforeBody === undefined ? {} : { beforeBody: request.beforeBody };
    const asked = new Set([request.url.href]);
    const untilMs = performance.now() + request.timeoutMs;
    let leaveByMs = Math.min(request.leaveByMs, untilMs);
    let url = request.url;
    let cookies: Readonly<Record<string, string>> = {};
    for (;;) {
      const reply = await this.#network.request(url, {
        method: request.method,
        headers: { ...request.headers, ...authorization, ...cookies },
        ...text,
        ...beforeBody,
        timeoutMs: Math.max(1, Math.ceil(untilMs - performance.now())),
        leaveByMs,
        maxBytes: this.#maxBytes,
      });
      const { location } = reply.headers;
      if (reply.status < 300 || reply.status >= 400 || location === undefined) return this.#read(reply);
      // Method, body and bearer go along, with the cookie that ties us to that server (`exo-protocol.md` 1.5).
      const next = redirected(location, request.url, this.#tenant);
      if (next === undefined || asked.has(next.href) || asked.size > MAX_REDIRECTS) {
        throw new UnsafeRedirect("redirect refused");
      }
      asked.add(next.href);
      url = next;
      leaveByMs = untilMs;
      cookies = cookieHeader(reply);
    }
  }

  async #read({ status, headers, body }: NetworkReply): Promise<Reply> {
    return { status, headers, body: await readBody(body, this.#maxBytes) };
  }

  #check(token: string): void {
    const tenantId = tenantOfToken(token);
    if (tenantId !== undefined && tenantId !== this.#tenant.tenantId) {
      throw new SignInError(
        this.#tenant.name,
        `the token is for tenant ${tenantId.replace(/[^0-9a-f-]/g, "?").slice(0, 36)}, not for ${this.#tenant.tenantId}`,
        "Check tenantId, clientId and the credential.",
      );
    }
    this.#checked = token;
  }
}

function withBearer(
  request: WireRequest,
  authorization: Readonly<Record<string, string>>,
): readonly object[] {
  return (request.items ?? []).map((item) => ({ ...item, headers: { ...item.headers, ...authorization } }));
}

/** Name and value of each cookie; its attributes are for browsers. */
function cookieHeader({ cookies }: NetworkReply): Readonly<Record<string, string>> {
  const pairs = cookies.map((line) => line.split(";", 1)[0] ?? "").filter((pair) => /^[!-~]+$/.test(pair));
  return pairs.length === 0 ? {} : { Cookie: pairs.join("; ") };
}
