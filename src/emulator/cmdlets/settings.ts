/** Properties a `Set-` cmdlet changes: how each is read, what an unchanged one says, and which are mastered on premises. */
import type { CmdletAnswer, CmdletRequest, WireValue } from "../cmdlet.ts";
import type { Model } from "../organisation/model.ts";
import type { State } from "../organisation/overlay.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { type Columns, Seen } from "./columns.ts";
import { unchanged } from "./define.ts";
import { type ListKind, textList, updated } from "./multi-valued.ts";
import { oneObject } from "./objects.ts";
import { type EnumType, Refusal, asText, memberOf } from "./parameters.ts";
import { date, flag, int32, none, size, text, texts } from "./wire-values.ts";

/** What a setting is worked out from: the object as it is now. */
export interface Before {
  readonly model: Model;
  readonly seen: Seen;
  readonly columns: Columns;
}

/** @throws {Refusal} when the value does not fit */
type Parse = (value: unknown, parameter: string, before: Before) => WireValue;

export interface Setting {
  readonly parameter: string;
  /** Refused on objects synchronised from on premises (exo-protocol.md 11, quirk 60). */
  readonly isMastered?: boolean;
  /** @throws {Refusal} when the value does not fit */
  change(value: unknown, before: Before): (state: State) => State;
}

/** Applies every setting a request names; a warning when that changes nothing. */
export function applySettings(
  model: Model,
  request: CmdletRequest,
  recipient: Recipient,
  settings: readonly Setting[],
  columns: Columns,
): CmdletAnswer {
  const named = settings.filter(({ parameter }) => request.parameters.has(parameter.toLowerCase()));
  if (
    recipient.dirSynced &&
    model.plan.quirk("dir-synced-refusals") &&
    named.some(({ isMastered }) => isMastered)
  )
    throw new Refusal({ kind: "dir-synced", subject: recipient.identity });
  const seen = new Seen(model, "latest", recipient);
  const changes = named.map((setting) =>
    setting.change(request.parameters.get(setting.parameter.toLowerCase()), { model, seen, columns }),
  );
  const apply = (state: State): State => changes.reduce((changed, change) => change(changed), state);
  if (isSame(seen.state, apply(seen.state), columns, seen))
    return {
      kind: "nothing",
      ...unchanged(
        model,
        `The command completed successfully but no settings of '${recipient.distinguishedName}' have been modified.`,
      ),
    };
  model.overlay.write(recipient.index, request, apply);
  return { kind: "nothing" };
}

/** Sets one property of the same name. */
export function property(parameter: string, parse: Parse, isMastered = false): Setting {
  return {
    parameter,
    isMastered,
    change: (value, before) => setting(parameter, parse(value, parameter, before)),
  };
}

/** A change that writes one property. */
export function setting(name: string, value: WireValue): (state: State) => State {
  return (state) => ({ ...state, set: new Map([...state.set, [name.toLowerCase(), value]]) });
}

export function toFlag(value: unknown, parameter: string): WireValue {
  const word = asText(value).toLowerCase();
  if (word === "true" || word === "false") return flag(word === "true");
  throw badValue(parameter, value, "System.Boolean");
}

/** A flag that may follow the organisation: null. */
export function toNullableFlag(value: unknown, parameter: string): WireValue {
  return value === null ? none() : toFlag(value, parameter);
}

/** A member of an enum. */
export function toMember(type: EnumType): Parse {
  return (value, parameter, { model }) => text(memberOf(model, parameter, asText(value), type));
}

/** A whole number, written as one. */
export function toNumber(value: unknown, parameter: string): WireValue {
  const words = asText(value).trim();
  if (/^-?\d{1,9}$/.test(words)) return int32(Number(words));
  throw badValue(parameter, value, "System.Int32");
}

/** A moment; without a zone it is UTC (exo-protocol.md 4.2). */
export function toDate(value: unknown, parameter: string): WireValue {
  const words = asText(value).trim();
  const isZoned = /(z|[+-]\d\d:?\d\d)$/i.test(words);
  const ms = Date.parse(isZoned ? words : `${words.replace(" ", "T")}${words.includes(":") ? "Z" : ""}`);
  if (Number.isNaN(ms)) throw badValue(parameter, value, "System.DateTime");
  return date(ms);
}

/** A list of which parts can be added and removed. */
export function listProperty(
  parameter: string,
  kindFor: (model: Model) => ListKind<string> = () => textList(parameter),
): Setting {
  return {
    parameter,
    change(value, { model, seen, columns }) {
      const before = columns.value(seen, parameter);
      const after = updated(before?.type === "strings" ? before.value : [], value, kindFor(model));
      return setting(parameter, texts(after));
    },
  };
}

/** A list of somebodies of the tenant, each kept as a name. */
export function recipientList(parameter: string): Setting {
  return listProperty(parameter, (model) => {
    const nameOf = (identity: string): string =>
      oneObject(model, identity, ({ isRecipient }) => isRecipient, "argument-not-found").name;
    return {
      ...textList(parameter),
      parse: nameOf,
      meant: (identity, list) => list.filter((name) => name === nameOf(identity)),
    };
  });
}

export function toText(value: unknown): WireValue {
  return text(asText(value));
}

/** A reference that null clears. */
export function toReference(value: unknown): WireValue {
  const words = asText(value);
  return words === "" ? none() : text(words);
}

const UNITS: Readonly<Record<string, number>> = { B: 0, KB: 1, MB: 2, GB: 3, TB: 4 };

/** `50GB`, `49.5 GB`, a number of bytes, or `Unlimited`. */
export function toQuota(value: unknown, parameter: string): WireValue {
  const words = asText(value).trim();
  if (words.toLowerCase() === "unlimited") return text("Unlimited");
  const [, number, unit = "B"] = /^(\d+(?:\.\d+)?)\s*([KMGT]?B)?(?:\s*\(.*\))?$/i.exec(words) ?? [];
  if (number === undefined) throw badValue(parameter, value, "Microsoft.Exchange.Data.ByteQuantifiedSize");
  return size(Math.round(Number(number) * 1024 ** (UNITS[unit.toUpperCase()] ?? 0)));
}

function badValue(parameter: string, value: unknown, type: string): Refusal {
  return new Refusal({
    kind: "validation",
    subject: parameter,
    detail: `Cannot process argument transformation on parameter '${parameter}'. Cannot convert value "${asText(value)}" to type "${type}".`,
  });
}

function isSame(before: State, after: State, columns: Columns, seen: Seen): boolean {
  if (!sameDelegates(before, after)) return false;
  return [...after.set].every(
    ([name, value]) => before.set.get(name) === value || sameValue(columns.value(seen, name), value),
  );
}

function sameDelegates(before: State, after: State): boolean {
  return (
    before.delegates.length === after.delegates.length &&
    after.delegates.every((delegate) => before.delegates.includes(delegate))
  );
}

function sameValue(one: WireValue | undefined, other: WireValue): boolean {
  if (one === undefined) return other.type === "plain" && other.value === null;
  if (one.type === "strings" && other.type === "strings")
    return (
      one.value.length === other.value.length && one.value.every((item, place) => item === other.value[place])
    );
  if (one.type === "datetime" && other.type === "datetime")
    return one.value.getTime() === other.value.getTime();
  return one.type === other.type && one.value === other.value;
}
