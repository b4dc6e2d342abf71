/** Reads the claims challenge of a 401 (`exo-protocol.md` 2.3): what the next token must satisfy. */

const MAX_LENGTH = 8_192;

/** @param header value of `WWW-Authenticate`; @returns JSON text of the claims, `undefined` when there are none that make sense */
export function claimsOf(header: string | undefined): string | undefined {
  const quoted = /claims\s*=\s*"((?:[^"\\]|\\.){1,8192})"/i.exec((header ?? "").slice(0, MAX_LENGTH))?.[1];
  if (quoted === undefined) return undefined;
  const text = quoted.replace(/\\(.)/g, "$1");
  const json = text.trimStart().startsWith("{") ? text : Buffer.from(text, "base64").toString("utf8");
  try {
    const claims: unknown = JSON.parse(json);
    return typeof claims === "object" && claims !== null ? json : undefined;
  } catch {
    // A challenge we cannot read still asks for a new token; it just asks for nothing special.
    return undefined;
  }
}
