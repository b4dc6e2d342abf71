/** A `Get-EXO*` call as an address of the service (`exo-protocol.md` 1.4), and the refusal of one that would mean something else than it says. */
import type { ExoRow, ParameterValue, Parameters } from "../job/index.ts";
import { checkNaming, nameForPeople } from "./encode.ts";
import { ExoError } from "./errors.ts";
import { PAGE_ROWS } from "./limits.ts";
import { odataFilter } from "./odata-filter.ts";
import {
  FOLDER_SCOPES,
  MINIMUM_STATISTICS,
  parametersOf,
  type ResourceEntry,
  resourceEntry,
} from "./resource-table.ts";
import { pickProperties, unfoldPermissions, unfoldRecipient } from "./resource-rows.ts";

export interface Resource {
  /** Below the tenant: `Mailbox('…')/MailboxPermission`, escaped. */
  readonly path: string;
  /** Empty, or with its question mark. */
  readonly query: string;
  /** `one`: a single thing; `part`: a collection that belongs to one object; `listing`: the set itself. */
  readonly kind: "one" | "part" | "listing";
  /** A row of the reply as rows that PowerShell would show. */
  readonly unfold: (row: ExoRow) => readonly ExoRow[];
}

type Refuse = (cause: string) => never;
/** Parameters by lower-case name. */
type Given = ReadonlyMap<string, ParameterValue>;

/**
 * @param select only these properties, where the caller wants no others
 * @returns undefined for a cmdlet of the service
 * @throws {ExoError} `refused-here`
 */
export function resourceOf(
  cmdlet: string,
  parameters: Parameters,
  select: readonly string[],
): Resource | undefined {
  const entry = resourceEntry(cmdlet);
  if (entry === undefined) return undefined;
  const refuse: Refuse = (cause) => {
    throw new ExoError(`Cannot send ${entry.cmdlet}: ${cause}`, {
      cmdlet,
      kind: "refused-here",
      remedy: "give-up",
    });
  };
  const given = known(entry, parameters, refuse);
  const size = resultSize(given, refuse);
  const object = objectOf(entry, given, refuse);
  if (object === undefined && !entry.lists && !given.has("exchangeguid"))
    refuse(`it needs one of ${entry.names.join(", ")}`);
  switch (entry.of) {
    case "":
      return entity(entry, given, object, size, select, refuse);
    case "permissions":
      return entry.set === "Recipient"
        ? recipientPermissions(cmdlet, object, select)
        : mailboxPermissions(entry, given, object, select, refuse);
    case "statistics":
      return statistics(entry, given, object, select, refuse);
    case "folders":
      return folders(given, object, select, refuse);
    case "folder-permissions":
      return folderPermissions(entry, given, object, select, refuse);
    case "devices":
      return {
        path: `Mailbox(${key(object ?? "")})/MobileDevice/Exchange.GetMobileDeviceStatistics()`,
        query: "?isEncoded=true",
        kind: "part",
        unfold: pickProperties([...select, ...properties(given, refuse)]),
      };
  }
}

/** The mailbox, client access mailbox or recipient itself, or all of them. */
function entity(
  entry: ResourceEntry,
  given: Given,
  object: string | undefined,
  size: number | undefined,
  select: readonly string[],
  refuse: Refuse,
): Resource {
  const sets = propertySets(entry, given, refuse);
  const wanted = [...select, ...properties(given, refuse)];
  // The module always asks for the minimum besides; who selects wants nothing besides.
  const minimum = select.length === 0 && !sets.includes("All") ? ["Minimum"] : [];
  const asked = [...new Set([...minimum, ...sets])];
  const filter = textOf(given, "filter", refuse);
  return {
    path: object === undefined ? entry.set : `${entry.set}(${key(object)})`,
    query: query([
      ...(object === undefined ? [] : [["isEncoded", "true"] as const]),
      ...(asked.length === 0 ? [] : [["PropertySet", asked.join(",")] as const]),
      ...(wanted.length === 0 ? [] : [["$select", [...new Set(wanted)].join(",")] as const]),
      ...options(entry, given, refuse),
      ...(filter === undefined ? [] : [["$filter", odataFilter(filter, refuse)] as const]),
      ...(object === undefined && size !== undefined && size <= PAGE_ROWS
        ? [["$top", String(size)] as const]
        : []),
    ]),
    kind: object === undefined ? "listing" : "one",
    unfold: (row) => [row],
  };
}

function mailboxPermissions(
  entry: ResourceEntry,
  given: Given,
  object: string | undefined,
  select: readonly string[],
  refuse: Refuse,
): Resource {
  const pick = pickProperties(select);
  return {
    path: `Mailbox(${key(object ?? "")})/MailboxPermission`,
    query: query([["isEncoded", "true"], ...options(entry, given, refuse)]),
    kind: "part",
    unfold: (row) => unfoldPermissions(row).flatMap(pick),
  };
}

/** Send As: read with the recipient, or with all of them. */
function recipientPermissions(
  cmdlet: string,
  object: string | undefined,
  select: readonly string[],
): Resource {
  const pick = pickProperties(select);
  const expand = ["$expand", "RecipientPermission"] as const;
  return {
    path: object === undefined ? "Recipient" : `Recipient(${key(object)})`,
    query: object === undefined ? query([expand]) : query([expand, ["isEncoded", "true"]]),
    kind: object === undefined ? "listing" : "one",
    unfold: (row) => {
      const permissions = unfoldRecipient(row);
      if (permissions !== undefined) return permissions.flatMap(pick);
      throw new ExoError(`Cannot use the answer of ${cmdlet}: it lacks the permissions that were asked for`, {
        cmdlet,
        kind: "malformed",
        remedy: "give-up",
      });
    },
  };
}

/** Everything that comes, unless less is asked for. */
function statistics(
  entry: ResourceEntry,
  given: Given,
  object: string | undefined,
  select: readonly string[],
  refuse: Refuse,
): Resource {
  const sets = propertySets(entry, given, refuse);
  const least = sets.includes("Minimum") && !sets.includes("All") ? MINIMUM_STATISTICS : [];
  const wanted = [...select, ...least, ...properties(given, refuse)];
  const unfold = pickProperties(sets.includes("All") ? select : wanted);
  const mailbox = textOf(given, "exchangeguid", refuse);
  const database = textOf(given, "databaseguid", refuse);
  if (mailbox === undefined && database === undefined)
    return {
      path: `Mailbox(${key(object ?? "")})/Exchange.GetMailboxStatistics()`,
      query: "?isEncoded=true",
      kind: "one",
      unfold,
    };
  if (object !== undefined) refuse("name the mailbox once: by ExchangeGuid and DatabaseGuid, or by a name");
  if (mailbox === undefined || database === undefined || !isGuid(mailbox) || !isGuid(database))
    return refuse("ExchangeGuid and DatabaseGuid go together, and both are GUIDs");
  return {
    path: `Mailbox/Exchange.GetMailboxStatisticsV2(mailboxGuid=${mailbox},databaseGuid=${database})`,
    query: "",
    kind: "one",
    unfold,
  };
}

function folders(
  given: Given,
  object: string | undefined,
  select: readonly string[],
  refuse: Refuse,
): Resource {
  const wanted = textOf(given, "folderscope", refuse) ?? "All";
  const scope = FOLDER_SCOPES.find((word) => word.toLowerCase() === wanted.toLowerCase());
  if (scope === undefined) refuse(`FolderScope is one of ${FOLDER_SCOPES.join(", ")}`);
  return {
    path: `Mailbox(${key(object ?? "")})/MailboxFolder/Exchange.GetMailboxFolderStatistics(folderscope=Exchange.ElcFolderType'${scope}')`,
    query: "?isEncoded=true",
    kind: "part",
    unfold: pickProperties([...select, ...properties(given, refuse)]),
  };
}

/** `mailbox:\Calendar`, or `mailbox:` and a FolderId; without either it is the root. */
function folderPermissions(
  entry: ResourceEntry,
  given: Given,
  object: string | undefined,
  select: readonly string[],
  refuse: Refuse,
): Resource {
  const [, mailbox = "", folder = ""] = /^([^:]*)(?::(.*))?$/s.exec(object ?? "") ?? [];
  checkNaming("Identity", mailbox, refuse);
  return {
    path: `Mailbox(${key(mailbox)})/MailboxFolder(${key(folder || "\\")})/MailboxFolderPermission`,
    query: query([
      ["IsUsingMailboxFolderId", "true"],
      ["isEncoded", "true"],
      ...options(entry, given, refuse),
    ]),
    kind: "part",
    unfold: pickProperties(select),
  };
}

/** Base64 of the UTF-8 text, so that no character of an identity means anything in an address. */
function key(identity: string): string {
  return `'${encodeURIComponent(Buffer.from(identity, "utf8").toString("base64")).replaceAll("%3D", "=")}'`;
}

/** Parameters by lower-case name, all of them such as the cmdlet has. */
function known(entry: ResourceEntry, parameters: Parameters, refuse: Refuse): Given {
  const names = parametersOf(entry);
  const given = new Map<string, ParameterValue>();
  for (const [name, value] of Object.entries(parameters)) {
    const lower = name.toLowerCase();
    // A switch of the PowerShell module for itself, as for other cmdlets.
    if (lower === "usecustomrouting") continue;
    if (!names.some((one) => one.toLowerCase() === lower))
      refuse(`it has no parameter "${nameForPeople(name)}"; it takes ${names.join(", ")}`);
    if (given.has(lower)) refuse(`${nameForPeople(name)} is given twice`);
    given.set(lower, value);
  }
  return given;
}

/** What the call is about; undefined when it is about the whole set. */
function objectOf(entry: ResourceEntry, given: Given, refuse: Refuse): string | undefined {
  const named = entry.names.filter((name) => given.has(name.toLowerCase()));
  const [name, ...more] = named;
  if (name === undefined) return undefined;
  if (more.length > 0) refuse(`${named.join(" and ")} name the same thing twice`);
  checkNaming(name, given.get(name.toLowerCase()) ?? null, refuse);
  const text = textOf(given, name.toLowerCase(), refuse);
  if (given.has("anr")) refuse(`Anr searches, and ${name} names one: give one of them`);
  return text;
}

function textOf(given: Given, name: string, refuse: Refuse): string | undefined {
  const value = given.get(name);
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value.trim() === "" || !value.isWellFormed())
    return refuse(`${name} is not a text`);
  return value;
}

/** A list, or one text with commas. */
function wordsOf(given: Given, name: string, refuse: Refuse): readonly string[] {
  const value = given.get(name);
  if (value === undefined) return [];
  const list: readonly ParameterValue[] = Array.isArray(value) ? value : [value];
  return list.flatMap((word) =>
    typeof word === "string"
      ? word.split(",").map((part) => part.trim())
      : refuse(`${name} is a list of words`),
  );
}

function properties(given: Given, refuse: Refuse): readonly string[] {
  const names = wordsOf(given, "properties", refuse);
  if (!names.every((name) => /^\w{1,100}$/.test(name))) refuse("a name in Properties is no property name");
  return names;
}

function propertySets(entry: ResourceEntry, given: Given, refuse: Refuse): readonly string[] {
  const sets = entry.propertySets ?? [];
  return wordsOf(given, "propertysets", refuse).map((word) => {
    const set = sets.find((one) => one.toLowerCase() === word.toLowerCase());
    return set ?? refuse(`it has no property set "${nameForPeople(word)}"; there are ${sets.join(", ")}`);
  });
}

type Option = readonly [name: string, value: string];

function options(entry: ResourceEntry, given: Given, refuse: Refuse): readonly Option[] {
  return Object.entries(entry.options).flatMap(([name, kind]): Option[] => {
    const value = given.get(name.toLowerCase());
    if (value === undefined) return [];
    if (kind === "switch") {
      if (typeof value !== "boolean") return refuse(`${name} is true or false`);
      return value ? [[name, "true"]] : [];
    }
    if (kind === "types") {
      const types = wordsOf(given, name.toLowerCase(), refuse);
      if (!types.every((type) => /^\w{1,60}$/.test(type))) refuse(`a value of ${name} is no word`);
      return [[name, types.join(",")]];
    }
    const text = textOf(given, name.toLowerCase(), refuse) ?? "";
    if (kind === "search" && text.trim().length < 3) refuse(`${name} needs three characters or more`);
    return [[name, text]];
  });
}

/** @returns undefined for all rows */
function resultSize(given: Given, refuse: Refuse): number | undefined {
  const value = given.get("resultsize");
  if (value === undefined || (typeof value === "string" && value.toLowerCase() === "unlimited"))
    return undefined;
  const size = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 1)
    return refuse("ResultSize is a whole number from 1 on, or Unlimited");
  return size;
}

function query(options: readonly Option[]): string {
  const pairs = options.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
