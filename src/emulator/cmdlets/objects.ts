/** Which objects a reading cmdlet is about: those an identity means, or all of its kinds that pass its filters. */
import type { CmdletRequest, RowSource, WireRow } from "../cmdlet.ts";
import type { Range } from "../organisation/census.ts";
import { type Kind, LIVE_MAILBOXES } from "../organisation/kinds.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { type Columns, Seen } from "./columns.ts";
import { listing, rowsOf } from "./listing.ts";
import { matcherFor } from "./name-matching.ts";
import { type Filter, equalities, parseFilter, passes, compareValues } from "./opath.ts";
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

/** Sorting looks at every object, so larger tenants get theirs unsorted. */
const MOST_SORTED = 50_000;

export interface Choice {
  readonly kinds: readonly Kind[];
  /** Narrows the kinds further. */
  readonly accept?: (recipient: Recipient) => boolean;
  /** Values of `RecipientTypeDetails` that are wanted; all when absent. */
  readonly types?: readonly string[] | undefined;
  /** Properties that can be filtered and sorted by, and make the row. */
  readonly columns: Columns;
  /** Rows of one object; its row of `columns` when absent. */
  readonly rows?: (seen: Seen) => readonly WireRow[];
}

/**
 * Rows of the objects a request asks for. An absent, null or empty identity asks for all.
 * @throws {Refusal} when an identity means nothing of these kinds, or a filter is not OPATH
 */
export function objectsOf(model: Model, request: CmdletRequest, choice: Choice): RowSource {
  const { columns } = choice;
  const make = choice.rows ?? ((seen: Seen) => [columns.row(seen, request.select)]);
  const filter = filterOf(request, columns);
  const isNamed = matcherFor(textOf(request, "Identity"), textOf(request, "Anr"));
  const kinds = new Set(choice.kinds);
  const types = choice.types && new Set(choice.types.map((type) => type.toLowerCase()));

  const see = (recipient: Recipient): Seen | undefined => {
    if (model.directory.isRemoved(recipient.index)) return undefined;
    if (!kinds.has(recipient.kind) || choice.accept?.(recipient) === false || !isNamed(recipient))
      return undefined;
    const seen = new Seen(model, request, recipient);
    return types === undefined || types.has(typeOf(seen)) ? seen : undefined;
  };
  const rowsFor = (recipient: Recipient): readonly WireRow[] => {
    const seen = see(recipient);
    if (seen === undefined) return [];
    return filter === undefined || passes(filter, (name) => columns.value(seen, name)) ? make(seen) : [];
  };

  const identity = textOf(request, "Identity") ?? "";
  if (identity !== "" && !identity.includes("*")) {
    const found = model.directory.find(identity).filter((recipient) => see(recipient) !== undefined);
    if (found.length === 0) throw new Refusal({ kind: "not-found", subject: identity });
    return rowsOf(found.flatMap(rowsFor));
  }
  const few = filter && indexedObjects(model, filter);
  if (few !== undefined) return rowsOf(few.flatMap(rowsFor));
  const ranges = rangesOf(model, choice.kinds);
  const sortBy = textOf(request, "SortBy") ?? "";
  const total = ranges.reduce((sum, { first, end }) => sum + end - first, 0);
  if (columns.has(sortBy) && total <= MOST_SORTED)
    return sorted(
      ranges,
      (index) => see(model.directory.at(index)),
      columns,
      sortBy,
      (seen) => rowsFor(seen.recipient),
    );
  return listing(ranges, (index) => rowsFor(model.directory.at(index)));
}

/**
 * Rows about the one mailbox a request names, or about all when it names nothing but says so: null, or an empty text.
 * @param names parameters that may hold the identity
 * @throws {Refusal} when the identity is missing, means nothing, or means several
 */
export function aboutMailbox(
  model: Model,
  request: CmdletRequest,
  names: readonly string[],
  rowsFor: (seen: Seen) => readonly WireRow[],
): RowSource {
  const identity = names.map((name) => textOf(request, name)).find((value) => value !== undefined);
  const rowsAt = (recipient: Recipient): readonly WireRow[] =>
    model.directory.isRemoved(recipient.index) ? [] : rowsFor(new Seen(model, request, recipient));
  if (identity === "" && model.plan.quirk("empty-identity-is-all"))
    return listing(rangesOf(model, LIVE_MAILBOXES), (index) => rowsAt(model.directory.at(index)));
  return rowsOf(rowsAt(oneObject(model, identity, ({ kind }) => LIVE_MAILBOXES.includes(kind))));
}

/**
 * The one object an identity means.
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
function rangesOf({ plan: { census } }: Model, kinds: readonly Kind[]): Range[] {
  return [...new Set(kinds.map((kind) => census.rangeOf(kind)))].toSorted(
    (one, other) => one.first - other.first,
  );
}

function typeOf(seen: Seen): string {
  const written = seen.set.get("recipienttypedetails")?.value;
  return (typeof written === "string" ? written : seen.recipient.typeDetails).toLowerCase();
}

function filterOf(request: CmdletRequest, columns: Columns): Filter | undefined {
  const source = (textOf(request, "Filter") ?? textOf(request, "RecipientPreviewFilter") ?? "").trim();
  return source === "" || source === "*" ? undefined : parseFilter(source, (name) => columns.has(name));
}

function indexedObjects(model: Model, filter: Filter): readonly Recipient[] | undefined {
  for (const { property, value } of equalities(filter))
    if (INDEXED.has(property.toLowerCase()))
      return model.directory.find(value).toSorted((one, other) => one.index - other.index);
  return undefined;
}

function sorted(
  ranges: readonly Range[],
  see: (index: number) => Seen | undefined,
  columns: Columns,
  property: string,
  rowsFor: (seen: Seen) => readonly WireRow[],
): RowSource {
  const all: Seen[] = [];
  for (const { first, end } of ranges)
    for (let index = first; index < end; index++) {
      const seen = see(index);
      if (seen !== undefined) all.push(seen);
    }
  all.sort((one, other) => compareValues(columns.value(one, property), columns.value(other, property)));
  return listing([{ first: 0, end: all.length }], (place) => {
    const seen = all[place];
    return seen === undefined ? [] : rowsFor(seen);
  });
}
