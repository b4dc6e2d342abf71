/** What the parts of the pretend login service share: who is known, what time it is, and how a mistake is answered. */
import { guidOf } from "../random.ts";
import type { Tenant } from "../tenant.ts";
import type { DeviceCodes } from "./device-codes.ts";
import type { SigningKey } from "./jwt.ts";

export interface LoginReply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface LoginContext {
  readonly tenants: readonly Tenant[];
  readonly key: SigningKey;
  readonly codes: DeviceCodes;
  readonly tokenLifetimeSeconds: number;
  readonly secretExpired: boolean;
  readonly rolePropagationMs: number;
  readonly nowMs: number;
  /** `http://host:port` the caller used. */
  readonly origin: string;
}

/** Thrown on the way, answered as Entra's error body. */
export class LoginError extends Error {
  readonly code: number;
  readonly oauth: string;
  readonly status: number;
  constructor(status: number, oauth: string, code: number, text: string) {
    super(text);
    this.status = status;
    this.oauth = oauth;
    this.code = code;
  }
}

/** The body, or Entra's error body for the `LoginError` on the way to it. */
export function answering(
  form: URLSearchParams,
  context: LoginContext,
  body: () => Readonly<Record<string, unknown>>,
): LoginReply {
  try {
    return { status: 200, body: body() };
  } catch (error) {
    if (!(error instanceof LoginError)) throw error;
    const timestamp = `${new Date(context.nowMs).toISOString().slice(0, 19).replace("T", " ")}Z`;
    const traceId = guidOf(`trace/${context.nowMs}/${error.code}`);
    const correlationId = form.get("client-request-id") ?? guidOf(`correlation/${context.nowMs}`);
    return {
      status: error.status,
      body: {
        error: error.oauth,
        error_description: `AADSTS${error.code}: ${error.message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
        error_codes: [error.code],
        timestamp,
        trace_id: traceId,
        correlation_id: correlationId,
        error_uri: `https://login.microsoftonline.com/error?code=${error.code}`,
      },
    };
  }
}

/** A parameter of the form. @throws {LoginError} when it is missing */
export function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value) return value;
  throw new LoginError(
    400,
    "invalid_request",
    900144,
    `The request body must contain the following parameter: '${name}'.`,
  );
}
