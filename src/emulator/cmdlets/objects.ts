/** Which objects a reading cmdlet is about: those an identity means, or all of its kinds that pass its filters. */
import type { CmdletRequest, RowSource, WireRow } from "../cmdlet.ts";
import type { Kind, Range } from "../organisation/census.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { type Columns, Seen } from "./columns.ts";
import { listing, rowsOf } from "./listing.ts";
import { type Filter, equalities, parseFilter, passes } from "./opath.ts";
import { Refusal, textOf } from "./parameters.ts";

/** Properties whose value is an identity, so that a filter for one value need not look at every object. */
const INDEXED = new Set(
  [
    "Guid",
    "ExchangeGuid",
    "ExternalDirectoryObjectId",
    "UserPrincipalName",
    "PrimarySmtpAddress",
    "WindowsEmailAddress",
    "EmailAddresses",
    "Alias",
    "Name",
    "DisplayName",
    "DistinguishedName",
    "LegacyExchangeDN",
    "SamAccountName",
    "Sid",
  ].map((name) => name.toLowerCase()),
);

export interface Choice {
  readonly kinds: readonly Kind[];
  /** Narrows the kinds further. */
  readonly accept?: (recipient: Recipient) => boolean;
  readonly columns: Columns;
  /** Rows of one object; its row of `columns` when absent. */
  readonly rows?: (seen: Seen) => readonly WireRow[];
}

const MIXED: readonly Kind[] = ["user", "shared", "room", "equipment"];

/**
 * Rows of the objects a request asks for. An absent, null or empty identity asks for all.
 * @throws {Refusal} when an identity means nothing of these kinds, or a filter is not OPATH
 */
export function objectsOf(model: Model, request: CmdletRequest, choice: Choice): RowSource {
  const make = choice.rows ?? ((seen: Seen) => [choice.columns.row(seen)]);
  const isWanted = wantedBy(request, choice);
  const filter = filterOf(request, choice.columns);
  const rowsFor = (recipient: Recipient): readonly WireRow[] => {
    if (!isWanted(recipient)) return [];
    const seen = new Seen(model, request, recipient);
    return filter === undefined || passes(filter, (name) => choice.columns.value(seen, name))
      ? make(seen)
      : [];
  };

  const identity = textOf(request, "Identity") ?? "";
  if (identity !== "" && !identity.includes("*")) {
    const found = model.directory.find(identity).filter(isWanted);
    if (found.length === 0) throw new Refusal({ kind: "not-found", subject: identity });
    return rowsOf(found.flatMap(rowsFor));
  }
  const few = filter && indexedObjects(model, filter);
  if (few !== undefined) return rowsOf(few.flatMap(rowsFor));
  const ranges = rangesOf(model, choice.kinds);
  return listing(ranges, (index) => rowsFor(model.directory.at(index)));
}

/**
 * The one mailbox an identity means.
 * @throws {Refusal} when it is missing, means nothing, or means several
 */
export function oneObject(
  model: Model,
  identity: string | undefined,
  isWanted: (recipient: Recipient) => boolean,
  notFound: "not-found" | "argument-not-found" = "not-found",
): Recipient {
  if (identity === undefined || identity === "")
    throw new Refusal({ kind: "missing-identity", subject: "Identity" });
  const [first, ...others] = model.directory.find(identity).filter(isWanted);
  if (first === undefined) throw new Refusal({ kind: notFound, subject: identity });
  if (others.length > 0 && model.plan.quirk("ambiguous-identity"))
    throw new Refusal({ kind: "ambiguous", subject: identity });
  return first;
}

/** Ranges of objects in which a set of kinds is found, in order. */
export function rangesOf({ plan }: Model, kinds: readonly Kind[]): Range[] {
  const ranges = kinds.some((kind) => MIXED.includes(kind)) ? [plan.census.mailboxes] : [];
  for (const kind of kinds)
    if (kind !== "user" && kind !== "shared" && kind !== "room" && kind !== "equipment")
      ranges.push(plan.census.range(kind));
  return ranges.toSorted((one, other) => one.first - other.first);
}

function wantedBy(
  request: CmdletRequest,
  { kinds, accept = () => true }: Choice,
): (recipient: Recipient) => boolean {
  const wanted = new Set(kinds);
  const anr = textOf(request, "Anr")?.toLowerCase();
  const wildcard = textOf(request, "Identity")?.toLowerCase() ?? "";
  const pattern = wildcard.includes("*") ? wildcard.split("*") : undefined;
  return (recipient) =>
    wanted.has(recipient.kind) &&
    accept(recipient) &&
    (anr === undefined || anr === "" || namesOf(recipient).some((name) => name.startsWith(anr))) &&
    (pattern === undefined || namesOf(recipient).some((name) => matches(name, pattern)));
}

/** The names ambiguous name resolution and wildcards look at, in lower case. */
function namesOf(recipient: Recipient): string[] {
  const { displayName, alias, name, primarySmtp } = recipient;
  const words = displayName.split(" ");
  return [displayName, alias, name, primarySmtp, ...words].map((text) => text.toLowerCase());
}

function matches(name: string, [start = "", ...rest]: readonly string[]): boolean {
  if (!name.startsWith(start)) return false;
  let place = start.length;
  for (const [nth, part] of rest.entries()) {
    const found = nth === rest.length - 1 ? name.lastIndexOf(part) : name.indexOf(part, place);
    if (found < place || (nth === rest.length - 1 && found + part.length !== name.length)) return false;
    place = found + part.length;
  }
  return true;
}

function filterOf(request: CmdletRequest, columns: Columns): Filter | undefined {
  const source = textOf(request, "Filter") ?? textOf(request, "RecipientPreviewFilter") ?? "";
  return source.trim() === "" || source.trim() === "*"
    ? undefined
    : parseFilter(source, (name) => columns.has(name));
}

function indexedObjects(model: Model, filter: Filter): readonly Recipient[] | undefined {
  for (const { property, value } of equalities(filter))
    if (INDEXED.has(property.toLowerCase()))
      return model.directory.find(value).toSorted((one, other) => one.index - other.index);
  return undefined;
}
