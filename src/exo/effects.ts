/** What a cmdlet does to the tenant, which decides what a lost reply means: read off the tables, and `once` for whatever they do not name. */
import type { ParameterValue, Parameters } from "../job/index.ts";
import { SETTINGS } from "./effects-of-settings.ts";
import { WRITES } from "./effects-of-writes.ts";

export type Effect =
  /** Changes nothing: may be repeated freely. */
  | "read"
  /** Sets values: reading back tells whether it happened, and doing it twice sets the same. */
  | "absolute"
  /** Adds or removes members: reading back tells, and doing it twice is harmless. */
  | "convergent"
  /** Makes something new: doing it twice makes two. It is found by its marker. */
  | "create"
  /** Starts or ends something, or is unknown: never sent again. */
  | "once";

/** Kinds of property; what a value of each looks like when it is sent and when it is read is told apart where they are compared. */
export type SettingKind =
  | "flag"
  | "text"
  /** A text that null does not empty. */
  | "exact"
  /** A text whose casing says nothing: an enumeration, a language. */
  | "word"
  /** A policy or another object of the organisation, shown by its name. */
  | "name"
  | "size"
  | "number"
  | "span"
  | "time"
  | "html"
  /** A list of texts, and one of words. */
  | "texts"
  | "words"
  /** One SMTP address, shown with or without a prefix. */
  | "address"
  | "addresses"
  /** A recipient, and a list of them, shown by a name or an id of the service's choice. */
  | "person"
  | "people"
  /** `Type` of a mailbox, shown as its `RecipientTypeDetails`. */
  | "type"
  /** Nothing shows it in a form that can be compared. */
  | "unseen";

/** One line of the table of effects. */
export interface WriteEntry {
  readonly cmdlet: string;
  readonly effect: Effect;
  /** Why it is of this class. */
  readonly because: string;
  /** Parameters the class was judged with, in any casing; with any other the write happens once. Absent: it holds for all. */
  readonly parameters?: readonly string[];
  /** Parameters that were judged to make it happen once, each with the reason; a switch that is off asks for nothing. */
  readonly once?: Readonly<Record<string, string>>;
  /** Parameter that holds the name by which a created object is found again; without it the write happens once. */
  readonly marker?: string;
}

/** A cmdlet that sets properties: its judged parameters are the properties' names. */
export interface SettingEntry extends Omit<WriteEntry, "effect" | "parameters" | "marker"> {
  /** Reads the properties back, by the same identity; absent where nothing does that for a mailbox. */
  readonly shownBy?: string;
  /** Kind of each property; a `?` behind it: null clears it. */
  readonly settings: Readonly<Record<string, SettingKind | `${SettingKind}?`>>;
  /** Judged parameters that are no properties: they say which object, or whether to ask. */
  readonly besides?: readonly string[];
}

/**
 * Parameters that say nothing of the effect. `Confirm` and `WhatIf` ask only, but nobody promises that every cmdlet listens to them
 * (`exo-protocol.md` 4.4): they do not make a write harmless. `Force` is not here: it answers a question that somebody should have been asked.
 */
const SAY_NOTHING = new Set([
  "identity",
  "confirm",
  "whatif",
  "verbose",
  "debug",
  "erroraction",
  "errorvariable",
  "warningaction",
  "warningvariable",
  "informationaction",
  "informationvariable",
  "outvariable",
  "outbuffer",
  "pipelinevariable",
  "usecustomrouting",
]);

/** Kinds that take `{ add, remove }` in place of a whole value. */
const LISTS: ReadonlySet<string> = new Set(["texts", "words", "addresses", "people", "unseen"]);

/** Both tables, one line a cmdlet. */
export const EFFECTS: readonly WriteEntry[] = [
  ...SETTINGS.map(({ cmdlet, because, once, settings, besides = [] }) => ({
    cmdlet,
    effect: "absolute" as const,
    because,
    parameters: [...Object.keys(settings), ...besides],
    ...(once && { once }),
  })),
  ...WRITES,
];

const ENTRY_OF = new Map(EFFECTS.map((entry) => [entry.cmdlet.toLowerCase(), entry]));
const SETTINGS_OF = new Map(SETTINGS.map((entry) => [entry.cmdlet.toLowerCase(), entry]));

/** @param cmdlet in any casing, as the service takes it (`exo-protocol.md` 4.1) */
export function effectOf(cmdlet: string, parameters: Parameters): Effect {
  const name = cmdlet.toLowerCase();
  if (/^(get|test)-[a-z0-9]+$/.test(name)) return "read";
  const entry = ENTRY_OF.get(name);
  if (entry === undefined || !hasMarker(entry, parameters)) return "once";
  const given = Object.entries(parameters).filter(([key]) => !SAY_NOTHING.has(key.toLowerCase()));
  if (!given.every(([key, value]) => isJudged(entry, key, value))) return "once";
  if (entry.effect !== "absolute") return entry.effect;
  const tables = given.filter(([, value]) => isTable(value));
  if (!tables.every(([key, value]) => takesDelta(name, key) && isDelta(value))) return "once";
  // An empty table sets the empty list.
  return tables.some(([, value]) => Object.keys(value ?? {}).length > 0) ? "convergent" : "absolute";
}

/** The properties a cmdlet sets, where it is one that does. */
export function settingsOf(cmdlet: string): SettingEntry | undefined {
  return SETTINGS_OF.get(cmdlet.toLowerCase());
}

function hasMarker({ marker }: WriteEntry, parameters: Parameters): boolean {
  if (marker === undefined) return true;
  const value = Object.entries(parameters).find(([key]) => isSame(key, marker))?.[1];
  return typeof value === "string" && value.trim() !== "";
}

function isJudged({ parameters, once = {} }: WriteEntry, key: string, value: ParameterValue): boolean {
  if (Object.keys(once).some((known) => isSame(known, key))) return value === false;
  return parameters === undefined || parameters.some((known) => isSame(known, key));
}

function takesDelta(cmdlet: string, key: string): boolean {
  const kinds = Object.entries(SETTINGS_OF.get(cmdlet)?.settings ?? {});
  return kinds.some(([known, kind]) => isSame(known, key) && LISTS.has(kind.replace("?", "")));
}

/** A hashtable; a list and a date are none. */
function isTable(value: ParameterValue): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** `{ add: … }` or `{ remove: … }`: a change of a list, not a new value for it (`exo-protocol.md` 4.3). */
function isDelta(value: ParameterValue): boolean {
  return Object.keys(value ?? {}).every((key) => /^(add|remove)$/i.test(key));
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
