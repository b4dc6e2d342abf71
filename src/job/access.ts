/** Which access a row tells of. */
import type { Row } from "./rows.ts";

/** Who holds an access, as a row has it. Empty texts where the row does not know. */
export interface Holder {
  /** `Principal.id` and SID: they find the holder in a look-up. */
  readonly id: string;
  readonly sid: string;
  /** What the service called it: finds a holder that has neither. All three empty: an account of the service, which nobody looks up. */
  readonly text: string;
  readonly displayName: string;
  readonly address: string;
  /** As the job calls it: `user`, `group`, `orphan-sid`, … */
  readonly type: string;
}

/** How an access came about: `direct`, `group`, `folder`, `on-behalf`, `forwarding`; the list is open, a job may have other words. */
export interface AccessSource {
  readonly kind: string;
  /** What it goes through, for people: groups from the one that holds the right to the last, or a folder. Empty when it is direct. */
  readonly path: readonly string[];
  /** `Principal.id` of the group that holds the right, where a member comes in by it. */
  readonly group?: string;
  /** How that group holds it, where it is not the mailbox itself: a folder, forwarding, on behalf. */
  readonly held?: Pick<AccessSource, "kind" | "path">;
  /** When the members of these groups were read: the oldest reading, ISO 8601, UTC. Absent where nobody noted it. */
  readonly readAt?: string;
}

/** Who may do what, or is denied it, with the mailbox a row is about. */
export interface Access {
  readonly holder: Holder;
  readonly right: string;
  readonly allow: boolean;
  readonly inherited: boolean;
  readonly source: AccessSource;
  /** When it was true: ISO 8601, UTC; empty when the row does not say. */
  readonly readAt: string;
}

/** Which access the rows of a job tell of, for look-ups from either side. */
export interface AccessReading<Params = unknown> {
  /** Undefined for a row that tells of none. Pure, and the same for the same row. */
  of(row: Row): Access | undefined;
  /** Whether a run with these parameters looks for such an access at all: where it does not, its silence says nothing. */
  seeks(params: Params, access: Access): boolean;
  /** Whether its rows tell what members of groups reach through them. Absent: they do not, and look-ups say so. */
  followsGroups?(params: Params): boolean;
  /** What a group has here goes to everybody in it, also to contacts, who have no account: mail does, a right does not. */
  readonly reachesContacts?: true;
}
