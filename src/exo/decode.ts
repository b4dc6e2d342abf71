/** The members of a successful reply (`exo-protocol.md` 5): rows without annotations, warnings sorted by what they mean, the link to the next page. */
import type { ExoRow, ExoValue } from "../job/index.ts";
import type { BalanceReading } from "../throttle/index.ts";

export interface Envelope {
  /** `undefined` when the reply has no `value`, or it is null: no rows, but in the middle of a listing no end of it either. */
  readonly rows: readonly ExoRow[] | undefined;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
  readonly next: string | undefined;
  readonly truncated: boolean;
  /** The service asks whether it should go on, and did nothing (`exo-protocol.md` 4.4). */
  readonly asksConfirmation: boolean;
  /** What a micro-delay warning says of the budget; `exo-protocol.md` 9.3. */
  readonly balance?: BalanceReading;
}

/** "There are more results available than are currently displayed…"; `exo-protocol.md` 6.2. */
const TRUNCATION = /there are more results available than are currently displayed/i;
/** `exo-protocol.md` 9.3. */
const MICRO_DELAY = /^\s*(warning:\s*)?micro delay applied|balance:\s*-?\d+\/-?\d+\/-?\d+/i;
const BALANCE = /balance:\s*(-?\d{1,12})\/(\d{1,12})\/(-\d{1,12})(?!\d)/i;

/** @returns `undefined` when it is no reply of a cmdlet */
export function decodeEnvelope(value: unknown): Envelope | undefined {
  if (!isRecord(value)) return undefined;
  const rows = value["value"];
  if (rows !== undefined && rows !== null && !Array.isArray(rows)) return undefined;
  const warnings = textsOf(value["@adminapi.warnings"]);
  const next = value["@odata.nextLink"];
  if (next !== undefined && next !== null && typeof next !== "string") return undefined;
  return {
    rows: Array.isArray(rows) ? rows.map(toRow) : undefined,
    warnings: warnings.filter((text) => !TRUNCATION.test(text) && !MICRO_DELAY.test(text)),
    errors: textsOf(value["@adminapi.errors"]),
    next: typeof next === "string" && next !== "" ? next : undefined,
    truncated: warnings.some((text) => TRUNCATION.test(text)),
    asksConfirmation: typeof value["@adminapi.confirmationmessage"] === "string",
    ...balanceIn(warnings),
  };
}

/**
 * The same of a resource endpoint (`exo-protocol.md` 1.4): a collection has its rows in `value`, a single thing is the body itself.
 * @returns `undefined` when it is neither
 */
export function decodeResource(value: unknown, isOne: boolean): Envelope | undefined {
  if (!isRecord(value)) return undefined;
  if (Array.isArray(value["value"])) return decodeEnvelope(value);
  if (!isOne) return undefined;
  const around = decodeEnvelope({ ...value, value: [] });
  const own = Object.entries(value).filter(([name]) => !isAnnotation(name) && !name.startsWith("@"));
  if (around === undefined || own.length === 0) return undefined;
  // No value where there is one thing or none: none.
  const isNothing = own.length === 1 && own[0]?.[0] === "value" && own[0][1] === null;
  return { ...around, rows: isNothing ? [] : [toRow(Object.fromEntries(own))] };
}

/** Balance, recharge per hour and cutoff, in ms of server time; the last warning counts. Text that makes no sense says nothing. */
function balanceIn(warnings: readonly string[]): { readonly balance?: BalanceReading } {
  const [, balanceMs, rechargeMsPerHour, cutoffMs] =
    warnings.map((text) => BALANCE.exec(text)).findLast((found) => found !== null) ?? [];
  if (balanceMs === undefined || Number(rechargeMsPerHour) === 0) return {};
  return {
    balance: {
      balanceMs: Number(balanceMs),
      rechargeMsPerHour: Number(rechargeMsPerHour),
      cutoffMs: Number(cutoffMs),
    },
  };
}

/** A row that is no object is kept under an empty key: nothing is lost, and nothing pretends to be a property. */
function toRow(value: unknown): ExoRow {
  const clean = withoutAnnotations(value);
  return isRow(clean) ? clean : Object.assign(Object.create(null), { "": clean });
}

/**
 * The same value in objects without a prototype, annotations left out (`exo-protocol.md` 5.2).
 * `__proto__` is left out too: no property of Exchange is called so, and it would bite whoever copies the row.
 */
export function withoutAnnotations(value: unknown): ExoValue {
  if (Array.isArray(value)) return value.map(withoutAnnotations);
  if (!isRecord(value)) return isScalar(value) ? value : null;
  const clean: Record<string, ExoValue> = Object.create(null);
  for (const key of Object.keys(value)) {
    if (isAnnotation(key) || key === "__proto__") continue;
    clean[key] = withoutAnnotations(value[key]);
  }
  return clean;
}

/** `@odata.type`, `X@odata.type`, `X@data.type`. */
function isAnnotation(key: string): boolean {
  const at = key.indexOf("@");
  return at >= 0 && (key.startsWith("odata.", at + 1) || key.startsWith("data.", at + 1));
}

/** Elements are texts; an element of an unknown shape is shown as JSON rather than dropped. */
function textsOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((element) => (typeof element === "string" ? element : toText(element)));
}

function toText(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part));
  return text.slice(0, 1_000);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isRow(value: ExoValue): value is ExoRow {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | bigint | boolean | null {
  return value === null || ["string", "number", "bigint", "boolean"].includes(typeof value);
}
