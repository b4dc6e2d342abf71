/** Answers for what is not let in: 401, 403, throttling, gateways (`exo-protocol.md` 2.3, 8.4, 8.5, 9.2). */
import type { Refusal } from "../throttle/throttle.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import { paginationBody, plainBody, throttledBody } from "./errors.ts";
import { itemHeaders } from "./headers.ts";
import type { TokenRefusal } from "./tokens.ts";

const CHALLENGE =
  'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"';

/** Who answers: an id for the support ticket, and a machine. */
export interface Responder {
  readonly requestId: string;
  readonly server: string;
}

/** 401 for a token that is not good here; 403 without a body for the role of another API (`exo-protocol.md` 1.6). */
export function unauthorized(world: World, why: TokenRefusal, by: Responder): Answer {
  if (why === "wrong-role") return denied("empty", 0, by);
  const headers = itemHeaders(by.requestId, by.server, 401);
  if (why === "revoked") {
    const nbf = { essential: true, value: String(Math.floor(world.now() / 1000)) };
    const claims = Buffer.from(JSON.stringify({ access_token: { nbf } })).toString("base64");
    headers["WWW-Authenticate"] = `${CHALLENGE}, error="insufficient_claims", claims="${claims}"`;
  } else {
    headers["WWW-Authenticate"] = `${CHALLENGE}, error="invalid_token"`;
    headers["x-ms-diagnostics"] = `2000003;reason="${DIAGNOSTICS[why]}";error_category="invalid_token"`;
  }
  if (world.profile.get().quirks.unauthorizedBody === "json")
    return { status: 401, headers, body: plainBody(401, "User is not allowed to call the cmdlet") };
  delete headers["Content-Type"];
  return { status: 401, headers, body: "" };
}

const DIAGNOSTICS: Readonly<Record<Exclude<TokenRefusal, "wrong-role" | "revoked">, string>> = {
  missing: "The request has no bearer token.",
  invalid: "The token is invalid.",
  expired: "The token has expired.",
  "no-grant": "The token has no application permission for this API.",
  "wrong-tenant": "The token was issued for another tenant.",
};

/** 403 for an unknown cmdlet or a missing role: NUL bytes labelled gzip, or another form. */
export function denied(form: string, bytes: number, by: Responder): Answer {
  const headers = itemHeaders(by.requestId, by.server, 403);
  headers["x-ms-diagnostics"] = '2000003;reason="role required"';
  if (form === "json")
    return { status: 403, headers, body: plainBody(403, "User is not allowed to call the cmdlet") };
  delete headers["Content-Type"];
  if (form === "empty") return { status: 403, headers, body: "" };
  return { status: 403, headers: { ...headers, "Content-Encoding": "gzip" }, body: Buffer.alloc(bytes) };
}

/** The 403 of a cmdlet, in the form and size of the profile. */
export function deniedCmdlet(world: World, by: Responder): Answer {
  const { denialBody } = world.profile.get().quirks;
  return denied(denialBody, world.dice.chance("nul-size", 0.3) ? 4096 : 470, by);
}

export function expiredCursor(by: Responder): Answer {
  return { status: 400, headers: itemHeaders(by.requestId, by.server, 400), body: paginationBody() };
}

export function plainError(status: number, message: string, by: Responder, type?: string): Answer {
  return {
    status,
    headers: itemHeaders(by.requestId, by.server, status),
    body: plainBody(status, message, type),
  };
}

/** 503 and its like, as a gateway says it: HTML or nothing. */
export function gatewayError(status: number, html: boolean, by: Responder): Answer {
  const headers: Record<string, string> = { "request-id": by.requestId };
  if (!html) return { status, headers, body: "" };
  headers["Content-Type"] = "text/html; charset=us-ascii";
  return {
    status,
    headers,
    body: `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"><HTML><HEAD><TITLE>Service Unavailable</TITLE></HEAD><BODY><h2>Service Unavailable</h2><hr><p>HTTP Error ${status}. The service is unavailable.</p></BODY></HTML>`,
  };
}

export function transientOn500(by: Responder): Answer {
  return plainError(
    500,
    "The call to Microsoft Exchange Active Directory Topology service on server 'TopologyClientTcpEndpoint (localhost)' returned an error. Error details: The LDAP server is unavailable..",
    by,
    "Microsoft.Exchange.Data.Directory.ADTransientException",
  );
}

const CONCURRENCY_TEXT =
  "You have reached the maximum number of concurrent requests per tenant. Please wait and try again.";

/** The answer to whoever is too fast. Times of the refusal are model time; the header is in real seconds. */
export function throttled(world: World, refusal: Refusal, by: Responder, inBatch: boolean): Answer {
  const { quirks } = world.profile.get();
  const headers = itemHeaders(by.requestId, by.server, 429);
  const realMs = refusal.waitMs === undefined ? undefined : world.clock.real(refusal.waitMs);
  if (realMs !== undefined && !world.dice.chance("retry-after/missing", quirks.missingRetryAfter)) {
    const fractional =
      world.dice.chance("retry-after/fraction", quirks.fractionalRetryAfter) || realMs < 1000;
    headers["Retry-After"] = fractional ? String(Math.ceil(realMs) / 1000) : String(Math.ceil(realMs / 1000));
  }
  if (refusal.reason === "concurrency") {
    headers["Content-Type"] = "text/plain; charset=utf-8";
    return { status: Number(quirks.concurrencyStatus), headers, body: CONCURRENCY_TEXT };
  }
  const message = {
    budget: "The request budget of the tenant is used up. Please wait and try again.",
    rate: "Too many requests. Please wait and try again.",
    writes: "Too many destructive cmdlets. Please wait and try again.",
    busy: "The mailbox is busy. Please wait and try again.",
  }[refusal.reason];
  if (!inBatch && world.dice.chance("throttle/plain", quirks.plainTextThrottle)) {
    headers["Content-Type"] = "text/plain; charset=utf-8";
    return { status: 429, headers, body: message };
  }
  return { status: 429, headers, body: throttledBody(message) };
}
