/** The pages people read, and the blocks in them. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

export interface Block {
  /** `console`, `sh`, `ts`, `yaml`, …; empty when the block has no language. */
  readonly language: string;
  readonly text: string;
}

export interface Page {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Every page of the repository. */
export function allPages(): readonly Page[] {
  const inRoot = readdirSync(ROOT).filter((name) => name.endsWith(".md"));
  const inDocs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name));
  return [...inRoot, ...inDocs].sort().map(page);
}

export function page(path: string): Page {
  const text = readFileSync(join(ROOT, path), "utf8");
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", block = ""]) => ({
    language,
    text: block,
  }));
  return { path, text, blocks };
}

/** Cells of the table rows whose first cell is a code word, without the code marks. */
export function codeRows(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^\| (`.*?) \|$/gm)].map(([, row = ""]) => row.split(" | ").map(plain));
}

/** Words in code marks. */
export function codeWords(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}

/** A page's part from one heading to the next of the same or a higher level. */
export function section({ text, path }: Page, heading: string): string {
  const from = text.indexOf(`\n${heading}\n`);
  if (from < 0) throw new Error(`${path} has no "${heading}"`);
  const rest = text.slice(from + heading.length + 2);
  const level = /^#+/.exec(heading)?.[0].length ?? 1;
  const end = rest.search(new RegExp(`^#{1,${level}} `, "m"));
  return end < 0 ? rest : rest.slice(0, end);
}

function plain(cell: string): string {
  return cell.replaceAll("`", "").replaceAll("\\|", "|").trim();
}
