/** What the Lua law is made of, as one hash: it says whether `src/throttle/law-lua.ts` is as new as the law. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

/** The translator, and the compiler it is built on: another version may write other Lua. */
export const TRANSLATOR = ["typescript-to-lua@1.37.1", "typescript@6.0.2"] as const;
export const LAW_FOLDER = join(ROOT, "src", "throttle", "law");
export const LAW_LUA_FILE = join(ROOT, "src", "throttle", "law-lua.ts");

/** SHA-256 over the names and texts of the law's files and the translator's version, in hex. */
export function lawHash(): string {
  const hash = createHash("sha256").update(TRANSLATOR.join(" "));
  for (const name of readdirSync(LAW_FOLDER).toSorted()) {
    hash.update(`\n${name}\n`).update(readFileSync(join(LAW_FOLDER, name), "utf8").replaceAll("\r\n", "\n"));
  }
  return hash.digest("hex");
}

/** The hash that a made file says it was made from; undefined when it says nothing. */
export function hashIn(madeFile: string): string | undefined {
  return /sha256 ([0-9a-f]{64})/.exec(madeFile)?.[1];
}
