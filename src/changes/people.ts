/**
 * Properties that hold recipients. They are sent by any identity and shown by a name or an id of the service's choice (`exo-protocol.md` 10.2), so
 * each one a write names is looked up, and what is shown is compared with all that it is known by.
 */
import type { ExoRow, ExoValue, ParameterValue } from "../job/index.ts";
import { askedOf, itemsOf, sortedTexts } from "./lists.ts";
import type { Look } from "./recipe.ts";
import type { Part } from "./part.ts";

/** Each of these belongs to one recipient only. */
const KEYS = [
  "Identity",
  "Id",
  "Name",
  "Alias",
  "Guid",
  "ExchangeGuid",
  "ExternalDirectoryObjectId",
  "DistinguishedName",
  "LegacyExchangeDN",
  "PrimarySmtpAddress",
  "WindowsLiveID",
  "SamAccountName",
  "EmailAddresses",
];

const NO_ID = "00000000-0000-0000-0000-000000000000";

/** Asks who is meant. */
export function lookUp(identity: string): Look {
  return { cmdlet: "Get-Recipient", parameters: { Identity: identity }, select: [...KEYS, "DisplayName"] };
}

/** `maybe`: shown by a display name, which others may have too. */
type Held = "yes" | "no" | "maybe";

export function people(property: string, value: ParameterValue): Part | undefined {
  const asked = askedOf(value);
  if (asked === undefined) return undefined;
  const named = asked.is === "whole" ? asked.items : [...asked.add, ...asked.remove];
  const identities = sortedTexts(named.map((name) => name.trim().toLowerCase()));
  const removed = new Set(asked.is === "whole" ? [] : asked.remove.map((name) => name.trim().toLowerCase()));
  const isWhole = asked.is === "whole";
  return {
    property,
    people: identities,
    see: (shown, found) => {
      const items = itemsOf(shown)?.map((item) => item.trim().toLowerCase());
      if (items === undefined) return undefined;
      const known = identities.map((identity, nth) => keysOf(identity, found[nth]));
      const held = identities.map((identity, nth) => [identity, heldIn(items, known[nth])]);
      // Whoever else is on the list concerns only a write that replaces all of it.
      const others = items.filter((item) => known.every((keys) => heldIn([item], keys) === "no"));
      return isWhole ? { held, others: sortedTexts(others) } : { held };
    },
    wants: (seen) => {
      const held = identities.map((identity) => [identity, removed.has(identity) ? "no" : "yes"]);
      return JSON.stringify(seen) === JSON.stringify(isWhole ? { held, others: [] } : { held });
    },
  };
}

/** A property with one recipient; null for none. */
export function person(property: string, value: ParameterValue): Part | undefined {
  return value === null || typeof value === "string" ? people(property, value) : undefined;
}

interface Keys {
  readonly sure: ReadonlySet<string>;
  readonly displayName: string;
}

function keysOf(identity: string, row: ExoRow | undefined): Keys {
  // Nobody answers to it any more: the property keeps the words it was given.
  if (row === undefined) return { sure: new Set([identity]), displayName: "" };
  const sure = KEYS.flatMap((name) => textsOf(row[name])).flatMap((text) => [
    text,
    text.replace(/^[a-z0-9]+:/, ""),
  ]);
  return {
    sure: new Set(sure.filter((text) => text !== NO_ID)),
    displayName: textsOf(row["DisplayName"])[0] ?? "",
  };
}

function heldIn(items: readonly string[], keys: Keys | undefined): Held {
  if (keys === undefined) return "no";
  if (items.some((item) => keys.sure.has(item))) return "yes";
  return keys.displayName !== "" && items.includes(keys.displayName) ? "maybe" : "no";
}

function textsOf(value: ExoValue | undefined): readonly string[] {
  const values: readonly (ExoValue | undefined)[] = Array.isArray(value) ? value : [value];
  return values
    .filter((text) => typeof text === "string")
    .map((text) => text.trim().toLowerCase())
    .filter((text) => text !== "");
}
