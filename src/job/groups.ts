/** Groups and the people they bring in, as far as a run has read them. */
import type { PrincipalType } from "./principal.ts";

/** Somebody, or a group, in a group. */
export interface GroupMember {
  /** `Principal.id` */
  readonly id: string;
  readonly displayName: string;
  readonly address: string;
  readonly type: PrincipalType;
  /** `Principal.groupType` */
  readonly groupType?: string;
}

/** Who is in a group, directly. */
export interface GroupMembers {
  /** `Principal.id` of the group. */
  readonly id: string;
  readonly displayName: string;
  /** Each once. */
  readonly members: readonly GroupMember[];
  /** Why there may be more; absent when these are all. No names in it. */
  readonly gap?: string;
  /** When that was kept: ISO 8601, UTC. Absent where nobody noted it, and before it is kept. */
  readonly readAt?: string;
}

/** Whom a group that holds a right brings in, through groups in it, too. */
export interface GroupReach {
  /** `Principal.id` of the group. */
  readonly id: string;
  /** Everybody with an account, each once. */
  readonly people: number;
  /** How many of them are guests. */
  readonly guests: number;
  /** Contacts besides: addresses without an account, which only mail goes to. Absent when there are none. */
  readonly contacts?: number;
  /** Why there may be more; absent when all are counted. */
  readonly gap?: string;
}

/** By `GroupReach.id`, in lower case. */
export type Reaches = ReadonlyMap<string, GroupReach>;

/** Somebody who comes in by a group. */
export interface ComesIn {
  readonly member: GroupMember;
  /** Names of the groups on the shortest way, from the one that holds the right to the one the member is in. */
  readonly path: readonly string[];
  /** When these groups were read: the oldest reading, ISO 8601, UTC; empty where nobody noted it of one of them. */
  readonly readAt: string;
}

/** What a run has read of its groups: each group once, kept over crashes. */
export interface Groups {
  /** Undefined for a group that was not read yet. */
  members(group: string): Promise<GroupMembers | undefined>;
  /** Everybody with an account who comes in by a group, groups in it followed, the nearest first. */
  people(group: string): Promise<readonly ComesIn[]>;
  keep(group: GroupMembers): Promise<void>;
  keepReach(reaches: readonly GroupReach[]): Promise<void>;
}
