/** Access tokens with the claims of `exo-protocol.md` 2.2. */
import { guidOf } from "../random.ts";
import type { Tenant } from "../tenant.ts";
import { LoginError, type LoginContext } from "./context.ts";

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

/** The resource a scope asks for. @throws {LoginError} for a scope or resource nobody knows */
export function audienceOf(scope: string, context: LoginContext, appOnly: boolean): string {
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

export function makeToken(
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

export function bearer(token: string, context: LoginContext): Record<string, unknown> {
  const seconds = context.tokenLifetimeSeconds;
  return { token_type: "Bearer", expires_in: seconds, ext_expires_in: seconds, access_token: token };
}
