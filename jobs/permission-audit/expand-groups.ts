/** Groups among the trustees. Membership is kept once; a row for each person only where that is asked for. */
import type {
  BulkContext,
  ComesIn,
  FoundRow,
  GroupMember,
  GroupMembers,
  Principal,
  Row,
} from "../../src/job/index.ts";
import { type Column, JOINT, textOf, UNKNOWN } from "./columns.ts";
import { GROUP_MEMBERS } from "../common/groups/members.ts";

interface Params {
  readonly expand: "none" | "members" | "rows";
  readonly expandMost: number;
}

/** Groups whose people are at hand: one group may hold rights on a thousand mailboxes in a row. */
const GROUPS_AT_HAND = 20;
const ROWS_AT_ONCE = 1_000;

/** Id of the group that holds a right. */
export function groupIn(row: Row): string | undefined {
  return textOf(row, "TrusteeClass") === "group" ? textOf(row, "TrusteeId") : undefined;
}

export async function* peopleRows(context: BulkContext<Params>): AsyncGenerator<readonly FoundRow[]> {
  if (context.params.expand === "rows") yield* rowsOfPeople(context);
}

async function* rowsOfPeople(context: BulkContext<Params>): AsyncGenerator<readonly FoundRow[]> {
  const people = new AtHand((group) => context.groups.people(group));
  let room = context.params.expandMost;
  let found: FoundRow[] = [];
  for await (const rows of context.rows()) {
    for (const { about, noise, row } of rows) {
      if (noise !== undefined || row["TrusteeClass"] !== "group") continue;
      const all = await people.of(textOf(row, "TrusteeId"));
      const some = all.slice(0, room);
      room -= some.length;
      if (some.length < all.length) context.count("group-rows-left-out", all.length - some.length);
      for (const one of some) {
        found.push({ about, row: await personRow(context, row, one) });
        if (found.length < ROWS_AT_ONCE) continue;
        yield found;
        found = [];
      }
    }
  }
  yield found;
}

/** The group's right, as the person's. */
async function personRow(context: BulkContext<Params>, group: Row, { member, path }: ComesIn): Promise<Row> {
  const known = (await context.directory.find(member.id)).find(({ id }) => id === member.id);
  return {
    ...group,
    TrusteeRaw: member.address || member.displayName || member.id,
    TrusteeSid: sidOf(known),
    TrusteeId: member.id,
    TrusteePrimarySmtp: member.address || null,
    TrusteeDisplayName: member.displayName || null,
    TrusteeType: known?.type ?? member.type,
    TrusteeClass: "group-member",
    ViaGroup: group["TrusteeDisplayName"] ?? null,
    GroupPath: path.join(JOINT),
    ViaGroupId: group["TrusteeId"] ?? null,
    GroupPeople: null,
    GroupGuests: null,
    Source: [textOf(group, "Source"), GROUP_MEMBERS].join(JOINT),
  } satisfies Partial<Record<Column, Row[string]>>;
}

/** Somebody in a group, whatever it holds. */
export function memberRow(group: Pick<GroupMembers, "id" | "displayName">, member: GroupMember): Row {
  return {
    TrusteeRaw: member.address || member.displayName || member.id,
    TrusteeId: member.id,
    TrusteePrimarySmtp: member.address || null,
    TrusteeDisplayName: member.displayName || null,
    TrusteeType: member.type,
    TrusteeClass: "group-member",
    ViaGroup: group.displayName || group.id,
    ViaGroupId: group.id,
    Source: GROUP_MEMBERS,
  } satisfies Partial<Record<Column, Row[string]>>;
}

function sidOf(known: Principal | undefined): string {
  return known === undefined || known.sid === "" ? UNKNOWN : known.sid;
}

/** People of the groups asked for lately. */
class AtHand {
  readonly #read: (group: string) => Promise<readonly ComesIn[]>;
  readonly #groups = new Map<string, readonly ComesIn[]>();

  constructor(read: (group: string) => Promise<readonly ComesIn[]>) {
    this.#read = read;
  }

  async of(group: string): Promise<readonly ComesIn[]> {
    const people = this.#groups.get(group) ?? (await this.#read(group));
    // Put last, so that the first is the one longest not asked for.
    this.#groups.delete(group);
    this.#groups.set(group, people);
    const oldest = this.#groups.keys().next();
    if (this.#groups.size > GROUPS_AT_HAND && !oldest.done) this.#groups.delete(oldest.value);
    return people;
  }
}
