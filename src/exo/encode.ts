/** A call as the service wants it (`exo-protocol.md` 4), and the refusal of calls that would mean something else than they say. */
import type { ParameterValue, Parameters } from "../job/index.ts";
import { ExoError } from "./errors.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Body of one call. */
export interface CmdletInput {
  readonly CmdletInput: {
    readonly CmdletName: string;
    readonly Parameters: { readonly [key: string]: Json };
  };
}

const HASHTABLE = "#Exchange.GenericHashTable";
const HASHTABLES = "#Collection(Exchange.GenericHashTable)";
const TYPE = "@odata.type";

/** Parameters that name what a cmdlet acts on. Empty ones would mean every object of the tenant (`exo-protocol.md` 4.5). */
const NAMING =
  /^(identity|mailbox|user|trustee|member|externaldirectoryobjectid|exchangeguid|mailboxguid|userprincipalname|primarysmtpaddress)$/;

/** Filters in which the service knows `'True'` but not `$true`; `exo-protocol.md` 4.2. */
const FILTER = /^(recipient|recipientpreview)?filter$/;

/** @throws {ExoError} `refused-here` */
export function encodeCall(cmdlet: string, parameters: Parameters): CmdletInput {
  const refuse: Refuse = (cause) => {
    throw new ExoError(`Cannot send ${nameForPeople(cmdlet)}: ${cause}`, {
      cmdlet,
      kind: "refused-here",
      remedy: "give-up",
    });
  };
  if (!/^[a-z]{2,40}-[a-z0-9]{2,80}$/i.test(cmdlet)) refuse("expected a cmdlet name such as Get-Mailbox");
  const encoded: Record<string, Json> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const lower = name.toLowerCase();
    if (!/^[a-z][a-z0-9]{0,99}$/.test(lower)) refuse(`"${nameForPeople(name)}" is no parameter name`);
    if (NAMING.test(lower)) checkNaming(name, value, refuse);
    // A switch of the PowerShell module for itself; the anchor does its work here (`exo-protocol.md` 3.2).
    if (lower === "usecustomrouting") continue;
    const sent = FILTER.test(lower) && typeof value === "string" ? quoteBooleans(value) : value;
    if (isHashtableList(sent)) encoded[`${name}${TYPE}`] = HASHTABLES;
    encoded[name] = encodeValue(sent, name, refuse, 0);
  }
  return { CmdletInput: { CmdletName: cmdlet, Parameters: encoded } };
}

type Refuse = (cause: string) => never;

function encodeValue(value: ParameterValue, name: string, refuse: Refuse, depth: number): Json {
  if (depth > 16) return refuse(`the value of ${name} is nested too deeply`);
  if (typeof value === "string") {
    return value.isWellFormed() ? value : refuse(`the value of ${name} is not valid Unicode`);
  }
  if (typeof value === "number") {
    const exact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    return exact ? value : refuse(`the value of ${name} is not a number that can be sent exactly`);
  }
  if (value === null || typeof value === "boolean") return value;
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) return refuse(`the value of ${name} is not a date`);
    return value.toISOString().replace(/Z$/, "0000Z");
  }
  if (isList(value)) {
    // The members of a collection take their type from its annotation.
    return value.map((element) =>
      isHashtable(element)
        ? encodeTable(element, name, refuse, depth)
        : encodeValue(element, name, refuse, depth + 1),
    );
  }
  if (!isHashtable(value)) return refuse(`the value of ${name} is of no kind that can be sent`);
  return { [TYPE]: HASHTABLE, ...encodeTable(value, name, refuse, depth) };
}

function encodeTable(
  table: { readonly [key: string]: ParameterValue },
  name: string,
  refuse: Refuse,
  depth: number,
): { [key: string]: Json } {
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(table)) {
    if (!key.isWellFormed() || key === "__proto__") refuse(`a key in ${name} cannot be sent`);
    if (isHashtableList(value)) entries.push([`${key}${TYPE}`, HASHTABLES]);
    entries.push([key, encodeValue(value, name, refuse, depth + 1)]);
  }
  return Object.fromEntries(entries);
}

/** Spaces, and what looks like nothing: control characters, zero-width characters, byte order marks. */
const NOTHING = /^[\s\p{Cc}\p{Cf}]*$/u;
const ZERO_GUID = "00000000-0000-0000-0000-000000000000";

/** Refuses what would name nothing, many, or everything. */
export function checkNaming(name: string, value: ParameterValue, refuse: Refuse): void {
  if (Array.isArray(value)) {
    if (value.length === 0) refuse(`${name} is an empty list, which would mean every object of the tenant`);
    for (const element of value) checkNaming(name, element, refuse);
    return;
  }
  if (typeof value === "number" || typeof value === "boolean") return;
  if (typeof value !== "string")
    return refuse(`${name} is empty, which would mean every object of the tenant`);
  if (NOTHING.test(value)) refuse(`${name} is empty, which would mean every object of the tenant`);
  if (value.includes("*")) refuse(`${name} holds a wildcard, which would mean many objects`);
  if (value === ZERO_GUID) refuse(`${name} is the GUID that names nothing`);
}

function quoteBooleans(filter: string): string {
  return filter.replace(/\$(true|false)\b/gi, (_, word: string) =>
    word.toLowerCase() === "true" ? "'True'" : "'False'",
  );
}

function isList(value: ParameterValue): value is readonly ParameterValue[] {
  return Array.isArray(value);
}

function isHashtable(value: ParameterValue): value is { readonly [key: string]: ParameterValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function isHashtableList(value: ParameterValue): boolean {
  return isList(value) && value.length > 0 && value.every(isHashtable);
}

/** Short and printable: the text came from outside. */
export function nameForPeople(text: string): string {
  return text.replace(/[^\w .-]/g, "?").slice(0, 60);
}
