/** Updates of list properties: whole lists, additions and removals (exo-protocol.md 4.3). */
import { Refusal, asText } from "./parameters.ts";

export interface ListKind<T> {
  readonly parameter: string;
  /** @throws {Refusal} when the text is no such thing */
  parse(text: string): T;
  isSame(one: T, other: T): boolean;
  /** The members of the list a removal means. */
  meant(text: string, list: readonly T[]): readonly T[];
}

/**
 * The list after an update: a text or an array replaces it, a hashtable adds and removes, null or an empty hashtable clears it;
 * an empty array leaves it as it is.
 * @throws {Refusal} when a whole list names somebody twice, or a hashtable has other keys
 */
export function updated<T>(before: readonly T[], value: unknown, kind: ListKind<T>): readonly T[] {
  if (value === null) return [];
  if (typeof value !== "object") return [kind.parse(asText(value))];
  if (Array.isArray(value)) return value.length === 0 ? before : whole(value.map(asText), kind);
  const changes = Object.entries(value).map(([key, items]) => ({
    action: key.toLowerCase(),
    texts: (Array.isArray(items) ? items : [items]).map(asText),
  }));
  if (changes.length === 0) return [];
  let list = before;
  for (const { action, texts } of changes) {
    if (action === "add") list = added(list, texts, kind);
    else if (action === "remove") list = texts.reduce((rest, text) => without(rest, text, kind), list);
    else
      throw new Refusal({
        kind: "validation",
        subject: kind.parameter,
        detail: `Cannot process argument transformation on parameter '${kind.parameter}'. The key "${action}" is not one of Add and Remove.`,
      });
  }
  return list;
}

/** Texts compared without regard to casing. */
export function textList(parameter: string): ListKind<string> {
  return {
    parameter,
    parse: (text) => text,
    isSame: (one, other) => one.toLowerCase() === other.toLowerCase(),
    meant: (text, list) => list.filter((item) => item.toLowerCase() === text.toLowerCase()),
  };
}

function whole<T>(texts: readonly string[], kind: ListKind<T>): readonly T[] {
  const list: T[] = [];
  for (const text of texts) {
    const item = kind.parse(text);
    if (list.some((known) => kind.isSame(known, item)))
      throw new Refusal({ kind: "duplicate-in-list", subject: text, detail: kind.parameter });
    list.push(item);
  }
  return list;
}

function added<T>(list: readonly T[], texts: readonly string[], kind: ListKind<T>): readonly T[] {
  const result = [...list];
  for (const item of texts.map((text) => kind.parse(text)))
    if (!result.some((known) => kind.isSame(known, item))) result.push(item);
  return result;
}

function without<T>(list: readonly T[], text: string, kind: ListKind<T>): readonly T[] {
  const gone = kind.meant(text, list);
  return list.filter((item) => !gone.includes(item));
}
