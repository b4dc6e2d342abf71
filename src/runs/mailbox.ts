/** Rows of listings turned into what the manifest and the principal index keep of them. Pure. */
import {
  type ExoRow,
  type ExoValue,
  type GrantorType,
  isGrantorType,
  isList,
  isSoftDeletedId,
  type Mailbox,
  type MailboxType,
  type Principal,
  type PrincipalType,
  recipientKind,
  softDeletedId,
} from "../job/index.ts";
import type { IndexEntry } from "../journal/index.ts";

/** Properties asked for when mailboxes are listed; `exo-protocol.md` 10.2. */
export const MAILBOX_PROPERTIES = [
  "ExchangeGuid",
  "ExternalDirectoryObjectId",
  "Guid",
  "RecipientTypeDetails",
  "PrimarySmtpAddress",
  "DisplayName",
  "UserPrincipalName",
  "Name",
  "Alias",
  "Identity",
  "DistinguishedName",
  "ArchiveGuid",
  "EmailAddresses",
] as const;

/** Properties asked for when a mailbox is looked up by a name: those it may be named by besides. */
export const NAMED_PROPERTIES = [...MAILBOX_PROPERTIES, "SamAccountName"] as const;

/** Properties asked for when principals are listed. */
export const PRINCIPAL_PROPERTIES = [
  "ExternalDirectoryObjectId",
  "Guid",
  "ExchangeGuid",
  "Sid",
  "SidHistory",
  "RecipientTypeDetails",
  "DisplayName",
  "Name",
  "Identity",
  "Alias",
  "EmailAddresses",
  "UserPrincipalName",
  "WindowsEmailAddress",
  "PrimarySmtpAddress",
  "AccountDisabled",
  "UserType",
  "DistinguishedName",
  "WhenSoftDeleted",
] as const;

const TYPE_NAMES: Readonly<Record<MailboxType, string>> = {
  user: "UserMailbox",
  shared: "SharedMailbox",
  room: "RoomMailbox",
  equipment: "EquipmentMailbox",
  scheduling: "SchedulingMailbox",
  group: "GroupMailbox",
};

const ZERO_GUID = "00000000-0000-0000-0000-000000000000";

/** Of an address: `SMTP:`, `smtp:`, `X500:`, … */
const PREFIX = /^\w+:/;
const ADDRESS = /^[^\s/\\=]+@[^\s/\\=]+$/;
const GUID = /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/;

/** The service's names of these types, for `RecipientTypeDetails`. */
export function typeDetails(types: readonly MailboxType[]): string[] {
  return types.map((type) => TYPE_NAMES[type]);
}

/** A listing's row as a mailbox; undefined for a row that has no usable ExchangeGuid. */
export function mailboxFrom(row: ExoRow): Mailbox | undefined {
  const details = text(row["RecipientTypeDetails"]);
  const type = (Object.keys(TYPE_NAMES) as MailboxType[]).find(
    (name) => TYPE_NAMES[name].toLowerCase() === details.toLowerCase(),
  );
  return targetFrom(row, guid(row["ExchangeGuid"]), type ?? "other");
}

/** A row of a listing of other grantors; undefined for a row without its id. */
export function grantorFrom(row: ExoRow, type: GrantorType): Mailbox | undefined {
  return targetFrom(row, guid(row[isList(type) ? "Guid" : "ExchangeGuid"]), type);
}

function targetFrom(row: ExoRow, id: string, type: Mailbox["type"]): Mailbox | undefined {
  if (id === "") return undefined;
  return {
    id,
    objectId: guid(row["ExternalDirectoryObjectId"]),
    type,
    primarySmtp: text(row["PrimarySmtpAddress"]),
    displayName: text(row["DisplayName"]),
    userPrincipalName: text(row["UserPrincipalName"]),
    name: text(row["Name"]),
    alias: text(row["Alias"]),
    identity: text(row["Identity"]),
    distinguishedName: text(row["DistinguishedName"]),
    guid: guid(row["Guid"]),
    ...("EmailAddresses" in row && {
      addresses: addressesIn(row).map((address) => address.replace(PREFIX, "").toLowerCase()),
    }),
    ...(guid(row["ArchiveGuid"]) !== "" && { hasArchive: true }),
  };
}

/** By what the manifest knows a mailbox, or another grantor. */
export function targetIdOf({ id, type }: Pick<Mailbox, "id" | "type">): string {
  return type === "soft-deleted" ? softDeletedId(id) : id;
}

/** Every text the service may name this mailbox by, in lower case. */
export function keysOfMailbox(mailbox: Mailbox): string[] {
  return keys([
    mailbox.id,
    mailbox.objectId,
    mailbox.guid,
    mailbox.primarySmtp,
    mailbox.userPrincipalName,
    mailbox.displayName,
    mailbox.name,
    mailbox.alias,
    mailbox.identity,
    mailbox.distinguishedName,
  ]);
}

/** How an answer relates to the name it was asked by. */
export interface NamedBy {
  /** The name is one of its own. */
  readonly carries: boolean;
  /** It may have the name all the same: of a kind that answers do not show, and not the beginning of a longer name of its own. */
  readonly possible: boolean;
}

/** @param row the answer, with `NAMED_PROPERTIES` */
export function namedBy(identity: string, mailbox: Mailbox, row: ExoRow): NamedBy {
  const name = identity.trim().toLowerCase();
  const addresses = [row["EmailAddresses"] ?? []].flat().map((value) => text(value).replace(PREFIX, ""));
  const own = [...keysOfMailbox(mailbox), ...keys([...addresses, text(row["SamAccountName"])])];
  // Every address and every GUID that names a mailbox is among its properties (`exo-protocol.md` 10.1).
  const shown = ADDRESS.test(name) || GUID.test(name);
  return {
    carries: own.includes(name) || own.includes(name.replace(PREFIX, "")),
    possible: !shown && !own.some((key) => key.startsWith(name) && !key.startsWith(`${name}@`)),
  };
}

/** A mailbox's entry in the principal index. */
export function mailboxEntry(mailbox: Mailbox): IndexEntry {
  const targetId = targetIdOf(mailbox);
  const principal: Principal = {
    id: mailbox.objectId || mailbox.id,
    sid: "",
    type: ownerType(mailbox.type),
    displayName: mailbox.displayName,
    name: mailbox.name,
    userPrincipalName: mailbox.userPrincipalName,
    primarySmtp: mailbox.primarySmtp,
    guest: false,
    disabled: false,
    softDeleted: mailbox.type === "soft-deleted",
    mailboxId: targetId,
  };
  return {
    id: `mailbox:${targetId}`,
    keys: keys([...keysOfMailbox(mailbox), targetId]),
    value: { ...principal },
  };
}

function ownerType(type: Mailbox["type"]): PrincipalType {
  if (isList(type)) return "group";
  // Whose a deleted mailbox was, and what one of an unknown type is, is told by other entries, if at all.
  return principalType(TYPE_NAMES[type === "other" || isGrantorType(type) ? "user" : type], "");
}

/** An entry for a row of Get-User, Get-Group or Get-Recipient; undefined when the row names nobody. */
export function principalEntry(source: "user" | "group" | "recipient", row: ExoRow): IndexEntry | undefined {
  const objectId = guid(row["ExternalDirectoryObjectId"]);
  const mailboxId = guid(row["ExchangeGuid"]);
  const own = guid(row["Guid"]);
  const id = objectId || mailboxId || own;
  if (id === "") return undefined;
  const details = text(row["RecipientTypeDetails"]);
  const type = principalType(details, text(row["UserType"]));
  const primarySmtp = text(row["PrimarySmtpAddress"]) || text(row["WindowsEmailAddress"]);
  const principal: Principal = {
    id,
    sid: text(row["Sid"]),
    type,
    displayName: text(row["DisplayName"]),
    name: text(row["Name"]),
    userPrincipalName: text(row["UserPrincipalName"]),
    primarySmtp,
    guest: type === "guest",
    disabled: flag(row["AccountDisabled"]) || details.toLowerCase() === "disableduser",
    softDeleted: isSoftDeleted(row),
    mailboxId: mailboxId === ZERO_GUID ? "" : mailboxId,
    ...(type === "group" && { groupType: details }),
  };
  const history = row["SidHistory"];
  const sids = Array.isArray(history) ? history.map(text) : [];
  return {
    id: `${source}:${own || id}`,
    keys: keys([
      id,
      own,
      principal.mailboxId,
      principal.sid,
      ...sids,
      principal.userPrincipalName,
      primarySmtp,
      principal.displayName,
      principal.name,
      text(row["Identity"]),
      text(row["Alias"]),
      // Addresses it had before, too: people and old permissions name it by them.
      ...addressesIn(row).map((address) => address.replace(PREFIX, "")),
    ]),
    value: { ...principal },
  };
}

/**
 * What several entries say about one principal, as one: a later part fills what earlier ones left empty. An account whose mailbox was deleted
 * may live, and have a new one.
 */
export function mergePrincipals(parts: readonly Principal[]): Principal | undefined {
  const [first, ...rest] = livingFirst(parts);
  if (first === undefined) return undefined;
  return rest.reduce(
    (all, part) => ({
      id: all.id,
      sid: all.sid || part.sid,
      type: all.type === "other" ? part.type : all.type,
      displayName: all.displayName || part.displayName,
      name: all.name || part.name,
      userPrincipalName: all.userPrincipalName || part.userPrincipalName,
      primarySmtp: all.primarySmtp || part.primarySmtp,
      guest: all.guest || part.guest,
      disabled: all.disabled || part.disabled,
      softDeleted: all.softDeleted && part.softDeleted,
      mailboxId: all.mailboxId || part.mailboxId,
      ...groupTypeOf(all, part),
    }),
    first,
  );
}

/** Of what is deleted, what is a target of the run comes first. */
export function livingFirst(parts: readonly Principal[]): readonly Principal[] {
  const rank = ({ softDeleted, mailboxId }: Principal): number =>
    !softDeleted ? 0 : isSoftDeletedId(mailboxId) ? 1 : 2;
  return parts.toSorted((one, other) => rank(one) - rank(other));
}

function groupTypeOf(one: Principal, other: Principal): Pick<Principal, "groupType"> {
  const groupType = one.groupType ?? other.groupType;
  return groupType === undefined ? {} : { groupType };
}

/** Those that name it alone: a SIP address may be anybody's. */
function addressesIn(row: ExoRow): readonly string[] {
  return [row["EmailAddresses"] ?? []]
    .flat()
    .map(text)
    .filter((address) => /^(?:smtp|x500):/i.test(address));
}

function principalType(details: string, userType: string): PrincipalType {
  return userType.toLowerCase() === "guest" ? "guest" : recipientKind(details);
}

/** `exo-protocol.md` 10.2: a soft-deleted object lies in a container of that name. */
function isSoftDeleted(row: ExoRow): boolean {
  return (
    text(row["WhenSoftDeleted"]) !== "" ||
    `${text(row["DistinguishedName"])}\n${text(row["Identity"])}`.includes("Soft Deleted Objects")
  );
}

function keys(values: readonly string[]): string[] {
  return [
    ...new Set(
      values
        .filter((value) => value.trim() !== "" && value !== ZERO_GUID)
        .map((value) => value.trim().toLowerCase()),
    ),
  ];
}

function text(value: ExoValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function guid(value: ExoValue | undefined): string {
  const found = text(value).toLowerCase();
  return found === ZERO_GUID ? "" : found;
}

function flag(value: ExoValue | undefined): boolean {
  return value === true || text(value).toLowerCase() === "true";
}
