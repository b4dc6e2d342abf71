/** Reads parameters the way the service binds them: lenient with types, strict with names (exo-protocol.md 4.5). */
import type { CmdletFailure, CmdletRequest } from "../cmdlet.ts";
import type { Model } from "../organisation/model.ts";

/** Ends a cmdlet with a failure in the service's words. */
export class Refusal extends Error {
  readonly failure: CmdletFailure;

  constructor(failure: CmdletFailure) {
    super(`${failure.kind}: ${failure.subject}`);
    this.failure = failure;
  }
}

/** The text of a parameter: `undefined` when it is absent, empty when it is null. Numbers and flags become text. */
export function textOf(request: CmdletRequest, name: string): string | undefined {
  const key = name.toLowerCase();
  if (!request.parameters.has(key)) return undefined;
  const value = request.parameters.get(key);
  return Array.isArray(value) ? value.map(asText).join(",") : asText(value);
}

/** A switch: on by `true` or the word. */
export function isOn(request: CmdletRequest, name: string): boolean {
  return textOf(request, name)?.toLowerCase() === "true";
}

/** The texts of a list parameter: an array, or one text with commas. */
export function listOf(request: CmdletRequest, name: string): readonly string[] | undefined {
  const value = request.parameters.get(name.toLowerCase());
  if (value === undefined || value === null) return undefined;
  const items = Array.isArray(value) ? value.map(asText) : asText(value).split(",");
  return items.map((item) => item.trim()).filter((item) => item !== "");
}

/** An enum type of the service. */
export interface EnumType {
  readonly type: string;
  readonly members: readonly string[];
}

/**
 * Members named by an enum parameter; `undefined` when it is absent. The beginning of a member is taken for it.
 * @throws {Refusal} when a value is no member, or the beginning of none
 */
export function membersOf(
  model: Model,
  request: CmdletRequest,
  name: string,
  enumType: EnumType,
): readonly string[] | undefined {
  return listOf(request, name)?.map((value) => memberOf(model, name, value, enumType));
}

/** @throws {Refusal} when the value is no member, or the beginning of none */
export function memberOf({ plan }: Model, name: string, value: string, { type, members }: EnumType): string {
  const wanted = value.toLowerCase();
  const isPrefix = (member: string): boolean => member.toLowerCase().startsWith(wanted);
  const member =
    members.find((known) => known.toLowerCase() === wanted) ??
    (plan.quirk("enum-prefixes") ? members.find(isPrefix) : undefined);
  if (member === undefined)
    throw new Refusal({ kind: "bad-enum", subject: name, enumeration: { value, type, members } });
  return member;
}

/** @throws {Refusal} when a parameter without which no parameter set fits is missing */
export function required(request: CmdletRequest, name: string): string {
  const value = textOf(request, name) ?? "";
  if (value === "") throw new Refusal({ kind: "missing-identity", subject: name });
  return value;
}

export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
}
