/** Reads a request off the wire: bytes, compression, charset, JSON; mistakes become answers. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import type { Place, RequestHeaders } from "./service/call.ts";
import { plainBody } from "./service/errors.ts";

const MOST_BYTES = 64 * 1024 * 1024;

/** The bytes of a request's body. @throws when there are too many of them, or the caller goes away */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    const chunk = part as Buffer;
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`Cannot read a request of more than ${MOST_BYTES} bytes`);
    parts.push(chunk);
  }
  const body = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  return body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body, { maxOutputLength: MOST_BYTES }) : body;
}

export function headersOf(request: IncomingMessage): RequestHeaders {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  return headers;
}

/** `http://host:port` as the caller wrote it. */
export function originOf(request: IncomingMessage): string {
  const origin = `http://${request.headers.host ?? ""}`;
  return URL.canParse(origin) ? origin : "http://localhost";
}

/** The address asked for, however oddly it is written. */
export function urlOf(request: IncomingMessage): URL {
  const path = request.url ?? "/";
  const text = /^https?:/i.test(path) ? path : `${originOf(request)}${path}`;
  return URL.canParse(text) ? new URL(text) : new URL(originOf(request));
}

/** Percent escapes resolved; a text with broken ones stays as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not what anybody meant to escape.
    return text;
  }
}

/** A place, or the body of the 400 its bytes deserve. */
export function placeOf(
  request: IncomingMessage,
  body: Buffer,
  strictCharset: boolean,
): Place | { readonly mistake: string } {
  const origin = originOf(request);
  const url = urlOf(request);
  const place = {
    method: request.method ?? "GET",
    origin,
    path: url.pathname,
    query: url.searchParams,
    headers: headersOf(request),
  };
  if (body.length === 0) return { ...place, body: undefined };
  if (strictCharset && !isUtf8(body)) {
    const at = firstBadByte(body);
    const hex = (body[at] ?? 0).toString(16).toUpperCase();
    return {
      mistake: plainBody(
        400,
        `Unable to translate bytes [${hex}] at index ${at} from specified code page to Unicode.`,
        "System.Text.DecoderFallbackException",
      ),
    };
  }
  try {
    return { ...place, body: JSON.parse(body.toString("utf8")) as unknown };
  } catch {
    return { mistake: plainBody(400, "The request body is not valid JSON.") };
  }
}

/** Where the text stops being UTF-8: the first place a decoder had to put a replacement the caller did not write. */
function firstBadByte(body: Buffer): number {
  const text = body.toString("utf8");
  for (let at = text.indexOf("\ufffd"); at >= 0; at = text.indexOf("\ufffd", at + 1)) {
    const offset = Buffer.byteLength(text.slice(0, at));
    if (body.readUIntBE(offset, Math.min(3, body.length - offset)) !== 0xefbfbd) return offset;
  }
  return 0;
}
