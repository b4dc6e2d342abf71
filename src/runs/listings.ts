/** What every run reads to know its mailboxes and principals, whatever its job. */

/** Cmdlets that list them. */
export const LISTINGS = ["Get-Mailbox", "Get-User", "Get-Group", "Get-Recipient"];
/** The least role group that can run them; `exo-protocol.md` 2.2. */
export const LISTING_ROLE = "View-Only Organization Management";
