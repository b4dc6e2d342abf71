/** What a file holds, found out before anything is recorded: whose it is, which lines cannot be read, which rights it tells of. */
import { basename } from "node:path";
import { ImportError } from "./errors.ts";
import { type ImportFile, linesOf } from "./lines.ts";
import type { Passed } from "./text.ts";
import { type Rights, RIGHTS, rightsOf, type Tool } from "./tools/tool.ts";
import { mailboxKey } from "./names.ts";

export interface Scan extends Passed {
  readonly tool: Tool;
  /** Records below the header. */
  readonly lines: number;
  /** Not imported, by what they are about. */
  readonly left: ReadonlyMap<string, number>;
  readonly bad: BadLines;
  /** Kinds of rights it has lines of. */
  readonly rights: readonly Rights[];
  /** It has inherited rights. */
  readonly inherited: boolean;
}

export interface BadLines {
  readonly count: number;
  /** The first of them, in words. */
  readonly words: readonly string[];
  /** Mailboxes that a bad line names, by `mailboxKey`. */
  readonly mailboxes: ReadonlySet<string>;
  /** Bad lines that name no mailbox. */
  readonly unplaced: number;
}

/** A file with more is not what it seems to be. */
const MOST_BAD = 1_000;
const SHOWN = 50;
/** Kinds that are left out are named by the file, which may name as many as it likes. */
const MOST_KINDS = 40;
const OTHERS = "others";

/** @throws {ImportError} */
export async function scan(file: ImportFile, signal: AbortSignal): Promise<Scan> {
  const left = new Map<string, number>();
  const rights = new Set<Rights>();
  const bad = { count: 0, words: [] as string[], mailboxes: new Set<string>(), unplaced: 0 };
  let lines = 0;
  let inherited = false;
  let whole: (Passed & { readonly tool: Tool }) | undefined;
  for await (const some of linesOf(file, signal, (passed) => (whole = passed))) {
    lines += some.length;
    for (const { line, told } of some) {
      if (told.is === "told") {
        for (const grant of told.grants) {
          rights.add(rightsOf(grant.right));
          inherited ||= grant.inherited;
        }
      } else if (told.is === "left") {
        const what = left.has(told.what) || left.size < MOST_KINDS ? told.what : OTHERS;
        left.set(what, (left.get(what) ?? 0) + 1);
      } else {
        bad.count += 1;
        if (bad.words.length < SHOWN) bad.words.push(`line ${line}: expected ${told.expected}`);
        if (told.mailbox === undefined) bad.unplaced += 1;
        else bad.mailboxes.add(mailboxKey(told.mailbox));
        if (bad.count > MOST_BAD) throw badLines(file, bad);
      }
    }
  }
  if (whole === undefined || lines === 0)
    throw new ImportError(
      `Cannot import "${basename(file.path)}": there is nothing below its header`,
      "A file without lines does not say that nobody holds rights; name another",
    );
  return { ...whole, lines, left, bad, rights: RIGHTS.filter((right) => rights.has(right)), inherited };
}

/** @throws {ImportError} naming the lines */
export function badLines(file: ImportFile, { count, words }: Pick<BadLines, "count" | "words">): ImportError {
  const listed = words.map((text) => `\n  ${text}`).join("");
  const more = count - words.length;
  const many = count > MOST_BAD;
  return new ImportError(
    `Cannot import "${basename(file.path)}": ${many ? `more than ${MOST_BAD}` : count} of its lines cannot be read:${listed}${more > 0 ? `\n  and ${many ? "more" : `${more} more`}` : ""}`,
    many
      ? "Is it the right file, in the right encoding, and not saved by another program?"
      : "Correct them, or leave them out with --skip-bad-lines: the mailboxes they are about are then unknown",
  );
}
