/** `--param key=value`, read with the help of the job's own schema, so that `true` is a boolean where one is wanted and a word where not. */
import { z } from "zod";
import type { Job } from "../job/index.ts";
import { RunError } from "../runs/index.ts";
import { suggestion, UsageError } from "./usage.ts";

/** One parameter of a job, for people. */
export interface JobParameter {
  readonly name: string;
  /** `boolean`, `integer`, `string`, `a|b|c`, `string,…` */
  readonly type: string;
  readonly required: boolean;
  /** As it would be typed. */
  readonly fallback: string | undefined;
  readonly description: string;
}

/** What is read of a JSON schema; anything else in it is the job's business. */
const propertySchema = z.object({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  items: z.object({ type: z.string().optional(), enum: z.array(z.unknown()).optional() }).optional(),
  default: z.unknown().optional(),
  description: z.string().optional(),
});
const objectSchema = z.object({
  properties: z.record(z.string(), propertySchema).optional(),
  required: z.array(z.string()).optional(),
});
type Property = z.infer<typeof propertySchema>;

/** @throws {RunError} `unknown-job`, with the nearest name */
export function findJob(catalogue: readonly Job[], name: string): Job {
  const job = catalogue.find((job) => job.name === name);
  if (job) return job;
  const names = catalogue.map((job) => job.name);
  throw new RunError(
    "unknown-job",
    `Cannot find job "${name}"`,
    `${suggestion(name, names)}jobs are: ${names.join(", ")}`,
  );
}

/** What a job goes by when nobody says anything: the schema's JSON does not tell it of numbers and lists, which are read from text. */
function usualOf(job: Job): Readonly<Record<string, unknown>> {
  const parsed = z.record(z.string(), z.unknown()).safeParse(job.params.safeParse({}).data);
  return parsed.success ? parsed.data : {};
}

/** Its own, without those of its parts. */
export function parametersOf(job: Job): JobParameter[] {
  const { properties = {}, required = [] } = shapeOf(job);
  const own = ownNames(job);
  const usual = usualOf(job);
  return Object.entries(properties)
    .filter(([name]) => own.includes(name))
    .map(([name, property]) => {
      const fallback = usual[name] ?? property.default;
      const isNone = fallback === undefined || (Array.isArray(fallback) && fallback.length === 0);
      return {
        name,
        type: typeOf(property),
        required: required.includes(name) && property.default === undefined,
        fallback: isNone ? undefined : typed(fallback),
        description: property.description ?? "",
      };
    });
}

/**
 * What was typed, as the job wants it: those of a part (`PART.key=value`) under the part's name.
 * @param words each `key=value`
 * @throws {RunError} `bad-parameter` for an unknown name; {UsageError} for a word without `=` or a name given twice
 */
export function readParameters(job: Job, words: readonly string[]): Record<string, unknown> {
  const own = ownNames(job);
  const read: Record<string, unknown> = {};
  const ofParts: Record<string, Record<string, unknown>> = {};
  for (const [name, text] of splitParameters(words)) {
    const [, partName, key] = /^([^.]*)\.(.*)$/s.exec(name) ?? [];
    if (job.parts === undefined || partName === undefined || key === undefined) {
      read[name] = valueIn(job, own, name, text, job);
      continue;
    }
    const part = partNamed(job, partName);
    const given = (ofParts[part.name] ??= {});
    given[key] = valueIn(part, ownNames(part), key, text, job);
  }
  return { ...read, ...ofParts };
}

/** @throws {RunError} `bad-parameter`, with the nearest name */
function partNamed(job: Job, name: string): Job {
  const parts = (job.parts ?? []).map((part) => part.job);
  const part = parts.find((known) => known.name === name);
  if (part !== undefined) return part;
  const names = parts.map((known) => known.name);
  throw new RunError(
    "bad-parameter",
    `Cannot run "${job.name}": it has no part "${name}"`,
    `${suggestion(name, names)}parts are: ${names.join(", ")}`,
  );
}

/**
 * @param names of the parameters of `job`
 * @param whole what is to run: `job`, or what it is a part of
 */
function valueIn(job: Job, names: readonly string[], name: string, text: string, whole: Job): unknown {
  const property = names.includes(name) ? shapeOf(job).properties?.[name] : undefined;
  if (property !== undefined) return valueOf(property.type, property.items?.type, text);
  const prefix = job === whole ? "" : `${job.name}.`;
  const known = names.map((one) => `${prefix}${one}`);
  const parts = job.parts === undefined ? "" : "those of a part are given as PART.key=value; ";
  throw new RunError(
    "bad-parameter",
    `Cannot run "${whole.name}": it has no parameter "${prefix}${name}"`,
    `${suggestion(`${prefix}${name}`, known)}${known.length > 0 ? `parameters are: ${known.join(", ")}; ` : `${prefix === "" ? "it" : job.name} takes none; `}${parts}see "exosweep jobs show ${job.name}"`,
  );
}

/** Those of its parts are theirs. */
function ownNames(job: Job): readonly string[] {
  const ofParts = new Set(job.parts?.map((part) => part.job.name));
  return Object.keys(shapeOf(job).properties ?? {}).filter((name) => !ofParts.has(name));
}

/** @throws {UsageError} */
export function splitParameters(words: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const word of words) {
    const [, name, text] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || text === undefined)
      throw new UsageError(
        `Cannot read --param "${word}": expected key=value`,
        "write it as --param key=value",
      );
    if (found.has(name))
      throw new UsageError(`Cannot use parameter "${name}" twice`, "give each parameter once");
    found.set(name, text);
  }
  return found;
}

/** A text that is not of its type stays as it is: the job's schema then says what it expected. */
function valueOf(type: string | undefined, itemType: string | undefined, text: string): unknown {
  if (type === "boolean" && /^\$?(true|false)$/i.test(text)) return /true$/i.test(text);
  if ((type === "integer" || type === "number") && text.trim() !== "" && Number.isFinite(Number(text)))
    return Number(text);
  if (type === "array" && text !== "")
    return text.split(",").map((part) => valueOf(itemType, undefined, part.trim()));
  return type === "array" ? [] : text;
}

function shapeOf(job: Job): z.infer<typeof objectSchema> {
  return objectSchema.parse(z.toJSONSchema(job.params, { io: "input", unrepresentable: "any" }));
}

function typeOf(property: Property): string {
  if (property.enum) return property.enum.map(String).join("|");
  if (property.type === "array")
    return `${property.items?.enum?.map(String).join("|") ?? property.items?.type ?? "value"},…`;
  return property.type ?? "value";
}

function typed(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join(",") : JSON.stringify(value).replace(/^"(.*)"$/, "$1");
}
