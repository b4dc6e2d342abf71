/** Filters in OPATH, as far as scripts use it: comparisons of properties joined by -and, -or, -not and parentheses. */
import type { WireValue } from "../cmdlet.ts";
import { Refusal } from "./parameters.ts";
import { wildcard } from "./wildcard.ts";

export type Filter =
  | { readonly kind: "and" | "or"; readonly sides: readonly [Filter, Filter] }
  | { readonly kind: "not"; readonly side: Filter }
  | Comparison;

interface Comparison {
  readonly kind: "compare";
  readonly property: string;
  readonly operator: Operator;
  readonly value: Literal;
  /** What `-like` and `-notlike` look for. */
  readonly isLike: (text: string) => boolean;
}

type Operator = "-eq" | "-ne" | "-like" | "-notlike" | "-gt" | "-ge" | "-lt" | "-le";
type Literal = string | null;

const OPERATORS: readonly string[] = ["-eq", "-ne", "-like", "-notlike", "-gt", "-ge", "-lt", "-le"];
/** Deeper nesting and longer filters are refused, so that a hostile one cannot exhaust the stack. */
const DEEPEST = 100;
const MOST_TOKENS = 3000;

interface Token {
  readonly kind: "word" | "text" | "open" | "close";
  readonly text: string;
}

/**
 * Parses a filter.
 * @throws {Refusal} when it is not OPATH, or names a property `isProperty` does not know
 */
export function parseFilter(source: string, isProperty: (name: string) => boolean): Filter {
  const tokens = tokenize(source);
  let place = 0;
  const refuse = (what: string): never => {
    throw new Refusal({
      kind: "validation",
      subject: "Filter",
      detail: `Invalid filter syntax. For a description of the filter parameter syntax see the command help. "${source}" at position ${place}: ${what}`,
    });
  };
  const isWord = (word: string): boolean =>
    tokens[place]?.kind === "word" && tokens[place]?.text.toLowerCase() === word;

  const either = (depth: number): Filter => {
    let left = both(depth);
    while (isWord("-or")) {
      place += 1;
      left = { kind: "or", sides: [left, both(depth)] };
    }
    return left;
  };
  const both = (depth: number): Filter => {
    let left = single(depth);
    while (isWord("-and")) {
      place += 1;
      left = { kind: "and", sides: [left, single(depth)] };
    }
    return left;
  };
  const single = (depth: number): Filter => {
    if (depth > DEEPEST) refuse("nested too deeply");
    if (isWord("-not")) {
      place += 1;
      return { kind: "not", side: single(depth + 1) };
    }
    if (tokens[place]?.kind !== "open") return comparison();
    place += 1;
    const inner = either(depth + 1);
    if (tokens[place]?.kind !== "close") refuse("a closing parenthesis is missing");
    place += 1;
    return inner;
  };
  const comparison = (): Filter => {
    const [property, operator, value] = tokens.slice(place, place + 3);
    if (property?.kind !== "word" || property.text.startsWith("-")) return refuse("a property is missing");
    if (!isProperty(property.text))
      return refuse(`"${property.text}" is not a recognized filterable property`);
    const wanted = operator?.text.toLowerCase() ?? "";
    if (operator?.kind !== "word" || !isOperator(wanted)) return refuse("an operator is missing");
    if (value?.kind !== "word" && value?.kind !== "text") return refuse("a value is missing");
    place += 3;
    const wantedValue = literal(value);
    return {
      kind: "compare",
      property: property.text,
      operator: wanted,
      value: wantedValue,
      isLike: wildcard(wantedValue ?? ""),
    };
  };

  if (tokens.length > MOST_TOKENS) refuse("the filter is too long");
  const filter = either(0);
  if (place < tokens.length) refuse("more follows than one expression");
  return filter;
}

/** Whether an object passes, by its properties' values. */
export function passes(filter: Filter, read: (property: string) => WireValue | undefined): boolean {
  switch (filter.kind) {
    case "and":
      return passes(filter.sides[0], read) && passes(filter.sides[1], read);
    case "or":
      return passes(filter.sides[0], read) || passes(filter.sides[1], read);
    case "not":
      return !passes(filter.side, read);
    case "compare":
      return compares(filter, filter.operator, scalarsOf(read(filter.property)));
  }
}

/** Values a property must equal for the filter to pass; each is worth an indexed look-up. */
export function* equalities(filter: Filter): Iterable<{ readonly property: string; readonly value: string }> {
  if (filter.kind === "and") for (const side of filter.sides) yield* equalities(side);
  if (filter.kind === "compare" && filter.operator === "-eq" && filter.value !== null)
    yield { property: filter.property, value: filter.value };
}

/** Orders two values of a property; unset ones come first. */
export function compareValues(one: WireValue | undefined, other: WireValue | undefined): number {
  return order(scalarsOf(one)[0] ?? "", scalarsOf(other)[0] ?? "");
}

function compares(filter: Comparison, operator: Operator, scalars: readonly string[]): boolean {
  const { value, isLike } = filter;
  switch (operator) {
    case "-eq":
      return value === null || value === ""
        ? scalars.length === 0
        : scalars.some((scalar) => same(scalar, value));
    case "-ne":
      return !compares(filter, "-eq", scalars);
    case "-like":
      return value !== null && scalars.some(isLike);
    case "-notlike":
      return !compares(filter, "-like", scalars);
    case "-gt":
      return value !== null && scalars.some((scalar) => order(scalar, value) > 0);
    case "-ge":
      return value !== null && scalars.some((scalar) => order(scalar, value) >= 0);
    case "-lt":
      return value !== null && scalars.some((scalar) => order(scalar, value) < 0);
    case "-le":
      return value !== null && scalars.some((scalar) => order(scalar, value) <= 0);
  }
}

/** A property's values as text; unset ones have none, whether they are absent, null or empty on the wire. */
function scalarsOf(value: WireValue | undefined): readonly string[] {
  if (value === undefined) return [];
  if (value.type === "strings") return value.value;
  if (value.type === "datetime") return [value.value.toISOString()];
  return value.value === null || value.value === "" ? [] : [String(value.value)];
}

function same(left: string, right: string): boolean {
  return (
    left.toLowerCase() === right.toLowerCase() || (isTime(left) && Date.parse(left) === Date.parse(right))
  );
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT/.test(text);
}

/** Numbers by size, dates by time, everything else by text. */
function order(left: string, right: string): number {
  const [one, other] = [Number(left), Number(right)];
  if (left.trim() !== "" && right.trim() !== "" && !Number.isNaN(one) && !Number.isNaN(other))
    return one - other;
  if (isTime(left) && !Number.isNaN(Date.parse(right))) return Date.parse(left) - Date.parse(right);
  const [low, high] = [left.toLowerCase(), right.toLowerCase()];
  return low < high ? -1 : Number(low > high);
}

function isOperator(word: string): word is Operator {
  return OPERATORS.includes(word);
}

function literal(token: Token): Literal {
  if (token.kind === "text") return token.text;
  const word = token.text.toLowerCase();
  if (word === "$null") return null;
  return word === "$true" || word === "$false" ? word.slice(1) : token.text;
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:([({])|([)}])|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|(!)|([^\s(){}'"!]+))/gy;
  const end = source.trimEnd().length;
  while (pattern.lastIndex < end) {
    const match = pattern.exec(source);
    if (match === null)
      throw new Refusal({
        kind: "validation",
        subject: "Filter",
        detail: `Invalid filter syntax: a quotation is not closed in "${source}"`,
      });
    const [, open, close, single, double, not, word] = match;
    if (open !== undefined) tokens.push({ kind: "open", text: open });
    else if (close !== undefined) tokens.push({ kind: "close", text: close });
    else if (single !== undefined) tokens.push({ kind: "text", text: single.replaceAll("''", "'") });
    else if (double !== undefined) tokens.push({ kind: "text", text: double.replaceAll('""', '"') });
    else tokens.push({ kind: "word", text: not === undefined ? (word ?? "") : "-not" });
  }
  return tokens;
}
