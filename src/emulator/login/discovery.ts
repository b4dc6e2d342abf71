/** What a sign-in library asks before it asks for a token: instance discovery, OpenID configuration, keys. */
import type { SigningKey } from "./jwt.ts";

/**
 * The OpenID configuration of a tenant. Endpoints are here, where the caller asked; the issuer is Entra's, as libraries insist on it.
 * @param segment tenant as the caller wrote it
 */
export function openIdConfiguration(
  origin: string,
  segment: string,
  tenantId: string,
): Record<string, unknown> {
  const base = `${origin}/${segment}`;
  return {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_modes_supported: ["query", "fragment", "form_post"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
    request_uri_parameter_supported: false,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    tenant_region_scope: "EU",
    cloud_instance_name: "microsoftonline.com",
  };
}

/** The answer of `/common/discovery/instance`. */
export function instanceDiscovery(origin: string, segment: string): Record<string, unknown> {
  return {
    tenant_discovery_endpoint: `${origin}/${segment}/v2.0/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: [
      {
        preferred_network: "login.microsoftonline.com",
        preferred_cache: "login.windows.net",
        aliases: ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
      },
    ],
  };
}

export function keySet(key: SigningKey): Record<string, unknown> {
  return { keys: [key.jwk()] };
}
