/** Unpacks gzip by its first two bytes: the service labels plain bodies as gzip (`exo-protocol.md` 8.5). */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

const inflate = promisify(gunzip);

/**
 * @param maxBytes largest body when unpacked
 * @returns the body as it is when it is not gzip; `undefined` when it is gzip but broken, cut off or too large
 */
export async function unpack(body: Buffer, maxBytes: number): Promise<Buffer | undefined> {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body.length <= maxBytes ? body : undefined;
  try {
    return await inflate(body, { maxOutputLength: maxBytes });
  } catch {
    // Broken, cut off and too large are one thing to the caller: a reply that cannot be read.
    return undefined;
  }
}
