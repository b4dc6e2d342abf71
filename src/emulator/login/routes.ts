/** The pretend login service: which address gets which answer. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { decoded, urlOf } from "../receive.ts";
import { findTenant, type World } from "../world.ts";
import { instanceDiscovery, keySet, openIdConfiguration } from "./discovery.ts";
import type { LoginContext, LoginReply } from "./context.ts";
import { answerDeviceCode, answerToken } from "./token-endpoint.ts";

export function answerLogin(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  origin: string,
): void {
  const url = urlOf(request);
  const [segment = "", ...rest] = url.pathname.slice(1).split("/").map(decoded);
  const { quirks } = world.profile.get();
  const context: LoginContext = {
    tenants: world.tenants,
    key: world.key,
    codes: world.codes,
    tokenLifetimeSeconds: quirks.tokenLifetimeSeconds,
    secretExpired: quirks.secretExpired,
    rolePropagationMs: quirks.rolePropagationSeconds * 1000,
    nowMs: world.now(),
    origin,
  };
  const form = (): URLSearchParams =>
    withBasic(new URLSearchParams(body.toString("utf8")), request.headers.authorization);
  const found = (value: Readonly<Record<string, unknown>>): LoginReply => ({ status: 200, body: value });
  const tenantId = findTenant(world, segment)?.access.tenantId ?? "{tenantid}";
  const answers: Readonly<Record<string, () => LoginReply>> = {
    "POST oauth2/v2.0/token": () => answerToken(segment, form(), context),
    "POST oauth2/v2.0/devicecode": () => answerDeviceCode(segment, form(), context),
    "GET v2.0/.well-known/openid-configuration": () => found(openIdConfiguration(origin, segment, tenantId)),
    "GET .well-known/openid-configuration": () => found(openIdConfiguration(origin, segment, tenantId)),
    "GET discovery/v2.0/keys": () => found(keySet(world.key)),
    "GET discovery/keys": () => found(keySet(world.key)),
    "GET oauth2/deviceauth": () => found({ message: "Codes are approved by themselves after a few polls." }),
    "GET discovery/instance": () => found(instanceDiscovery(origin, tenantOfAuthority(url) ?? segment)),
  };
  const answer = answers[`${request.method} ${rest.join("/")}`]?.() ?? {
    status: 404,
    body: { error: "not_found", error_description: `No such address: ${url.pathname}` },
  };
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    "Cache-Control": "no-store, no-cache",
    Pragma: "no-cache",
    "Content-Type": "application/json; charset=utf-8",
    "x-ms-request-id": randomUUID(),
    "Content-Length": String(Buffer.byteLength(text)),
  });
  response.end(text);
}

/** The tenant in the `authorization_endpoint` of an instance discovery. */
function tenantOfAuthority(url: URL): string | undefined {
  const endpoint = url.searchParams.get("authorization_endpoint");
  return endpoint && URL.canParse(endpoint) ? new URL(endpoint).pathname.split("/")[1] : undefined;
}

/** Credentials may also come in the Authorization header. */
function withBasic(form: URLSearchParams, authorization: string | undefined): URLSearchParams {
  const encoded = /^Basic\s+(\S+)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return form;
  const [id = "", secret = ""] = Buffer.from(encoded, "base64").toString("utf8").split(":").map(decoded);
  form.set("client_id", id);
  form.set("client_secret", secret);
  return form;
}
