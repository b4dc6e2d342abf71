/** What kind of thing the body of a reply is, read with all bounds held. The only place where bytes of the service become values. */
import { unpack } from "../network/index.ts";
import { MAX_DEPTH, MAX_NODES } from "./limits.ts";
import { scanJson } from "./scan.ts";

export type Body =
  | { readonly kind: "empty" }
  /** NUL bytes only: how the service says 403; `exo-protocol.md` 2.3. */
  | { readonly kind: "nul" }
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "text"; readonly text: string }
  /** Cut off, damaged, not UTF-8, or beyond a bound. */
  | { readonly kind: "broken"; readonly why: "damaged" | "too-large" };

const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d, 0x00]);
/** Of a text that is not JSON, only its beginning is wanted. */
const TEXT_BYTES = 4_096;

/** @param maxBytes largest body when unpacked */
export async function readBody(packed: Buffer, maxBytes: number): Promise<Body> {
  const bytes = await unpack(packed, maxBytes);
  if (bytes === undefined) return { kind: "broken", why: "damaged" };
  return bodyOf(bytes);
}

export function bodyOf(bytes: Buffer): Body {
  const bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let start = bom;
  while (start < bytes.length && SPACE.has(bytes[start] ?? 0)) start += 1;
  if (start === bytes.length) return { kind: bytes.includes(0) ? "nul" : "empty" };
  const first = bytes[start];
  if (first !== 0x7b && first !== 0x5b) {
    return { kind: "text", text: bytes.toString("utf8", start, start + TEXT_BYTES) };
  }
  const scan = scanJson(bytes, MAX_DEPTH, MAX_NODES);
  if (scan.depth > MAX_DEPTH || scan.nodes > MAX_NODES) return { kind: "broken", why: "too-large" };
  if (!scan.complete) return { kind: "broken", why: "damaged" };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { kind: "json", value: parseJson(text, scan.bigNumbers) };
  } catch {
    // Not UTF-8 or not JSON: why exactly does not matter to anybody, and the error would quote the body.
    return { kind: "broken", why: "damaged" };
  }
}

/** Text of a batch item that came as a string. */
export function bodyOfText(text: string): Body {
  return bodyOf(Buffer.from(text, "utf8"));
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Integers that a double cannot hold become `bigint`, from their digits; `exo-protocol.md` 5.3. */
function parseJson(text: string, bigNumbers: boolean): unknown {
  if (!bigNumbers) return JSON.parse(text);
  // The type library does not know the reviver's third argument yet.
  const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;
  return parse(text, (_, value, { source }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value;
    return /^-?\d{1,100}$/.test(source) ? BigInt(source) : value;
  });
}
