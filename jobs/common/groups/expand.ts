/** What a job whose rows tell of groups needs to say who is in them: a read that is made last, and the cmdlets it sends. */
import type { BulkContext, BulkRead, CmdletNeed, FoundRow, Row } from "../../../src/job/index.ts";
import { GROUP_MEMBERS, groupsWithRights, OTHER_GROUP_CMDLETS, readGroups } from "./members.ts";
import { Reach } from "./reach.ts";

const READER = "View-Only Organization Management";

interface Expansion<Params> {
  readonly wanted: (params: Params) => boolean;
  /** Id of the group a row tells of; undefined for a row about somebody else. */
  readonly groupIn: (row: Row) => string | undefined;
  /** Rows for the people, once their groups are read. */
  readonly rows?: (context: BulkContext<Params>) => AsyncIterable<readonly FoundRow[]>;
}

export function groupRead<Params>({ wanted, groupIn, rows }: Expansion<Params>): BulkRead<Params> {
  return {
    name: "group-members",
    cmdlet: GROUP_MEMBERS,
    always: true,
    last: true,
    wanted,
    async *perform(context) {
      const groups = await groupsWithRights(context, groupIn);
      const reach = new Reach();
      await readGroups(context, groups, (group) => reach.add(group));
      await context.groups.keepReach(reach.of(groups.map(({ id }) => id)));
      if (rows !== undefined) yield* rows(context);
    },
  };
}

/** Groups of some kinds are asked for in ways of their own, which a run goes on without. */
export function groupNeeds<Params>(wanted: (params: Params) => boolean): readonly CmdletNeed<Params>[] {
  const need = { role: READER, per: "tenant", wanted } as const;
  return [
    { cmdlet: GROUP_MEMBERS, ...need },
    ...OTHER_GROUP_CMDLETS.map((cmdlet) => ({ cmdlet, ...need, optional: true as const })),
  ];
}
