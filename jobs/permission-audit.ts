/** Who holds rights on each mailbox: FullAccess and the other mailbox rights, SendAs, SendOnBehalf; `peers.md` 3a. */
import { z } from "zod";
import { defineJob } from "../src/job.ts";
import type { FoundRow, TaskContext } from "../src/job.ts";
import { COLUMNS } from "./permission-audit/columns.ts";
import { FULL_ACCESS, fullAccessGrants } from "./permission-audit/grant.ts";
import { rowsOf } from "./permission-audit/row.ts";

const params = z.strictObject({});
type Params = z.output<typeof params>;

export const permissionAudit = defineJob<Params>({
  name: "permission-audit",
  summary: "Lists who holds rights on each mailbox, and which of these deserve a look",
  writes: false,
  params,
  columns: COLUMNS,
  cmdlets: [{ cmdlet: FULL_ACCESS, role: "View-Only Organization Management", per: "target" }],
  naiveCallsPerTarget: 3,
  bulk: [],
  perform,
  judge: () => ({ observe: () => undefined, report: (rows) => rows }),
});

async function perform(context: TaskContext<Params>): Promise<readonly FoundRow[]> {
  const reply = await context.read(FULL_ACCESS, {
    ResultSize: "Unlimited",
    IncludeUnresolvedPermissions: true,
    IncludeSoftDeletedUserPermissions: true,
    ...(context.mailbox.type === "group" ? { GroupMailbox: true } : {}),
  });
  return rowsOf(context, context.line, context.mailbox, fullAccessGrants(reply));
}
