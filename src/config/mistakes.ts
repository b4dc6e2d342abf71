/** What is wrong with a settings file, in words, with lines. Never repeats a value: one may be a secret in the wrong place. */
import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Document, LineCounter } from "yaml";
import type { z } from "zod";

interface Mistake {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Every mistake as `line 7: tenants[0].name: …`, in the order of the file. */
export function mistakesOf(
  issues: readonly z.core.$ZodIssue[],
  document: Document,
  lines: LineCounter,
): string[] {
  const found = issues.flatMap(flatten).map(({ path, message }) => {
    const offset = offsetOf(document, path);
    return { line: offset === undefined ? 1 : lines.linePos(offset).line, text: `${nameOf(path)}${message}` };
  });
  found.sort((one, other) => one.line - other.line);
  return found.map(({ line, text }) => `line ${line}: ${text}`);
}

/** One mistake for each unknown key; for a value that may be written in several ways, those of the way that was meant. */
function flatten(issue: z.core.$ZodIssue): Mistake[] {
  if (issue.code === "unrecognized_keys") {
    // Where a key means something that cannot be, its schema says so in words of its own.
    const message = issue.message.startsWith("Unrecognized key") ? "unknown key" : issue.message;
    return issue.keys.map((key) => ({ path: [...issue.path, key], message }));
  }
  if (issue.code === "invalid_union") {
    const meant = issue.errors.find((way) =>
      way.some((inner) => inner.path.length > 0 || inner.code === "unrecognized_keys"),
    );
    if (meant) return meant.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  return [{ path: issue.path, message: issue.message }];
}

/** Words for what the schema has none for. Values are never repeated: one may be a secret in the wrong place. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? `missing: expected ${wordFor(issue.expected)}`
        : `expected ${wordFor(issue.expected)}, got ${kindOf(issue.input)}`;
    case "too_small":
      return `expected at least ${issue.minimum}${issue.origin === "string" ? " characters" : ""}`;
    case "too_big":
      return `expected at most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}`;
    case "invalid_value":
      return `expected ${issue.values.join(", ")}`;
    case "invalid_format":
      return issue.format === "url" ? "expected a URL" : undefined;
    case "custom":
    case "invalid_element":
    case "invalid_key":
    case "invalid_union":
    case "not_multiple_of":
    case "unrecognized_keys":
      return undefined; // these have words of their own, or cannot happen here
  }
}

function wordFor(type: string): string {
  return { int: "a whole number", object: "a group of settings", array: "a list" }[type] ?? `a ${type}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a group of settings" : `a ${typeof value}`;
}

/** `tenants[0].cloud.login: `, or nothing for the file itself. */
function nameOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "";
  const name = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return `${name.replace(/^\./, "")}: `;
}

/** Where the key at `path` starts, or the nearest one above it that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (!pair || !isScalar(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === "number") {
      node = node.items[part];
      offset = rangeStart(node) ?? offset;
    } else break;
  }
  return offset;
}

function rangeStart(node: unknown): number | undefined {
  if (!isMap(node) && !isSeq(node) && !isScalar(node) && !isAlias(node)) return undefined;
  return node.range?.[0];
}
