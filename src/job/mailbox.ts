/** Mailboxes, as the manifest knows them. */

/** Kinds of mailbox a scope can name; `exo-protocol.md` 10.2 has the service's own names. */
export const MAILBOX_TYPES = ["user", "shared", "room", "equipment", "scheduling", "group"] as const;
export type MailboxType = (typeof MAILBOX_TYPES)[number];

/** A mailbox as the manifest knows it. */
export interface Mailbox {
  /** ExchangeGuid: the immutable id the mailbox is asked for by. */
  readonly id: string;
  /** ExternalDirectoryObjectId; empty for a mailbox without a directory object. */
  readonly objectId: string;
  readonly type: MailboxType | "other";
  readonly primarySmtp: string;
  readonly displayName: string;
  readonly userPrincipalName: string;
  readonly name: string;
  readonly alias: string;
  /** What `Identity` held in the listing: the Name or an old form of it. */
  readonly identity: string;
  readonly distinguishedName: string;
  readonly guid: string;
  /** Addresses it has or had, in lower case and without `smtp:`; absent where they were not asked for. */
  readonly addresses?: readonly string[];
  /** It had an archive when it was listed. */
  readonly hasArchive?: true;
}
