/** Client assertions: is this signed statement good for this app? (`exo-protocol.md` 2.1) */
import { X509Certificate } from "node:crypto";
import type { Tenant } from "../tenant.ts";
import { LoginError, type LoginContext } from "./context.ts";
import { isSignedBy, parseJwt } from "./jwt.ts";

const LOGIN_HOSTS: ReadonlySet<string> = new Set([
  "login.microsoftonline.com",
  "login.microsoftonline.us",
  "login.chinacloudapi.cn",
  "login.partner.microsoftonline.cn",
  "login.windows.net",
  "login.microsoft.com",
  "sts.windows.net",
]);

/** @throws {LoginError} naming what is wrong with it */
export function checkAssertion(
  tenant: Tenant,
  clientId: string,
  assertion: string,
  context: LoginContext,
): void {
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
