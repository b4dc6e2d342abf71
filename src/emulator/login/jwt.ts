/** JSON web tokens: made with the emulator's own key, read and verified with anybody's. */
import { constants, createHash, generateKeyPair, sign, verify, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Buffer;
}

/** The parts of a token; undefined for a text that is none. Says nothing about the signature. */
export function parseJwt(token: string): Jwt | undefined {
  const [header, claims, signature, ...more] = token.split(".");
  if (header === undefined || claims === undefined || signature === undefined || more.length > 0)
    return undefined;
  try {
    const read = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    const [headerObject, claimsObject] = [read(header), read(claims)];
    if (!isRecord(headerObject) || !isRecord(claimsObject)) return undefined;
    return {
      header: headerObject,
      claims: claimsObject,
      signed: `${header}.${claims}`,
      signature: Buffer.from(signature, "base64url"),
    };
  } catch {
    // Not JSON: not a token.
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True when the token was signed with RS256 or PS256 by the owner of the key. */
export function isSignedBy(jwt: Jwt, key: KeyObject): boolean {
  const data = Buffer.from(jwt.signed);
  if (jwt.header["alg"] === "RS256") return verify("sha256", data, key, jwt.signature);
  if (jwt.header["alg"] === "PS256")
    return verify(
      "sha256",
      data,
      { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
      jwt.signature,
    );
  return false;
}

/** The key the emulator signs with, new with every start. */
export class SigningKey {
  readonly #privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly keyId: string;

  private constructor(privateKey: KeyObject, publicKey: KeyObject) {
    this.#privateKey = privateKey;
    this.publicKey = publicKey;
    this.keyId = createHash("sha1")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest("base64url");
  }

  static async create(): Promise<SigningKey> {
    const pair = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    return new SigningKey(pair.privateKey, pair.publicKey);
  }

  sign(claims: Readonly<Record<string, unknown>>): string {
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
    const signed = `${encode({ typ: "JWT", alg: "RS256", kid: this.keyId, x5t: this.keyId })}.${encode(claims)}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), this.#privateKey).toString("base64url")}`;
  }

  /** As a key set lists it. */
  jwk(): Record<string, unknown> {
    return {
      ...this.publicKey.export({ format: "jwk" }),
      use: "sig",
      kid: this.keyId,
      x5t: this.keyId,
      alg: "RS256",
    };
  }
}
