/** Identities that name a folder of a mailbox: `anna@contoso.example:\Kalender`, or with a folder id after the colon. */

export interface FolderIdentity {
  readonly mailbox: string;
  /** What follows the colon; empty for the root. */
  readonly folder: string;
}

export function folderOf(identity: string): FolderIdentity {
  const [, mailbox, folder] = /^(.*?):(\\.*|Lg[\w+/=-]{20,})$/s.exec(identity) ?? [];
  return mailbox === undefined || folder === undefined
    ? { mailbox: identity, folder: "" }
    : { mailbox, folder };
}
