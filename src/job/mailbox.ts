/** Mailboxes, as the manifest knows them, and what else rights are held on. */

/** Kinds of mailbox a scope can name; `exo-protocol.md` 10.2 has the service's own names. */
export const MAILBOX_TYPES = ["user", "shared", "room", "equipment", "scheduling", "group"] as const;
export type MailboxType = (typeof MAILBOX_TYPES)[number];

/**
 * What else rights are held on, for jobs that take it (`Job.grantors`): groups without a mailbox, and mailboxes that were deleted and can be
 * restored. A scope names them; none of them is in a run unasked. `docs/decisions/0021`.
 */
export const GRANTOR_TYPES = ["distribution-list", "security-group", "dynamic-list", "soft-deleted"] as const;
export type GrantorType = (typeof GRANTOR_TYPES)[number];

/** All that a scope can name. */
export const TARGET_TYPES = [...MAILBOX_TYPES, ...GRANTOR_TYPES] as const;
export type TargetType = (typeof TARGET_TYPES)[number];

export function isGrantorType(type: string): type is GrantorType {
  return GRANTOR_TYPES.some((known) => known === type);
}

/** A group that has addresses and no mailbox: cmdlets about mailboxes do not know it. */
export function isList(type: Mailbox["type"]): boolean {
  return isGrantorType(type) && type !== "soft-deleted";
}

const SOFT_DELETED = "soft-deleted:";

/** A deleted mailbox, where a target or a principal is meant: the living one it was, or will be, is another. */
export function softDeletedId(exchangeGuid: string): string {
  return `${SOFT_DELETED}${exchangeGuid}`;
}

export function isSoftDeletedId(id: string): boolean {
  return id.startsWith(SOFT_DELETED);
}

/** A mailbox as the manifest knows it, or another grantor in its place. */
export interface Mailbox {
  /** ExchangeGuid: the immutable id the mailbox is asked for by. Of a group without one, its Guid. */
  readonly id: string;
  /** ExternalDirectoryObjectId; empty for a mailbox without a directory object. */
  readonly objectId: string;
  readonly type: TargetType | "other";
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
