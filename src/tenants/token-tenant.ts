/** Reads what an access token says about itself. It is not verified: that is the service's business. */

/** @returns id of the tenant the token is for, lower case; `undefined` for a token that does not say */
export function tenantOfToken(token: string): string | undefined {
  const payload = token.split(".")[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    if (typeof claims !== "object" || claims === null || !("tid" in claims)) return undefined;
    return typeof claims.tid === "string" ? claims.tid.toLowerCase() : undefined;
  } catch {
    // Opaque tokens exist; they just say nothing.
    return undefined;
  }
}
