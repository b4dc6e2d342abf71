/** Parameters of a planned write, by their names in lower case: the service does not mind casing (`exo-protocol.md` 4.1). */
import type { ParameterValue, Parameters } from "../job/index.ts";
import { parseFlag, splitList } from "../values.ts";

export type Given = ReadonlyMap<string, ParameterValue>;

/** They change how a write is asked for, and nothing that could be seen afterwards. */
const NOT_SEEN: ReadonlySet<string> = new Set([
  "confirm",
  "whatif",
  "force",
  "verbose",
  "debug",
  "erroraction",
  "warningaction",
  "informationaction",
  "usecustomrouting",
]);

/** @returns undefined when a name is there twice, in two casings: nobody knows which of them counts */
export function givenIn(parameters: Parameters): Given | undefined {
  const given = new Map(
    Object.entries(parameters)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !NOT_SEEN.has(name)),
  );
  const count = Object.keys(parameters).filter((name) => !NOT_SEEN.has(name.toLowerCase())).length;
  return given.size === count ? given : undefined;
}

/** Whether there are no parameters but these. */
export function hasOnly(given: Given, names: readonly string[]): boolean {
  const known = new Set(names.map((name) => name.toLowerCase()));
  return [...given.keys()].every((name) => known.has(name));
}

/** A text that is not empty. */
export function textIn(given: Given, name: string): string | undefined {
  const value = given.get(name.toLowerCase());
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

/** A switch that is on. */
export function isOn(given: Given, name: string): boolean {
  return parseFlag(given.get(name.toLowerCase())) === true;
}

/** A list of words of which all are among `known`, each in the casing it has there. Undefined for an empty one, or another word. */
export function wordsIn(given: Given, name: string, known: readonly string[]): readonly string[] | undefined {
  const words = splitList(given.get(name.toLowerCase()));
  const found = words.map((word) => known.find((one) => one.toLowerCase() === word.toLowerCase()));
  const sure = found.filter((word) => word !== undefined);
  return sure.length > 0 && sure.length === words.length ? [...new Set(sure)].sort() : undefined;
}
