/** Is this bearer token good for this tenant? (`exo-protocol.md` 2.2, 2.3) */
import { EXCHANGE_AUDIENCES } from "../login/make-token.ts";
import { isSignedBy, parseJwt, type SigningKey } from "../login/jwt.ts";
import { groupsOf, type RoleGroup } from "../roles.ts";

export interface Caller {
  readonly token: string;
  readonly tenantId: string;
  readonly appId: string;
  /** Undefined: the app role without a directory role. */
  readonly groups: ReadonlySet<RoleGroup> | undefined;
  readonly expiresAtMs: number;
  readonly madeAtMs: number;
}

/** Why a token is refused: 401 as invalid, 401 with a claims challenge, or 403 for a role that is not for this API. */
export type TokenRefusal =
  | "missing"
  | "invalid"
  | "expired"
  | "no-grant"
  | "wrong-role"
  | "wrong-tenant"
  | "revoked";

const MOST_REMEMBERED = 4096;

export class Tokens {
  readonly #key: SigningKey;
  readonly #known = new Map<string, Caller | TokenRefusal>();
  readonly #revoked = new Set<string>();

  constructor(key: SigningKey) {
    this.#key = key;
  }

  /** @param origin of this emulator, itself a good audience */
  check(
    authorization: string | undefined,
    tenantId: string,
    origin: string,
    nowMs: number,
  ): Caller | TokenRefusal {
    const token = bearerIn(authorization);
    if (token === undefined) return "missing";
    let caller = this.#known.get(token);
    if (caller === undefined) {
      caller = this.#read(token, origin);
      if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
      this.#known.set(token, caller);
    }
    if (typeof caller === "string") return caller;
    if (this.#revoked.has(token)) return "revoked";
    if (nowMs >= caller.expiresAtMs) return "expired";
    return caller.tenantId === tenantId ? caller : "wrong-tenant";
  }

  /** The tenant a token says it is for, good or not; empty when it says nothing. */
  tenantOf(authorization: string | undefined): string {
    const token = bearerIn(authorization);
    const known = token === undefined ? undefined : this.#known.get(token);
    if (typeof known === "object") return known.tenantId;
    const claimed = token === undefined ? undefined : parseJwt(token)?.claims["tid"];
    return typeof claimed === "string" ? claimed : "";
  }

  /** Makes a token useless: it gets a claims challenge from now on. */
  revoke(token: string): void {
    this.#revoked.add(token);
  }

  #read(token: string, origin: string): Caller | TokenRefusal {
    const jwt = parseJwt(token);
    if (!jwt || jwt.header["alg"] !== "RS256" || !isSignedBy(jwt, this.#key.publicKey)) return "invalid";
    const { aud, tid, appid, exp, iat, roles, scp, wids } = jwt.claims;
    if (typeof tid !== "string" || typeof appid !== "string" || typeof exp !== "number") return "invalid";
    if (typeof aud !== "string" || !(EXCHANGE_AUDIENCES.includes(aud) || aud === origin)) return "invalid";
    const granted = listOf(roles);
    const delegated = typeof scp === "string" && scp.split(" ").includes("Exchange.Manage");
    if (!delegated && !granted.includes("Exchange.ManageAsApp"))
      return granted.some((role) => role.startsWith("Exchange.")) ? "wrong-role" : "no-grant";
    return {
      token,
      tenantId: tid,
      appId: appid,
      groups: groupsOf(listOf(wids)),
      expiresAtMs: exp * 1000,
      madeAtMs: typeof iat === "number" ? iat * 1000 : 0,
    };
  }
}

function bearerIn(authorization: string | undefined): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
