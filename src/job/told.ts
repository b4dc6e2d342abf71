/** Rights as files of other tools tell them. */
import type { Mailbox } from "./mailbox.ts";
import type { Directory, PrincipalType } from "./principal.ts";
import type { Count } from "./rows.ts";

/** A right that somebody holds, or is denied, as a file of another tool tells it. Empty texts where the file does not say. */
export interface ToldGrant {
  /** Exchange's own word for it. */
  readonly right: string;
  /** All rights of the same entry. */
  readonly rights: readonly string[];
  /** The entry's rights as they were written. */
  readonly raw: string;
  readonly allow: boolean;
  readonly inherited: boolean;
  /** What the file calls who holds it: an address, a name, a SID. */
  readonly trustee: string;
  readonly sid: string;
  readonly address: string;
  readonly displayName: string;
  readonly type: PrincipalType | "";
  /** The group by which a member holds it. */
  readonly viaGroup: string;
}

/** What rows of a file about one mailbox are made with. */
export interface ToldContext {
  readonly tenantId: string;
  readonly runId: string;
  readonly mailbox: Mailbox;
  /** The mailbox's line in the manifest. */
  readonly line: number;
  /** When what the file says was true. */
  readonly readAtMs: number;
  /** Those a run of the same tenant knows; absent: there is none, and nobody can be looked up. */
  readonly directory: Directory | undefined;
  readonly count: Count;
}
