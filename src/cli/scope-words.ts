/** `--all`, `--csv`, `--type`, `--filter`, `--sample` as a scope. */
import { readFile } from "node:fs/promises";
import { GRANTOR_TYPES, MAILBOX_TYPES, TARGET_TYPES } from "../job/index.ts";
import type { TargetType } from "../job/index.ts";
import { DEFAULT_TYPES, RunError } from "../runs/index.ts";
import type { Scope } from "../runs/index.ts";
import { fileFault } from "./error-code.ts";
import { readMailboxList } from "./mailbox-list.ts";
import { suggestion, UsageError } from "./usage.ts";

export interface ScopeOptions {
  readonly all?: boolean;
  readonly csv?: string;
  readonly type?: string;
  readonly filter?: string;
  readonly sample?: string;
}

export interface ScopeRead {
  readonly scope: Scope;
  /** Lines of the list that were there twice. */
  readonly doubled: number;
}

/** @throws {UsageError} for options that exclude each other; {RunError} `bad-list` */
export async function readScope(options: ScopeOptions): Promise<ScopeRead> {
  const chosen = (["all", "csv", "filter", "sample"] as const).filter((key) => options[key] !== undefined);
  if (chosen.length > 1)
    throw new UsageError(
      `Cannot use --${chosen.join(" and --")} together`,
      "choose one of --all, --csv, --filter, --sample; --type goes with each but --csv",
    );
  const types = typesOf(options.type);
  if (options.csv !== undefined) {
    if (options.type !== undefined)
      throw new UsageError("Cannot use --csv and --type together", "the list says which mailboxes are meant");
    return readList(options.csv);
  }
  if (options.filter !== undefined) {
    if (options.filter.trim() === "")
      throw new UsageError("Cannot use an empty --filter", "leave it out, or write an OPATH filter");
    return { scope: { kind: "filter", opath: options.filter, types }, doubled: 0 };
  }
  if (options.sample !== undefined)
    return {
      scope: { kind: "sample", count: wholeNumber("--sample", options.sample, 1), types },
      doubled: 0,
    };
  return { scope: { kind: "all", types }, doubled: 0 };
}

/** @throws {UsageError} */
export function wholeNumber(
  option: string,
  text: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  const bound = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new UsageError(
    `Cannot read ${option} "${text}": expected a whole number ${bound}`,
    "correct the option",
  );
}

/** What `--type` takes, for people. */
export const TYPES_IN_WORDS = `types of mailbox, with commas: ${MAILBOX_TYPES.join(",")}; for jobs about permissions also ${GRANTOR_TYPES.join(",")}`;

function typesOf(text: string | undefined): TargetType[] {
  if (text === undefined) return [...DEFAULT_TYPES];
  const types = text.split(",").map((word) => {
    const type = TARGET_TYPES.find((known) => known === word.trim().toLowerCase());
    if (type) return type;
    throw new UsageError(
      `Cannot use --type "${word.trim()}": there is no such type of mailbox`,
      `${suggestion(word.trim(), TARGET_TYPES)}types are: ${TARGET_TYPES.join(", ")}`,
    );
  });
  return [...new Set(types)];
}

async function readList(path: string): Promise<ScopeRead> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new RunError(
      "bad-list",
      `Cannot read the list "${path}": ${fileFault(error)}`,
      "name a file that is there and that you may read, with --csv FILE",
      { cause: error },
    );
  }
  const { identities, doubled } = readMailboxList(bytes, path);
  return { scope: { kind: "list", identities: [...identities] }, doubled };
}
