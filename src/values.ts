/** Reads values the way Exchange writes them into rows: comma-joined lists, booleans as text, sizes as text. Pure; `exo-protocol.md` 5.3. */

/**
 * A list whose elements may hold several values joined by commas: `["FullAccess, ReadPermission"]` is two rights.
 * A single text counts as a list of one; anything that is not text is left out.
 */
export function splitList(value: unknown): readonly string[] {
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  return elements
    .filter((element) => typeof element === "string")
    .flatMap((element) => element.split(","))
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** `true`, `"True"` and their opposites; undefined for everything else, so that the caller decides what absent or odd means. */
export function parseFlag(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") return undefined;
  const word = value.trim().toLowerCase();
  return word === "true" ? true : word === "false" ? false : undefined;
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1024,
  mb: 1024 ** 2,
  gb: 1024 ** 3,
  tb: 1024 ** 4,
};

/**
 * Bytes of `"99 GB (106,300,440,576 bytes)"`, of a bare number, or of `"35 MB"` where the exact number is missing.
 * @returns undefined for what is not a size; a size beyond 2^53 bytes (8 PiB) loses its last digits
 */
export function parseSize(value: unknown): number | "unlimited" | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value >= 0 ? Number(value) : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (text.toLowerCase() === "unlimited") return "unlimited";
  // The thousands are grouped with a comma here and with a point or a space in other cultures.
  const exact = /\(\s*(\d[\d.,'\s\u00a0\u202f]*)\s*bytes?\s*\)/i.exec(text)?.[1];
  if (exact !== undefined) return Number(exact.replaceAll(/\D/g, ""));
  const rough = /^(\d+(?:[.,]\d+)?)\s*([kmgt]?b)?$/i.exec(text);
  if (rough === null) return undefined;
  return Math.round(Number(rough[1]?.replace(",", ".")) * (UNIT_BYTES[(rough[2] ?? "b").toLowerCase()] ?? 1));
}
