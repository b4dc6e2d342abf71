/** Parameters of a call, taken out of the JSON body the way the service's binder does it (`exo-protocol.md` 4). */
import type { Cmdlet, CmdletFailure, CmdletRequest } from "../cmdlet.ts";
import type { WriteFacts } from "../write-records.ts";

/** What `CmdletInput` asked for. */
export interface CmdletInput {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Finds the cmdlet and its parameters in a body; undefined when the envelope is not as in 4.1. */
export function readInput(body: unknown): CmdletInput | undefined {
  if (!isObject(body)) return undefined;
  const input = body["CmdletInput"];
  if (!isObject(input)) return undefined;
  const name = input["CmdletName"];
  const parameters = input["Parameters"];
  if (typeof name !== "string" || name === "") return undefined;
  if (parameters === undefined || parameters === null) return { name, parameters: {} };
  return isObject(parameters) ? { name, parameters } : undefined;
}

/** Parameters every cmdlet takes and ours ignore. */
const COMMON: ReadonlySet<string> = new Set([
  "verbose",
  "debug",
  "erroraction",
  "warningaction",
  "informationaction",
  "progressaction",
  "errorvariable",
  "warningvariable",
  "informationvariable",
  "outvariable",
  "outbuffer",
  "pipelinevariable",
]);

const WRITES_ONLY: ReadonlySet<string> = new Set(["confirm", "whatif"]);

/** Parameters that say how a write is sent, not what it does. */
function isManner(lower: string): boolean {
  return COMMON.has(lower) || WRITES_ONLY.has(lower);
}

/** A write as its caller put it: `parameters` without the identity and without what only says how it is sent. */
export function writeOf(input: CmdletInput): WriteFacts {
  const kept: Record<string, unknown> = {};
  let identity: string | undefined;
  for (const [name, value] of Object.entries(input.parameters)) {
    const lower = name.toLowerCase();
    if (name.includes("@") || isManner(lower)) continue;
    if (lower !== "identity") kept[name] = withoutAnnotations(value);
    else if (typeof value === "string") identity = value;
  }
  const isNamedElsewhere = Object.keys(kept).some((name) => name.toLowerCase() === "mailbox");
  const inside = isNamedElsewhere ? identity : identity?.match(/:?\\.*$/s)?.[0];
  return { identity, inside: inside ?? "", parameters: canonicalJson(kept) };
}

/** JSON with the members of every object in the order of their names. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}

export type Binding =
  | { readonly request: CmdletRequest; readonly confirm: boolean; readonly whatIf: boolean }
  | { readonly failure: CmdletFailure };

export interface BindOptions {
  readonly nowMs: number;
  readonly connectionId: string | undefined;
  readonly typedHashtables: boolean;
  /** Lower-case names of the properties wanted. */
  readonly select: ReadonlySet<string> | undefined;
}

export function bind(cmdlet: Cmdlet, input: CmdletInput, options: BindOptions): Binding {
  const known = new Map(cmdlet.parameters.map((name) => [name.toLowerCase(), name]));
  const parameters = new Map<string, unknown>();
  const spelling = new Map<string, string>();
  let confirm = false;
  let whatIf = false;
  for (const [name, value] of Object.entries(input.parameters)) {
    if (name.includes("@")) continue;
    const lower = name.toLowerCase();
    if (COMMON.has(lower)) continue;
    if (cmdlet.writes && WRITES_ONLY.has(lower)) {
      if (lower === "confirm") confirm = isTrue(value);
      else whatIf = isTrue(value);
      continue;
    }
    const proper = known.get(lower);
    if (proper === undefined) return { failure: { kind: "unknown-parameter", subject: name } };
    const annotation = input.parameters[`${name}@odata.type`];
    if (options.typedHashtables && !isTyped(value, annotation))
      return { failure: { kind: "bad-hashtable", subject: proper } };
    parameters.set(lower, withoutAnnotations(value));
    spelling.set(lower, name);
  }
  const { nowMs, connectionId, select } = options;
  const request = { parameters, spelling, nowMs, connectionId, ...(select && { select }) };
  return { request, confirm, whatIf };
}

function isTrue(value: unknown): boolean {
  return value === true || (typeof value === "string" && value.toLowerCase() === "true");
}

const TYPES: ReadonlySet<unknown> = new Set([
  "#Exchange.GenericHashTable",
  "#Exchange.ByteArrayType",
  "#Exchange.StringFieldDeltaUpdateData",
]);

/** An object needs its type beside it or around it (quirk 52). */
function isTyped(value: unknown, annotation: unknown): boolean {
  if (Array.isArray(value)) {
    const typed = typeof annotation === "string" && annotation.startsWith("#Collection(Exchange.");
    return value.every((item) => !isObject(item) || typed || isTyped(item, undefined));
  }
  if (!isObject(value)) return true;
  const type = value["@odata.type"] ?? annotation;
  if (!TYPES.has(type)) return false;
  return Object.entries(value).every(
    ([key, inner]) => key.includes("@") || isTyped(inner, value[`${key}@odata.type`]),
  );
}

function withoutAnnotations(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAnnotations);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.includes("@"))
      .map(([key, inner]) => [key, withoutAnnotations(inner)]),
  );
}
