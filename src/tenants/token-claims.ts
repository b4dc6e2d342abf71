/** Reads what an access token says about itself. It is not verified: that is the service's business. */

export interface TokenClaims {
  /** Tenant the token is for. */
  readonly tid?: string;
  readonly roles?: readonly string[];
}

/** @returns `undefined` for a token that is not a JWT */
export function claimsOfToken(token: string): TokenClaims | undefined {
  const payload = token.split(".")[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    if (typeof claims !== "object" || claims === null) return undefined;
    const tid = "tid" in claims && typeof claims.tid === "string" ? claims.tid.toLowerCase() : undefined;
    const roles =
      "roles" in claims && Array.isArray(claims.roles)
        ? claims.roles.filter((role) => typeof role === "string")
        : undefined;
    return { ...(tid === undefined ? {} : { tid }), ...(roles === undefined ? {} : { roles }) };
  } catch {
    // Opaque tokens exist; they just say nothing.
    return undefined;
  }
}
