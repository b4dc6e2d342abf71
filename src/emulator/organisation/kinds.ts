/** Kinds of directory object, and what the service calls them. */

/** The first four are what a default run is about. */
export type Kind =
  | "user"
  | "shared"
  | "room"
  | "equipment"
  | "scheduling"
  | "discovery"
  | "system"
  | "group-mailbox"
  | "soft-deleted"
  | "inactive"
  | "guest"
  | "mail-user"
  | "contact"
  | "distribution"
  | "mail-security"
  | "dynamic"
  | "security"
  | "account";

/** `RecipientTypeDetails` of each kind. */
export const TYPE_DETAILS: Readonly<Record<Kind, string>> = {
  user: "UserMailbox",
  shared: "SharedMailbox",
  room: "RoomMailbox",
  equipment: "EquipmentMailbox",
  scheduling: "SchedulingMailbox",
  discovery: "DiscoveryMailbox",
  system: "ArbitrationMailbox",
  "group-mailbox": "GroupMailbox",
  "soft-deleted": "UserMailbox",
  inactive: "UserMailbox",
  guest: "GuestMailUser",
  "mail-user": "MailUser",
  contact: "MailContact",
  distribution: "MailUniversalDistributionGroup",
  "mail-security": "MailUniversalSecurityGroup",
  dynamic: "DynamicDistributionGroup",
  security: "UniversalSecurityGroup",
  account: "User",
};

/** Mailboxes somebody may ask for by name; those that are gone are asked for with a switch. */
export const LIVE_MAILBOXES: readonly Kind[] = [
  "user",
  "shared",
  "room",
  "equipment",
  "scheduling",
  "discovery",
  "system",
  "group-mailbox",
];

/** What `Get-Mailbox` lists unasked. */
export const LISTED_MAILBOXES: readonly Kind[] = LIVE_MAILBOXES.filter(
  (kind) => kind !== "system" && kind !== "group-mailbox",
);

/** Mailboxes that were deleted; those on hold, called inactive, are kept for longer. */
export const DELETED_MAILBOXES: readonly Kind[] = ["soft-deleted", "inactive"];

const WITH_MAILBOX: ReadonlySet<Kind> = new Set([...LIVE_MAILBOXES, ...DELETED_MAILBOXES]);
const GROUPS: ReadonlySet<Kind> = new Set(["distribution", "mail-security", "dynamic", "security"]);
const PEOPLE: ReadonlySet<Kind> = new Set([
  "user",
  "soft-deleted",
  "inactive",
  "mail-user",
  "contact",
  "account",
]);

export function hasMailbox(kind: Kind): boolean {
  return WITH_MAILBOX.has(kind);
}

export function isDeleted(kind: Kind): boolean {
  return DELETED_MAILBOXES.includes(kind);
}

/** A group of its own; a Microsoft 365 group is a mailbox here. */
export function isGroup(kind: Kind): boolean {
  return GROUPS.has(kind);
}

/** A human being, by whatever account; guests are somebody else's. */
export function isPerson(kind: Kind): boolean {
  return PEOPLE.has(kind);
}

/** Mail-enabled: it has addresses. */
export function isRecipient(kind: Kind): boolean {
  return kind !== "security" && kind !== "account";
}
