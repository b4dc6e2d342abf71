/** The token endpoint: client credentials by secret or certificate, device code, refresh token; errors as Entra words them. */
import { createHash, timingSafeEqual, X509Certificate } from "node:crypto";
import { guidOf } from "../random.ts";
import { widsOf } from "../roles.ts";
import type { Tenant } from "../tenant.ts";
import { DEVICE_CLIENT_ID, type DeviceCodes } from "./device-codes.ts";
import { isSignedBy, parseJwt, type SigningKey } from "./jwt.ts";

export interface LoginReply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Resources tokens are made for; only Exchange's are good for the admin API. */
export const EXCHANGE_AUDIENCES: readonly string[] = [
  "https://outlook.office365.com",
  "https://outlook.office.com",
  "https://outlook.office365.us",
  "https://outlook-dod.office365.us",
  "https://outlook.office365.cn",
  "https://partner.outlook.cn",
  "00000002-0000-0ff1-ce00-000000000000",
];
const OTHER_AUDIENCES: readonly string[] = [
  "https://ps.compliance.protection.outlook.com",
  "https://graph.microsoft.com",
  "https://graph.windows.net",
];

const LOGIN_HOSTS: ReadonlySet<string> = new Set([
  "login.microsoftonline.com",
  "login.microsoftonline.us",
  "login.chinacloudapi.cn",
  "login.partner.microsoftonline.cn",
  "login.windows.net",
  "login.microsoft.com",
  "sts.windows.net",
]);

export interface LoginContext {
  readonly tenants: readonly Tenant[];
  readonly key: SigningKey;
  readonly codes: DeviceCodes;
  readonly tokenLifetimeSeconds: number;
  readonly rolePropagationMs: number;
  readonly nowMs: number;
  /** `http://host:port` the caller used. */
  readonly origin: string;
}

/** Thrown on the way, answered as Entra's error body. */
class LoginError extends Error {
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

function answering(
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

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value) return value;
  throw new LoginError(
    400,
    "invalid_request",
    900144,
    `The request body must contain the following parameter: '${name}'.`,
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
  else if (secret) checkSecret(tenant, secret);
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

function checkSecret(tenant: Tenant, secret: string): void {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  if (timingSafeEqual(digest(secret), digest(tenant.access.secret))) return;
  throw new LoginError(
    401,
    "invalid_client",
    7000215,
    `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${tenant.access.clientId}'.`,
  );
}

function checkAssertion(tenant: Tenant, clientId: string, assertion: string, context: LoginContext): void {
  const refuse = (code: number, text: string): never => {
    throw new LoginError(401, "invalid_client", code, text);
  };
  const jwt = parseJwt(assertion);
  if (!jwt) return refuse(50027, "JWT token is invalid or malformed.");
  const claimed = [jwt.header["x5t#S256"], jwt.header["x5t"]].filter((print) => typeof print === "string");
  const signers = signersOf(tenant, jwt.header["x5c"]).filter((certificate) =>
    claimed.every((print) =>
      thumbprintsOf(certificate).includes(Buffer.from(print, "base64url").toString("hex").toUpperCase()),
    ),
  );
  if (!signers.some((certificate) => isSignedBy(jwt, certificate.publicKey)))
    return refuse(
      700027,
      `The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '${clientId}'.]`,
    );
  const { aud, iss, sub, exp, nbf } = jwt.claims;
  const now = context.nowMs / 1000;
  if (typeof exp !== "number" || exp < now - 300 || (typeof nbf === "number" && nbf > now + 300))
    return refuse(700024, "Client assertion is not within its valid time range.");
  if (iss !== sub || typeof iss !== "string" || iss.toLowerCase() !== tenant.access.clientId)
    return refuse(700021, `Client assertion application identifier doesn't match 'client_id' parameter.`);
  if (typeof aud !== "string" || !isTokenAudience(aud, tenant, context))
    return refuse(700023, `Client assertion audience claim does not match Realm issuer.`);
  return undefined;
}

/** The token endpoint or the issuer, on a login host or here. */
function isTokenAudience(audience: string, tenant: Tenant, context: LoginContext): boolean {
  if (!URL.canParse(audience)) return false;
  const url = new URL(audience);
  const segment = (url.pathname.split("/")[1] ?? "").toLowerCase();
  const rest = url.pathname.slice(segment.length + 1).replace(/\/$/, "");
  return (
    (LOGIN_HOSTS.has(url.host) || url.host === new URL(context.origin).host) &&
    (segment === tenant.access.tenantId || segment === tenant.access.domain) &&
    ["/oauth2/v2.0/token", "/oauth2/token", "/v2.0", ""].includes(rest.toLowerCase())
  );
}

/** Registered certificates, and the one the assertion brings along when its thumbprint is registered. */
function signersOf(tenant: Tenant, chain: unknown): readonly X509Certificate[] {
  const own: unknown = Array.isArray(chain) ? chain[0] : chain;
  if (typeof own !== "string") return tenant.certificates;
  try {
    const brought = new X509Certificate(Buffer.from(own, "base64"));
    const known = thumbprintsOf(brought).some((print) => tenant.access.thumbprints.includes(print));
    return known ? [...tenant.certificates, brought] : tenant.certificates;
  } catch {
    // Not a certificate: only the registered ones count.
    return tenant.certificates;
  }
}

function thumbprintsOf(certificate: X509Certificate): string[] {
  return [certificate.fingerprint256, certificate.fingerprint].map((print) => print.replaceAll(":", ""));
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

function audienceOf(scope: string, context: LoginContext, appOnly: boolean): string {
  const wanted = scope.split(/\s+/).find((part) => /^https?:\/\/|^[0-9a-f-]{36}\//i.test(part));
  const resource = wanted?.replace(/\/+[^/]*$/, "");
  if (wanted === undefined || resource === undefined || (appOnly && !wanted.endsWith("/.default")))
    throw new LoginError(
      400,
      "invalid_scope",
      1002012,
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  if (resource === context.origin || [...EXCHANGE_AUDIENCES, ...OTHER_AUDIENCES].includes(resource))
    return resource;
  throw new LoginError(
    400,
    "invalid_resource",
    500011,
    `The resource principal named ${resource} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
  );
}

function makeToken(
  tenant: Tenant,
  clientId: string,
  audience: string,
  form: URLSearchParams,
  context: LoginContext,
  claims: Readonly<Record<string, unknown>>,
): string {
  const claimsParameter = form.get("claims");
  if (claimsParameter !== null && !isJson(claimsParameter))
    throw new LoginError(400, "invalid_request", 900144, "The 'claims' parameter is not valid JSON.");
  const { tenantId } = tenant.access;
  const seconds = Math.floor(context.nowMs / 1000);
  const objectId = guidOf("service-principal", Number.parseInt(tenantId.slice(0, 6), 16));
  return context.key.sign({
    aud: audience,
    iss: `https://sts.windows.net/${tenantId}/`,
    iat: seconds,
    nbf: seconds,
    exp: seconds + context.tokenLifetimeSeconds,
    app_displayname: "exosweep",
    appid: clientId.toLowerCase(),
    idp: `https://sts.windows.net/${tenantId}/`,
    oid: objectId,
    sub: objectId,
    tid: tenantId,
    uti: context.codes.nextTokenId(),
    ver: "1.0",
    ...claims,
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Said by the answer.
    return false;
  }
}

function bearer(token: string, context: LoginContext): Record<string, unknown> {
  const seconds = context.tokenLifetimeSeconds;
  return { token_type: "Bearer", expires_in: seconds, ext_expires_in: seconds, access_token: token };
}
