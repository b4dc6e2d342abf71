/** Carries msal's requests over our network, to one address and nowhere else, and remembers how the last one ended. */
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from "@azure/msal-node";
import { NetworkError, unpack } from "../network/index.ts";
import type { Network } from "../network/index.ts";

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 1024 * 1024;

/** How the last request of a sign-in ended. msal's own errors mix words of the service, the library and us: this is what we judge by. */
export interface SignInReply {
  readonly status: number;
  /** OAuth error word, such as `invalid_client`; empty when there was none. */
  readonly error: string;
  /** `AADSTS` numbers the service named. */
  readonly codes: readonly number[];
}

export class SignInNetwork implements INetworkModule {
  readonly #network: Network;
  readonly #rewrite: (url: URL) => URL;
  lastReply: SignInReply | undefined;
  lastFailure: NetworkError | undefined;

  /** @param rewrite where a URL that msal asks for really lies; throws for one that must not be asked */
  constructor(network: Network, rewrite: (url: URL) => URL) {
    this.#network = network;
    this.#rewrite = rewrite;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions, timeoutMs?: number) {
    return this.#send<T>("GET", url, options, timeoutMs);
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions) {
    return this.#send<T>("POST", url, options);
  }

  async #send<T>(
    method: "GET" | "POST",
    url: string,
    options: NetworkRequestOptions = {},
    timeoutMs = TIMEOUT_MS,
  ): Promise<NetworkResponse<T>> {
    this.lastReply = undefined;
    this.lastFailure = undefined;
    try {
      const reply = await this.#network.request(this.#rewrite(new URL(url)), {
        method,
        headers: { ...options.headers, accept: "application/json" },
        ...(options.body === undefined ? {} : { body: options.body }),
        timeoutMs,
        maxBytes: MAX_BYTES,
      });
      const body = objectOf(await unpack(reply.body, MAX_BYTES));
      this.lastReply = { status: reply.status, ...errorOf(body) };
      // msal takes the reply for what its caller asked for; it reads members by name and checks what it needs.
      return { status: reply.status, headers: { ...reply.headers }, body: body as T };
    } catch (error) {
      if (error instanceof NetworkError) this.lastFailure = error;
      throw error;
    }
  }
}

function objectOf(bytes: Buffer | undefined): object {
  try {
    const value: unknown = JSON.parse(bytes?.toString("utf8") ?? "");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    // A page of HTML from a gateway: an answer without members.
    return {};
  }
}

function errorOf(body: object): Pick<SignInReply, "error" | "codes"> {
  const error = "error" in body && typeof body.error === "string" ? body.error : "";
  const listed = "error_codes" in body && Array.isArray(body.error_codes) ? body.error_codes : [];
  const codes = listed.filter((code) => typeof code === "number");
  const text = "error_description" in body ? String(body.error_description) : "";
  const named = /AADSTS(\d{4,9})/.exec(text)?.[1];
  if (named !== undefined && !codes.includes(Number(named))) codes.unshift(Number(named));
  return { error, codes };
}
