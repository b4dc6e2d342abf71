/** List properties: a whole value replaces the list, a hashtable adds and removes (`exo-protocol.md` 4.3). */
import type { ExoValue, ParameterValue } from "../job/index.ts";
import type { Part } from "./part.ts";

/** What a list parameter asks for: the whole list, or some in and some out. */
export type Asked =
  | { readonly is: "whole"; readonly items: readonly string[] }
  | { readonly is: "delta"; readonly add: readonly string[]; readonly remove: readonly string[] };

/** @returns undefined for what cannot be looked at: an empty array, which changes nothing; an item that is both added and removed; odd values */
export function askedOf(value: ParameterValue): Asked | undefined {
  if (value === null) return { is: "whole", items: [] };
  if (typeof value === "string") return value.trim() === "" ? undefined : { is: "whole", items: [value] };
  if (isList(value)) {
    const items = textsIn(value);
    return items === undefined || items.length === 0 ? undefined : { is: "whole", items };
  }
  if (typeof value !== "object" || value instanceof Date) return undefined;
  const entries = Object.entries(value).map(([key, items]) => [key.toLowerCase(), itemsIn(items)] as const);
  if (entries.length === 0) return { is: "whole", items: [] };
  if (entries.some(([key, items]) => (key !== "add" && key !== "remove") || items === undefined))
    return undefined;
  const of = (wanted: string): readonly string[] =>
    entries.flatMap(([key, items]) => (key === wanted ? (items ?? []) : []));
  const [add, remove] = [of("add"), of("remove")];
  if (add.length + remove.length === 0) return undefined;
  const added = new Set(add.map((item) => item.toLowerCase()));
  return remove.some((item) => added.has(item.toLowerCase())) ? undefined : { is: "delta", add, remove };
}

/** A list of plain texts. */
export function texts(
  property: string,
  value: ParameterValue,
  fold: (item: string) => string,
): Part | undefined {
  const asked = askedOf(value);
  if (asked === undefined) return undefined;
  if (asked.is === "whole") {
    const wanted = sortedTexts(asked.items.map(fold));
    return {
      property,
      see: (shown) => itemsOf(shown) && sortedTexts((itemsOf(shown) ?? []).map(fold)),
      wants: (seen) => JSON.stringify(seen) === JSON.stringify(wanted),
    };
  }
  // Whether an item is in a list does not depend on its casing.
  const lower = (item: string): string => fold(item).toLowerCase();
  const wanted = wantedPairs(asked.add.map(lower), asked.remove.map(lower), ["in", "out"]);
  return {
    property,
    see: (shown) => {
      const items = itemsOf(shown);
      if (items === undefined) return undefined;
      const held = new Set(items.map(lower));
      return wanted.map(([item]) => [item, held.has(item) ? "in" : "out"]);
    },
    wants: (seen) => JSON.stringify(seen) === JSON.stringify(wanted),
  };
}

/** What is wanted of each item, in one order. */
export function wantedPairs(
  add: readonly string[],
  remove: readonly string[],
  [present, absent]: readonly [string, string],
): readonly (readonly [string, string])[] {
  const wanted = new Map([
    ...add.map((item) => [item, present] as const),
    ...remove.map((item) => [item, absent] as const),
  ]);
  return [...wanted].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Elements of a list as it is shown; null is the empty list, and one text is a list of one. */
export function itemsOf(shown: ExoValue): readonly string[] | undefined {
  if (shown === null || shown === "") return [];
  const elements: readonly ExoValue[] = Array.isArray(shown) ? shown : [shown];
  const items = elements.filter((element) => typeof element === "string");
  return items.length === elements.length ? items : undefined;
}

export function sortedTexts(items: readonly string[]): readonly string[] {
  return [...new Set(items)].sort();
}

function itemsIn(value: ParameterValue): readonly string[] | undefined {
  return isList(value) ? textsIn(value) : textsIn([value]);
}

function textsIn(values: readonly ParameterValue[]): readonly string[] | undefined {
  const items = values.filter((item) => typeof item === "string" && item.trim() !== "");
  return items.length === values.length ? items.map(String) : undefined;
}

function isList(value: ParameterValue): value is readonly ParameterValue[] {
  return Array.isArray(value);
}
