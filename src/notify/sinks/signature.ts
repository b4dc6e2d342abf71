/** Signs a webhook (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body. Pure. */
import { createHmac } from "node:crypto";
import { SinkError } from "./sink.ts";

const PREFIX = "whsec_";
/** Of a key, as the specification bounds it. */
const KEY_BYTES = { least: 24, most: 64 } as const;

/**
 * Headers of one request.
 * @param secrets `whsec_` and base64, several with blanks between them: the receiver may know any of them
 * @throws {SinkError} when one is no such secret
 */
export function signedHeaders(
  secrets: string,
  { id, atMs, body }: { readonly id: string; readonly atMs: number; readonly body: string },
): Readonly<Record<string, string>> {
  const seconds = Math.floor(atMs / 1_000);
  const signatures = secrets
    .split(/\s+/)
    .map((secret) => createHmac("sha256", keyOf(secret)).update(`${id}.${seconds}.${body}`).digest("base64"));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": signatures.map((signature) => `v1,${signature}`).join(" "),
  };
}

function keyOf(secret: string): Buffer {
  const text = secret.slice(PREFIX.length);
  const key = Buffer.from(text, "base64");
  const fits =
    secret.startsWith(PREFIX) &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(text) &&
    key.length >= KEY_BYTES.least &&
    key.length <= KEY_BYTES.most;
  if (fits) return key;
  throw new SinkError(
    `the secret is not one of Standard Webhooks: ${PREFIX} and base64 of ${KEY_BYTES.least} to ${KEY_BYTES.most} bytes`,
  );
}
