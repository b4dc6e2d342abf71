/** Principals: whoever can hold a right, and how they are found. */

/** What a principal is; `peers.md` 3a. */
export type PrincipalType =
  | "user"
  | "shared"
  | "room"
  | "equipment"
  | "group"
  | "guest"
  | "mail-user"
  | "contact"
  | "other";

/** What a `RecipientTypeDetails` stands for. */
export function recipientKind(details: string): PrincipalType {
  const name = details.toLowerCase();
  if (name.includes("guest")) return "guest";
  if (name === "usermailbox" || name === "user" || name === "disableduser" || name === "linkedmailbox")
    return "user";
  if (name === "sharedmailbox") return "shared";
  if (name === "roommailbox") return "room";
  if (name === "equipmentmailbox") return "equipment";
  // A list of rooms is a distribution group.
  if (name.includes("group") || name === "roomlist") return "group";
  if (name === "mailuser") return "mail-user";
  if (name.includes("contact")) return "contact";
  return "other";
}

/** Somebody who can sign in, one way or another: a contact is an address without an account. */
export function hasAccount(type: PrincipalType): boolean {
  return type !== "contact" && type !== "group";
}

/** One entry of a run's principal index. */
export interface Principal {
  /** ExternalDirectoryObjectId, or ExchangeGuid where there is none. */
  readonly id: string;
  readonly sid: string;
  readonly type: PrincipalType;
  readonly displayName: string;
  readonly name: string;
  readonly userPrincipalName: string;
  readonly primarySmtp: string;
  readonly guest: boolean;
  readonly disabled: boolean;
  readonly softDeleted: boolean;
  /**
   * Id of the target that is its mailbox, in a run that is about it: ExchangeGuid; `soft-deleted:` and it for a deleted one that is a grantor
   * of the run; Guid of a group that is one. Empty for whoever has no mailbox.
   */
  readonly mailboxId: string;
  /** Of a group: its RecipientTypeDetails, which decides how its members are asked for. Absent where nobody said. */
  readonly groupType?: string;
}

/** Stands for the id of somebody, or of a mailbox, of whom only the address is known. */
export function addressId(address: string): string {
  return `address:${address.trim().toLowerCase()}`;
}

/** Looks trustees up: SIDs, addresses, names, GUIDs, in any case. */
export interface Directory {
  /** Every principal one of whose keys equals `key`; several when the key is a name that is not unique. */
  find(key: string): Promise<readonly Principal[]>;
}
