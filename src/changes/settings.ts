/** The recipe for every cmdlet that sets properties of a mailbox: reads the same properties back, each compared by its kind. */
import { type SettingEntry, type SettingKind, settingsOf } from "../exo/index.ts";
import type { ExoRow, ExoValue, Mailbox, ParameterValue, Parameters } from "../job/index.ts";
import { addresses } from "./addresses.ts";
import { type Given, isOn } from "./given.ts";
import { texts } from "./lists.ts";
import { type Part, scalar } from "./part.ts";
import { lookUp, people, person } from "./people.ts";
import type { Recipe, Seeing } from "./recipe.ts";
import { onlyRow, property, rowsOf, unusable } from "./rows.ts";
import { CANONICAL, TYPE_DETAILS } from "./scalars.ts";

/** @returns undefined when one of the parameters has no readable counterpart, or a value that cannot be compared */
export function settings(cmdlet: string, given: Given, mailbox: Mailbox): Recipe | undefined {
  const entry = settingsOf(cmdlet);
  const shownBy = entry?.shownBy;
  if (entry === undefined || shownBy === undefined) return undefined;
  const kinds = new Map(
    Object.entries(entry.settings).map(([name, kind]) => [name.toLowerCase(), { name, kind }]),
  );
  const parts: Part[] = [];
  for (const [name, value] of given) {
    if (entry.besides?.some((known) => known.toLowerCase() === name)) continue;
    const setting = kinds.get(name);
    const part = setting && partOf(setting.name, setting.kind, value);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  if (parts.length === 0) return undefined;
  parts.sort((one, other) => (one.property < other.property ? -1 : 1));
  const identities = [...new Set(parts.flatMap((part) => part.people ?? []))];
  return {
    looks: [
      {
        cmdlet: shownBy,
        parameters: kindOf(entry, given, mailbox),
        select: parts.map((part) => part.property),
      },
      ...identities.map(lookUp),
    ],
    see: ([reply, ...found]) => {
      const row = onlyRow(shownBy, reply);
      const whoIs = new Map(identities.map((identity, nth) => [identity, recipientIn(found[nth])]));
      return parts.map((part) => seen(shownBy, part, row, whoIs));
    },
    wants: (state) =>
      Array.isArray(state) &&
      state.length === parts.length &&
      parts.every((part, nth) => wantsPart(part, state[nth])),
  };
}

function partOf(
  name: string,
  kind: SettingKind | `${SettingKind}?`,
  value: ParameterValue,
): Part | undefined {
  const clears = kind.endsWith("?");
  switch (kind.replace("?", "") as SettingKind) {
    case "unseen":
      return undefined;
    case "text":
      return scalar(name, CANONICAL.text(value), CANONICAL.text);
    case "exact":
      return value === null ? undefined : scalar(name, CANONICAL.text(value), CANONICAL.text);
    case "html":
      return scalar(name, CANONICAL.html(value), CANONICAL.html);
    case "flag":
      // Null is a state of its own: what the organisation says, holds.
      if (!clears) return scalar(name, CANONICAL.flag(value), CANONICAL.flag);
      return scalar(name, flagOrNone(value), flagOrNone);
    case "word":
      return value === null && !clears ? undefined : scalar(name, CANONICAL.word(value), CANONICAL.word);
    case "name":
      return value === null && !clears ? undefined : scalar(name, CANONICAL.name(value), CANONICAL.name);
    case "number":
      return value === null && !clears ? undefined : scalar(name, CANONICAL.number(value), CANONICAL.number);
    case "time":
      return value === null && !clears ? undefined : scalar(name, CANONICAL.time(value), CANONICAL.time);
    case "address":
      return value === null && !clears
        ? undefined
        : scalar(name, CANONICAL.address(value), CANONICAL.address);
    case "size":
      return scalar(name, CANONICAL.size(value), CANONICAL.size);
    case "span":
      return scalar(name, CANONICAL.span(value), CANONICAL.span);
    case "type":
      return scalar("RecipientTypeDetails", TYPE_DETAILS.get(CANONICAL.type(value) ?? ""), CANONICAL.type);
    case "texts":
      return texts(name, value, (item) => item);
    case "words":
      return texts(name, value, (item) => item.trim().toLowerCase());
    case "addresses":
      return addresses(name, value);
    case "person":
      return value === null && !clears ? undefined : person(name, value);
    case "people":
      return people(name, value);
  }
}

function flagOrNone(value: ExoValue | ParameterValue): ExoValue | undefined {
  return value === null ? "unset" : CANONICAL.flag(value);
}

/** @throws {UnusableReply} */
function seen(
  cmdlet: string,
  part: Part,
  row: ExoRow,
  whoIs: ReadonlyMap<string, ExoRow | undefined>,
): ExoValue {
  const found = (part.people ?? []).map((identity) => whoIs.get(identity));
  const state = part.see(property(cmdlet, row, part.property), found);
  return [part.property, state ?? unusable(cmdlet, `its ${part.property} cannot be read`)];
}

function wantsPart(part: Part, state: ExoValue | undefined): boolean {
  return Array.isArray(state) && state[0] === part.property && state[1] !== undefined && part.wants(state[1]);
}

/** @throws {UnusableReply} when the identity means several */
function recipientIn(reply: Seeing | undefined): ExoRow | undefined {
  return reply === "gone" || rowsOf("Get-Recipient", reply).length === 0
    ? undefined
    : onlyRow("Get-Recipient", reply);
}

function kindOf({ besides = [] }: SettingEntry, given: Given, mailbox: Mailbox): Parameters {
  const isOfGroup = isOn(given, "GroupMailbox") || mailbox.type === "group";
  return isOfGroup && besides.includes("GroupMailbox") ? { GroupMailbox: true } : {};
}
