/**
 * Members of the groups that a run tells of, and of the groups in them: each group read once in a run, whatever it holds and however often it is
 * nested. What the run has on record of a group is not read again, so a killed run goes on where it was.
 *
 * Which cmdlet tells of a group depends on what it is (`exo-protocol.md` 10.16): `Get-DistributionGroupMember` says nothing of a Microsoft 365
 * group, so emptiness is believed only from the right one. What cannot be read is a gap, never an empty group.
 */
import { isGone, recipientKind, UnusableReply } from "../../../src/job/index.ts";
import type {
  BulkContext,
  CmdletReply,
  Directory,
  ExoRow,
  GroupMember,
  GroupMembers,
  Parameters,
  Principal,
  Row,
} from "../../../src/job/index.ts";
import { complete, textAt, textsAt } from "../answers.ts";

export const GROUP_MEMBERS = "Get-DistributionGroupMember";

const LINKS = "Get-UnifiedGroupLinks";
const DYNAMIC_MEMBERS = "Get-DynamicDistributionGroupMember";
const ROLE_MEMBERS = "Get-RoleGroupMember";
const GROUP = "Get-Group";

export const OTHER_GROUP_CMDLETS = [LINKS, DYNAMIC_MEMBERS, ROLE_MEMBERS, GROUP] as const;

/** Groups asked for at once: enough to fill several batches. The gate says how many of them leave. */
const READ_AT_ONCE = 60;
/** Members that are asked for in a request with other groups, and in a page. */
const PAGE_ROWS = 1_000;

const MEMBER_PROPERTIES = [
  "ExternalDirectoryObjectId",
  "Guid",
  "ExchangeGuid",
  "RecipientTypeDetails",
  "DisplayName",
  "Name",
  "PrimarySmtpAddress",
] as const;

/** A group that is to be read. */
export interface Wanted {
  readonly id: string;
  readonly displayName: string;
  readonly groupType: string;
}

/**
 * Groups that the rows of the run tell of.
 * @param groupIn id of the group a row is about; undefined for a row about somebody else
 */
export async function groupsWithRights(
  context: BulkContext<unknown>,
  groupIn: (row: Row) => string | undefined,
): Promise<readonly Wanted[]> {
  const ids = new Map<string, string>();
  for await (const rows of context.rows())
    for (const { row } of rows) {
      const id = groupIn(row);
      if (id !== undefined && !ids.has(id.toLowerCase())) ids.set(id.toLowerCase(), id);
    }
  const wanted: Wanted[] = [];
  for (const id of [...ids.values()].toSorted()) {
    const known = (await context.directory.find(id)).find((one) => one.id === id);
    wanted.push({ id, displayName: nameOf(known, id), groupType: known?.groupType ?? "" });
  }
  return wanted;
}

/** Reads groups and what is nested in them, and hands on each with its members, as it was kept. */
export async function readGroups(
  context: BulkContext<unknown>,
  first: readonly Wanted[],
  take: (group: GroupMembers) => void,
): Promise<void> {
  const seen = new Set(first.map(({ id }) => id.toLowerCase()));
  const all = [...first];
  let begun = 0;
  const reading = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const readNext = async (group: Wanted): Promise<void> => {
    const read = await readGroup(context, group);
    take(read);
    for (const { id, displayName, groupType = "", type } of read.members) {
      if (type !== "group" || seen.has(id.toLowerCase())) continue;
      seen.add(id.toLowerCase());
      all.push({ id, displayName, groupType });
    }
  };
  for (;;) {
    // Who has begun comes to the end, also when another has failed: what was found is kept.
    while (failures.length === 0 && reading.size < READ_AT_ONCE) {
      const group = all[begun];
      if (group === undefined) break;
      begun += 1;
      const one = readNext(group)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => reading.delete(one));
      reading.add(one);
    }
    if (reading.size === 0) break;
    await Promise.race(reading);
  }
  if (failures.length > 0) throw failures[0];
}

async function readGroup(context: BulkContext<unknown>, group: Wanted): Promise<GroupMembers> {
  context.signal.throwIfAborted();
  const known = await context.groups.members(group.id);
  // What could not be read is tried again when the read is.
  if (known !== undefined && known.gap === undefined) return known;
  const read = await ask(context, group);
  await context.groups.keep(read);
  context.count("groups-read");
  if (read.gap !== undefined) context.count("groups-not-read-whole");
  return read;
}

async function ask(context: BulkContext<unknown>, group: Wanted): Promise<GroupMembers> {
  const { id, displayName } = group;
  try {
    return { id, displayName, ...(await membersOf(context, group)) };
  } catch (error) {
    const gap = gapIn(error);
    if (gap === undefined) throw error;
    return { id, displayName, members: [], gap };
  }
}

/** The trouble of one group, in words without names; undefined for trouble that is the tenant's, or ours. */
function gapIn(error: unknown): string | undefined {
  if (isGone(error)) return "the group was gone before its members were read";
  if (error instanceof UnusableReply)
    return error.message.replace(/^Cannot use the answer of (\S+):/, "the answer of $1 could not be used:");
  if (!(error instanceof Error) || !("remedy" in error)) return undefined;
  if (isCut(error)) return "its members could not be listed to the end";
  if (error.remedy === "denied" || ("kind" in error && error.kind === "forbidden"))
    return "the app may not read the members of such groups";
  return error.remedy === "give-up" ? "the service refused to tell the group's members" : undefined;
}

type Found = Pick<GroupMembers, "members" | "gap">;

async function membersOf(context: BulkContext<unknown>, { id, groupType }: Wanted): Promise<Found> {
  switch (groupType.toLowerCase()) {
    case "groupmailbox":
      return listed(context, LINKS, { Identity: id, LinkType: "Members" });
    case "dynamicdistributiongroup":
      return listed(context, DYNAMIC_MEMBERS, { Identity: id });
    case "rolegroup":
      return listed(context, ROLE_MEMBERS, { Identity: id });
    case "mailuniversaldistributiongroup":
    case "mailuniversalsecuritygroup":
    case "mailnonuniversalgroup":
    case "roomlist":
      return listed(context, GROUP_MEMBERS, { Identity: id });
    case "":
      return { members: [], gap: "what kind of group it is could not be found out" };
    default:
      return named(context, id);
  }
}

/**
 * In a request with other groups, as far as one page goes. An answer with fewer rows than that is whole: what the service leaves out it says,
 * and `invoke` takes no such answer for all. Whoever has more is listed page by page, from the beginning.
 */
async function listed(context: BulkContext<unknown>, cmdlet: string, parameters: Parameters): Promise<Found> {
  const asked = { ...parameters, ResultSize: PAGE_ROWS };
  const options = { select: MEMBER_PROPERTIES, signal: context.signal };
  const answer = await context.exo.invoke(cmdlet, asked, options).catch((error: unknown) => {
    if (isCut(error)) return undefined;
    throw error;
  });
  if (answer === undefined || answer.rows.length >= PAGE_ROWS) return paged(context, cmdlet, parameters);
  const members = new Members();
  members.add(complete(cmdlet, answer).rows);
  return members.found();
}

/** The service left rows out, and gave no way to them. */
function isCut(error: unknown): boolean {
  return error instanceof Error && "kind" in error && error.kind === "incomplete";
}

async function paged(context: BulkContext<unknown>, cmdlet: string, parameters: Parameters): Promise<Found> {
  context.count("groups-read-in-pages");
  const asked = { ...parameters, ResultSize: "Unlimited" };
  let members = new Members();
  for await (const page of context.exo.pages(cmdlet, asked, {
    select: MEMBER_PROPERTIES,
    signal: context.signal,
  })) {
    if ("restarted" in page) members = new Members();
    else members.add(complete(cmdlet, page).rows);
  }
  return members.found();
}

/** Members of one group, as its rows come. */
class Members {
  readonly #members = new Map<string, GroupMember>();
  #nameless = 0;

  add(rows: readonly ExoRow[]): void {
    for (const row of rows) {
      const member = memberIn(row);
      if (member === undefined) this.#nameless += 1;
      // A page's seam may repeat a row (`exo-protocol.md` 6.4).
      else this.#members.set(member.id.toLowerCase(), member);
    }
  }

  found(): Found {
    return found([...this.#members.values()], this.#nameless);
  }
}

/** Groups without mail tell their members by name only. */
async function named(context: BulkContext<unknown>, id: string): Promise<Found> {
  const reply: CmdletReply = complete(
    GROUP,
    await context.exo.invoke(
      GROUP,
      { Identity: id },
      { select: ["Guid", "Members"], signal: context.signal },
    ),
  );
  const [row, ...others] = reply.rows;
  if (row === undefined || others.length > 0)
    throw new UnusableReply(GROUP, `it has ${reply.rows.length} rows instead of one`, reply.requestId);
  if (!("Members" in row)) throw new UnusableReply(GROUP, "it has no Members", reply.requestId);
  const names = textsAt(row, "Members");
  const known = await Promise.all(names.map((name) => whoIs(context.directory, name)));
  const members = new Map(
    known.filter((one) => one !== undefined).map((one) => [one.id.toLowerCase(), one] as const),
  );
  return found([...members.values()], known.filter((one) => one === undefined).length);
}

function found(members: readonly GroupMember[], unknown: number): Found {
  if (unknown === 0) return { members };
  return { members, gap: `${unknown} of its members could not be told apart from others of their name` };
}

/** A name that nobody, or several have, is not guessed. */
async function whoIs(directory: Directory, name: string): Promise<GroupMember | undefined> {
  const [one, ...others] = await directory.find(name);
  if (one === undefined || others.length > 0) return undefined;
  const { id, type, primarySmtp, userPrincipalName, groupType } = one;
  return {
    id,
    displayName: nameOf(one, name),
    address: primarySmtp || userPrincipalName,
    type,
    ...(groupType === undefined ? {} : { groupType }),
  };
}

/** By the same id as the principal index has it. */
function memberIn(row: ExoRow): GroupMember | undefined {
  const id = [...MEMBER_PROPERTIES.slice(0, 1), "ExchangeGuid", "Guid"]
    .map((name) => textAt(row, name).toLowerCase())
    .find((value) => value !== "" && !ZERO_GUID.test(value));
  if (id === undefined) return undefined;
  const details = textAt(row, "RecipientTypeDetails");
  const type = recipientKind(details);
  return {
    id,
    displayName: textAt(row, "DisplayName") || textAt(row, "Name"),
    address: textAt(row, "PrimarySmtpAddress"),
    type,
    ...(type === "group" && { groupType: details }),
  };
}

const ZERO_GUID = /^[0-]+$/;

function nameOf(principal: Principal | undefined, otherwise: string): string {
  return principal?.displayName || principal?.name || otherwise;
}
