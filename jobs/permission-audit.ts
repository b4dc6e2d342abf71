/**
 * Who holds rights on each mailbox: FullAccess and the other mailbox rights, SendAs, SendOnBehalf; `peers.md` 3a.
 *
 * Only FullAccess has to be asked of every mailbox; the other two come from the whole tenant at once, unless the run is small.
 */
import { z } from "zod";
import { defineJob, GRANTOR_TYPES, isList } from "../src/job/index.ts";
import type { FoundRow, Mailbox, Parameters, Row, TaskContext } from "../src/job/index.ts";
import { accessOf } from "./permission-audit/access.ts";
import { onlyRow } from "./common/answers.ts";
import { groupNeeds, groupRead } from "./common/groups/expand.ts";
import { listOf, numberOf } from "./common/params.ts";
import { COLUMNS, isRowOfGroup, textOf } from "./permission-audit/columns.ts";
import {
  DYNAMIC_LIST,
  FULL_ACCESS,
  fullAccessGrants,
  type Grant,
  LIST,
  SEND_AS,
  SEND_ON_BEHALF,
  sendOnBehalfGrants,
} from "./permission-audit/grant.ts";
import { groupIn, memberRow, peopleRows } from "./permission-audit/expand-groups.ts";
import { FINDING_RULES } from "./permission-audit/findings.ts";
import { auditJudge } from "./permission-audit/judge.ts";
import { NOISE_RULES } from "./permission-audit/noise.ts";
import { rowsOf } from "./permission-audit/row.ts";
import { rowsOfTold } from "./permission-audit/told.ts";
import { sendAsOf, sendAsOfTenant } from "./permission-audit/send-as.ts";
import {
  DELEGATE_PROPERTIES,
  DELEGATES_OF_LIST,
  sendOnBehalfOf,
  sendOnBehalfOfTenant,
} from "./permission-audit/send-on-behalf.ts";

const RIGHTS = ["full-access", "send-as", "send-on-behalf"] as const;

const params = z.strictObject({
  rights: listOf(z.enum(RIGHTS))
    .default([...RIGHTS])
    .describe("Which rights to read; send-as needs a role that a reader of the tenant does not have"),
  sensitive: listOf(z.string().min(1).toLowerCase())
    .default([])
    .describe("Addresses of mailboxes that matter more, such as executives'"),
  hubMailboxes: numberOf(z.int().min(1))
    .default(50)
    .describe("FullAccess on more mailboxes than this makes a hub"),
  hubPercent: numberOf(z.number().min(0).max(100))
    .default(1)
    .describe("FullAccess on more percent of the mailboxes than this makes a hub"),
  manyPeople: numberOf(z.int().min(1))
    .default(100)
    .describe("A group that opens a mailbox to more people than this is a finding"),
  expand: z
    .enum(["none", "members", "rows"])
    .default("members")
    .describe(
      "What is made of groups that hold rights: nothing; their members read, counted and found by look-ups; or a row for each person, too",
    ),
  expandMost: numberOf(z.int().min(1))
    .default(1_000_000)
    .describe("With expand=rows: rows for people in groups are left out beyond so many, and counted"),
});
type Params = z.output<typeof params>;

const wants =
  (right: (typeof RIGHTS)[number]) =>
  ({ rights }: Params): boolean =>
    rights.includes(right);

export const permissionAudit = defineJob<Params>({
  name: "permission-audit",
  summary: "Lists who holds rights on each mailbox, and which of them deserve a look",
  writes: false,
  params,
  columns: COLUMNS,
  columnTypes: { Allow: "boolean", Inherited: "boolean", GroupPeople: "integer", GroupGuests: "integer" },
  cmdlets: [
    {
      cmdlet: FULL_ACCESS,
      role: "View-Only Organization Management",
      per: "target",
      wanted: wants("full-access"),
      sentFor: (type) => !isList(type),
    },
    // Not in the read-only roles (`exo-protocol.md` 2.2).
    {
      cmdlet: SEND_AS,
      role: "Recipient Management",
      per: "tenant",
      wanted: wants("send-as"),
      sentFor: (type) => type !== "soft-deleted",
    },
    {
      cmdlet: SEND_ON_BEHALF,
      role: "View-Only Organization Management",
      per: "tenant",
      wanted: wants("send-on-behalf"),
      sentFor: (type) => !isList(type),
    },
    ...([LIST, DYNAMIC_LIST] as const).map((cmdlet) => ({
      cmdlet,
      role: "View-Only Organization Management",
      per: "target" as const,
      optional: true as const,
      sentFor: (type: Mailbox["type"]) => isList(type) && listCmdlet(type) === cmdlet,
    })),
    ...groupNeeds<Params>(followsGroups),
  ],
  grantors: GRANTOR_TYPES,
  naiveCallsPerTarget: 3,
  bulk: [
    {
      name: "send-as",
      cmdlet: SEND_AS,
      wanted: wants("send-as"),
      asksFor: isList,
      perform: sendAsOfTenant,
    },
    {
      name: "send-on-behalf",
      cmdlet: SEND_ON_BEHALF,
      wanted: wants("send-on-behalf"),
      perform: sendOnBehalfOfTenant,
    },
    groupRead<Params>({ wanted: followsGroups, groupIn, rows: peopleRows }),
  ],
  perform,
  judge: auditJudge,
  rules: FINDING_RULES,
  told: rowsOfTold,
  memberRow,
  principalColumns: ["TrusteeId", "TrusteeSid", "TrusteePrimarySmtp"],
  comparison: {
    key: ["Right", "Allow", "ViaGroupId"],
    who: { ids: ["TrusteeSid", "TrusteeId"], address: "TrusteePrimarySmtp", name: "TrusteeRaw" },
    facts: ["Inherited", "TrusteeClass"],
    source: "Source",
    seeks: (params, row) => !isRowOfGroup(row) || hasRows(params),
  },
  access: {
    of: accessOf,
    seeks: ({ rights }, { right }) => {
      const bulk = RIGHTS.find((name) => name.replaceAll("-", "") === right.toLowerCase());
      // All others come with FullAccess.
      return rights.includes(bulk ?? "full-access");
    },
    followsGroups,
  },
  noiseRules: Object.fromEntries(NOISE_RULES.map(({ id, about }) => [id, about])),
  headline,
});

function followsGroups({ expand }: Params): boolean {
  return expand !== "none";
}

function hasRows(given: unknown): boolean {
  const known = params.safeParse(given);
  return known.success && known.data.expand === "rows";
}

async function perform(context: TaskContext<Params>): Promise<readonly FoundRow[]> {
  const { small, line, mailbox } = context;
  const { rights } = context.params;
  const grants = await Promise.all([
    rights.includes("full-access") && !isList(mailbox.type) ? fullAccess(context) : [],
    // No cmdlet tells who may send as a deleted mailbox: nobody can.
    small && rights.includes("send-as") && mailbox.type !== "soft-deleted" ? sendAs(context) : [],
    // A list is asked in any run, so that its own outcome says whether it is still there.
    isList(mailbox.type) ? ofList(context) : [],
    small && rights.includes("send-on-behalf") && !isList(mailbox.type) ? sendOnBehalf(context) : [],
  ]);
  return rowsOf(context, line, mailbox, grants.flat());
}

async function fullAccess(context: TaskContext<Params>): Promise<readonly Grant[]> {
  const reply = await context.read(FULL_ACCESS, {
    ResultSize: "Unlimited",
    IncludeUnresolvedPermissions: true,
    IncludeSoftDeletedUserPermissions: true,
    ...foundBy(context.mailbox),
  });
  return fullAccessGrants(reply);
}

async function sendAs(context: TaskContext<Params>): Promise<readonly Grant[]> {
  return sendAsOf(await context.read(SEND_AS, { ResultSize: "Unlimited" }));
}

async function sendOnBehalf(context: TaskContext<Params>): Promise<readonly Grant[]> {
  const { mailbox } = context;
  return sendOnBehalfOf(
    await context.read(SEND_ON_BEHALF, foundBy(mailbox), { select: DELEGATE_PROPERTIES }),
  );
}

async function ofList(context: TaskContext<Params>): Promise<readonly Grant[]> {
  const cmdlet = listCmdlet(context.mailbox.type);
  const reply = await context.read(cmdlet, {}, { select: DELEGATES_OF_LIST });
  const grants = sendOnBehalfGrants(onlyRow(cmdlet, reply), reply, cmdlet);
  return context.params.rights.includes("send-on-behalf") ? grants : [];
}

function listCmdlet(type: Mailbox["type"]): string {
  return type === "dynamic-list" ? DYNAMIC_LIST : LIST;
}

/** Mailboxes of Microsoft 365 groups, and deleted ones, are found only by cmdlets told to look among them. */
function foundBy({ type }: Mailbox): Parameters {
  if (type === "group") return { GroupMailbox: true };
  return type === "soft-deleted" ? { SoftDeletedMailbox: true } : {};
}

function headline(row: Row): string {
  const mailbox = textOf(row, "MailboxPrimarySmtp") || textOf(row, "MailboxId");
  const names = [
    textOf(row, "TrusteePrimarySmtp"),
    textOf(row, "TrusteeDisplayName"),
    textOf(row, "TrusteeRaw"),
  ];
  const trustee = names.find((name) => name !== "" && name !== "unknown");
  return `${trustee} ${row["Allow"] === false ? "is denied" : "holds"} ${textOf(row, "Right")} on ${mailbox}`;
}
