/** Records of a bundle, taken from outside: each value is what it should be, or the record is refused. */
import { z } from "zod";
import type { Cells } from "../cells.ts";
import { bytesOf } from "../chain.ts";
import type { VerifiedRun } from "../evidence.ts";
import { OUTCOMES } from "../contract/outcomes.ts";
import { RUN_STATES } from "../contract/runs.ts";
import { TARGET_KINDS } from "../contract/targets.ts";
import type { Json } from "../contract/json.ts";
import { BYTES } from "./records.ts";

/** The file is no bundle, or cannot be read. `advice` says what to do. */
export class BundleError extends Error {
  override readonly name = "BundleError";
  readonly advice: string;
  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.advice = advice;
  }
}

/** A record that cannot be read; the message goes on after "its line 5". */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

const LINK = /^[0-9a-f]{32}$/;

const count = z.int().min(0);
const link = z.string().regex(LINK);
/** What is only hashed: any value at all. */
const json = z.custom<Json>((value) => value !== undefined);
const counters = z.record(z.string(), z.int());

const run = z.object({
  id: z.string(),
  job: z.string(),
  tenant: z.string(),
  tenantId: z.string(),
  params: json,
  scope: json,
  naiveCallsPerTarget: z.number(),
  createdAtMs: z.int(),
  state: z.enum(RUN_STATES),
  manifest: z.object({ count, sha256: z.string() }).optional(),
  outcomes: z.partialRecord(z.enum(OUTCOMES), z.int()),
  rows: z.int(),
  noise: counters,
  counts: counters,
  chain: z.object({
    start: link,
    sealed: z.object({ link, after: count }).optional(),
    length: count,
    head: link,
  }),
});

const ids = z.object({
  kind: z.enum(TARGET_KINDS),
  ids: z.array(z.tuple([z.string(), z.int().min(1)])),
});

const rows = z.object({
  line: z.int(),
  take: z.int(),
  rows: z.array(z.tuple([z.int(), z.int(), z.string().nullable(), z.int(), z.string()])),
});

const names = z.object({ shape: z.int(), names: z.string() });

const end = z.object({ records: count, targets: count, rows: count, sha256: z.string() });

const SCHEMAS = { run, ids, rows, names, end };

export function asRecord(text: string): Cells {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Unreadable("is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Unreadable("is no record");
  // A plain object: any key may be asked for, and what it holds is looked at before it is used.
  return value as Cells;
}

export function asRun(value: unknown): VerifiedRun {
  const { manifest, chain, ...rest } = checked("run", value);
  return { ...rest, manifest, chain: { ...chain, sealed: chain.sealed } };
}

export function checked<Kind extends keyof typeof SCHEMAS>(
  kind: Kind,
  value: unknown,
): z.infer<(typeof SCHEMAS)[Kind]> {
  const parsed = SCHEMAS[kind].safeParse(value);
  if (parsed.success) return parsed.data as z.infer<(typeof SCHEMAS)[Kind]>;
  const at = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new Unreadable(
    `has ${at === "" ? "something else" : `"${at.slice(0, 50)}" other`} than a record of its kind`,
  );
}

/** The columns of a record, all of them there, as a journal would read them from its tables. */
export function cellsOf(record: Cells, columns: readonly string[]): Cells {
  return Object.fromEntries(columns.map((column) => [column, cellOf(column, record[column])]));
}

function cellOf(column: string, value: unknown): unknown {
  if (value === null) return null;
  if (BYTES.has(column)) {
    if (typeof value === "string" && LINK.test(value)) return bytesOf(value);
  } else if (typeof value === "string" || Number.isSafeInteger(value)) {
    return value;
  }
  throw new Unreadable(`has no "${column}" that can be read`);
}
