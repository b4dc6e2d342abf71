/** The token endpoint: client credentials by secret or certificate, device code, refresh token; errors as Entra words them. */
import { createHash, timingSafeEqual } from "node:crypto";
import { guidOf } from "../random.ts";
import { widsOf } from "../roles.ts";
import type { Tenant } from "../tenant.ts";
import { checkAssertion } from "./assertion.ts";
import { answering, LoginError, required, type LoginContext, type LoginReply } from "./context.ts";
import { DEVICE_CLIENT_ID } from "./device-codes.ts";
import { isSignedBy, parseJwt } from "./jwt.ts";
import { audienceOf, bearer, makeToken } from "./make-token.ts";

/** Answers `POST /{tenant}/oauth2/v2.0/token`. */
export function answerToken(segment: string, form: URLSearchParams, context: LoginContext): LoginReply {
  return answering(form, context, () => {
    const tenant = tenantOf(segment, context);
    const grantType = required(form, "grant_type");
    if (grantType === "client_credentials") return clientCredentials(tenant, form, context);
    // msal-node sends the short name.
    if (grantType === "urn:ietf:params:oauth:grant-type:device_code" || grantType === "device_code")
      return deviceCode(tenant, form, context);
    if (grantType === "refresh_token") return refresh(tenant, form, context);
    throw new LoginError(
      400,
      "unsupported_grant_type",
      70003,
      `The app requested an unsupported grant type '${grantType}'.`,
    );
  });
}

/** Answers `POST /{tenant}/oauth2/v2.0/devicecode`. */
export function answerDeviceCode(segment: string, form: URLSearchParams, context: LoginContext): LoginReply {
  return answering(form, context, () => {
    const tenant = tenantOf(segment, context);
    const clientId = required(form, "client_id");
    requirePublicClient(tenant, clientId);
    const code = context.codes.begin(
      tenant.access.tenantId,
      clientId,
      required(form, "scope"),
      context.nowMs,
    );
    return {
      user_code: code.userCode,
      device_code: code.deviceCode,
      verification_uri: `${context.origin}/common/oauth2/deviceauth`,
      expires_in: 900,
      interval: context.codes.intervalSeconds,
      message: `To sign in, use a web browser to open the page ${context.origin}/common/oauth2/deviceauth and enter the code ${code.userCode} to authenticate.`,
    };
  });
}

function tenantOf(segment: string, context: LoginContext): Tenant {
  const wanted = segment.toLowerCase();
  const found = context.tenants.find(
    ({ access, vanityDomain }) =>
      access.tenantId === wanted || access.domain === wanted || vanityDomain === wanted,
  );
  if (found) return found;
  throw new LoginError(
    400,
    "invalid_request",
    90002,
    `Tenant '${segment}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  );
}

function clientCredentials(
  tenant: Tenant,
  form: URLSearchParams,
  context: LoginContext,
): Record<string, unknown> {
  const clientId = required(form, "client_id");
  requireApp(tenant, clientId);
  const assertion = form.get("client_assertion");
  const secret = form.get("client_secret");
  if (assertion) checkAssertion(tenant, clientId, assertion, context);
  else if (secret) checkSecret(tenant, secret, context.secretExpired);
  else
    throw new LoginError(
      401,
      "invalid_client",
      7000216,
      "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    );
  const audience = audienceOf(required(form, "scope"), context, true);
  const { appRoles, directoryRoles } = tenant.grants(context.nowMs, context.rolePropagationMs);
  const token = makeToken(tenant, clientId, audience, form, context, {
    appidacr: assertion ? "2" : "1",
    idtyp: "app",
    roles: appRoles,
    wids: widsOf(directoryRoles),
  });
  return bearer(token, context);
}

function requireApp(tenant: Tenant, clientId: string): void {
  if (clientId.toLowerCase() === tenant.access.clientId) return;
  throw new LoginError(
    400,
    "unauthorized_client",
    700016,
    `Application with identifier '${clientId}' was not found in the directory '${tenant.access.domain}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
  );
}

function requirePublicClient(tenant: Tenant, clientId: string): void {
  if (clientId.toLowerCase() !== DEVICE_CLIENT_ID) requireApp(tenant, clientId);
}

function checkSecret(tenant: Tenant, secret: string, expired: boolean): void {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  const right = timingSafeEqual(digest(secret), digest(tenant.access.secret));
  if (right && !expired) return;
  if (right)
    throw new LoginError(
      401,
      "invalid_client",
      7000222,
      `The provided client secret keys for app '${tenant.access.clientId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
    );
  throw new LoginError(
    401,
    "invalid_client",
    7000215,
    `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${tenant.access.clientId}'.`,
  );
}

function deviceCode(tenant: Tenant, form: URLSearchParams, context: LoginContext): Record<string, unknown> {
  const clientId = required(form, "client_id");
  requirePublicClient(tenant, clientId);
  const state = context.codes.poll(
    form.get("device_code") ?? form.get("code") ?? "",
    tenant.access.tenantId,
    context.nowMs,
  );
  if (state === "pending")
    throw new LoginError(
      400,
      "authorization_pending",
      70016,
      "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    );
  if (state === "expired")
    throw new LoginError(
      400,
      "expired_token",
      70020,
      "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
    );
  if (state === "unknown")
    throw new LoginError(400, "bad_verification_code", 70019, "The verification code is not valid.");
  return userToken(tenant, clientId, state.scope, form, context);
}

function refresh(tenant: Tenant, form: URLSearchParams, context: LoginContext): Record<string, unknown> {
  const clientId = required(form, "client_id");
  requirePublicClient(tenant, clientId);
  const jwt = parseJwt(required(form, "refresh_token"));
  if (!jwt || !isSignedBy(jwt, context.key.publicKey) || jwt.claims["tid"] !== tenant.access.tenantId)
    throw new LoginError(400, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.");
  return userToken(tenant, clientId, form.get("scope") ?? String(jwt.claims["scope"]), form, context);
}

function userToken(
  tenant: Tenant,
  clientId: string,
  scope: string,
  form: URLSearchParams,
  context: LoginContext,
): Record<string, unknown> {
  const { tenantId, domain } = tenant.access;
  const userId = guidOf("admin", Number.parseInt(tenantId.slice(0, 6), 16));
  const upn = `admin@${domain}`;
  const audience = audienceOf(scope, context, false);
  const { directoryRoles } = tenant.grants(context.nowMs, context.rolePropagationMs);
  const token = makeToken(tenant, clientId, audience, form, context, {
    idtyp: "user",
    scp: "Exchange.Manage",
    upn,
    unique_name: upn,
    oid: userId,
    wids: widsOf(directoryRoles),
  });
  const seconds = Math.floor(context.nowMs / 1000);
  return {
    ...bearer(token, context),
    scope: `${audience}/Exchange.Manage ${audience}/.default`,
    refresh_token: context.key.sign({ tid: tenantId, scope, iat: seconds }),
    id_token: context.key.sign({
      aud: clientId,
      iss: `https://login.microsoftonline.com/${tenantId}/v2.0`,
      iat: seconds,
      nbf: seconds,
      exp: seconds + context.tokenLifetimeSeconds,
      name: "Admin",
      oid: userId,
      preferred_username: upn,
      sub: userId,
      tid: tenantId,
      ver: "2.0",
    }),
    client_info: Buffer.from(JSON.stringify({ uid: userId, utid: tenantId })).toString("base64url"),
  };
}
