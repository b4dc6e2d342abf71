/** The text of a file piece by piece, in the encodings that PowerShell and Excel write. Counts and hashes the bytes that pass. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { ImportError } from "./errors.ts";

export const ENCODINGS = ["utf-8", "utf-16le", "utf-16be", "windows-1250", "windows-1252"] as const;
export type Encoding = (typeof ENCODINGS)[number];

export interface Passed {
  readonly bytes: number;
  /** SHA-256, hex, of all bytes. */
  readonly sha256: string;
}

const CHUNK_BYTES = 256 * 1024;

/**
 * @param encoding when it is known; else its byte order mark says it, and without one it is UTF-8, or UTF-16 when every other byte is zero
 * @param ended told what has passed when all of it has
 * @throws {ImportError} when the bytes are not of that encoding; an error of the system when the file cannot be read
 */
export async function* textOf(
  path: string,
  encoding: Encoding | undefined,
  signal: AbortSignal,
  ended: (passed: Passed) => void,
): AsyncGenerator<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let bytes = 0;
  let lines = 1;
  await using file = await open(path, "r");
  if (!(await file.stat()).isFile())
    throw new ImportError(
      `Cannot read "${path}": it is no file that can be read more than once`,
      "Save what comes from a pipe to a file, and name that",
    );
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, bytes);
    const chunk = buffer.subarray(0, bytesRead);
    decoder ??= new TextDecoder(encoding ?? encodingOf(chunk), { fatal: true });
    hash.update(chunk);
    bytes += bytesRead;
    let text: string;
    try {
      text = decoder.decode(chunk, { stream: bytesRead > 0 });
    } catch (error) {
      throw new ImportError(
        `Cannot read "${path}": expected ${decoder.encoding.toUpperCase()}, found other bytes behind line ${lines}`,
        "Name its encoding, such as --encoding windows-1252, or save it as CSV UTF-8",
        { cause: error },
      );
    }
    lines += text.split("\n").length - 1;
    if (text !== "") yield text;
    if (bytesRead === 0) return ended({ bytes, sha256: hash.digest("hex") });
  }
}

function encodingOf(bytes: Uint8Array): Encoding {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  // Headers are of ASCII: no UTF-8 has a zero there.
  if (first !== 0 && second === 0) return "utf-16le";
  if (first === 0 && second !== 0 && second !== undefined) return "utf-16be";
  return "utf-8";
}
