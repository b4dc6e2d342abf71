/**
 * Where mail is sent on by itself: the two settings of a mailbox, its inbox rules, hidden ones too, the delegates of rooms, rules of the
 * tenant's mail flow, and whether the tenant lets it out; `peers.md` 3c, SW01 and SW02.
 *
 * The settings come from one listing of the tenant; rules have to be asked of every mailbox, delegates of every room.
 */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { BulkContext, FoundRow, Row, TaskContext } from "../src/job/index.ts";
import { mailboxWords } from "./common/cells.ts";
import { groupNeeds, groupRead } from "./common/groups/expand.ts";
import { REACH_TYPES } from "./common/groups/reach-cells.ts";
import { listingRead, ofThisMailbox } from "./common/mailbox-listing.ts";
import { listOf } from "./common/params.ts";
import { forwardingAccess } from "./forwarding-sweep/access.ts";
import { COLUMNS } from "./forwarding-sweep/columns.ts";
import { ACCEPTED_DOMAINS, Destinations, RECIPIENTS } from "./forwarding-sweep/destination.ts";
import { forwardingJudge, RULES } from "./forwarding-sweep/rules.ts";
import {
  DELEGATES,
  delegateRows,
  groupIn,
  isBooked,
  LISTING,
  ruleRows,
  settingRows,
} from "./forwarding-sweep/row.ts";
import {
  OUTBOUND_POLICIES,
  REMOTE_DOMAINS,
  outboundPolicies,
  remoteDomains,
} from "./forwarding-sweep/tenant.ts";
import { TRANSPORT_RULES, transportRules } from "./forwarding-sweep/transport.ts";
import { readRules } from "./inbox-rules/read.ts";
import { INBOX_RULES } from "./inbox-rules/rule.ts";

const PLACES = ["mailboxes", "rules", "delegates", "tenant"] as const;
const READER = "View-Only Organization Management";

const params = z.strictObject({
  places: listOf(z.enum(PLACES))
    .default([...PLACES])
    .describe(
      "Where to look: settings of mailboxes, inbox rules (a call for each mailbox), delegates of rooms and equipment (a call for each), settings and mail flow rules of the tenant",
    ),
  allowedDomains: listOf(z.string().min(1).toLowerCase())
    .default([])
    .describe("Domains outside the tenant that mail may be forwarded to"),
  expand: z
    .enum(["none", "members"])
    .default("members")
    .describe(
      "What is made of groups that mail goes to: nothing; or their members read, counted and found by look-ups",
    ),
});
type Params = z.output<typeof params>;

const wants =
  (...places: readonly (typeof PLACES)[number][]) =>
  (params: Params): boolean =>
    places.some((place) => params.places.includes(place));

function followsGroups(params: Params): boolean {
  return params.expand !== "none";
}

export const forwardingSweep = defineJob<Params>({
  name: "forwarding-sweep",
  summary: "Lists where mail is forwarded by itself, and which of it leaves the tenant",
  writes: false,
  params,
  columns: COLUMNS,
  columnTypes: { Hidden: "boolean", Active: "boolean", KeepsCopy: "boolean", ...REACH_TYPES },
  cmdlets: [
    { cmdlet: INBOX_RULES, role: READER, per: "target", wanted: wants("rules") },
    { cmdlet: LISTING.cmdlet, role: READER, per: "tenant", wanted: wants("mailboxes") },
    {
      cmdlet: DELEGATES,
      role: READER,
      per: "target",
      wanted: wants("delegates"),
      sentFor: isBooked,
    },
    { cmdlet: RECIPIENTS, role: READER, per: "tenant" },
    { cmdlet: ACCEPTED_DOMAINS, role: READER, per: "tenant" },
    { cmdlet: TRANSPORT_RULES, role: READER, per: "tenant", wanted: wants("tenant") },
    { cmdlet: OUTBOUND_POLICIES, role: READER, per: "tenant", wanted: wants("tenant") },
    { cmdlet: REMOTE_DOMAINS, role: READER, per: "tenant", wanted: wants("tenant") },
    ...groupNeeds<Params>(followsGroups),
  ],
  naiveCallsPerTarget: 2,
  bulk: [
    listingRead({
      name: "forwarding-settings",
      listing: LISTING,
      wanted: wants("mailboxes"),
      rowsIn(context) {
        const destinations = new Destinations(context);
        return (listed) => settingRows(context, destinations, listed);
      },
    }),
    {
      name: "transport-rules",
      cmdlet: TRANSPORT_RULES,
      always: true,
      wanted: wants("tenant"),
      perform: (context: BulkContext<Params>) => transportRules(context),
    },
    {
      name: "outbound-policies",
      cmdlet: OUTBOUND_POLICIES,
      always: true,
      wanted: wants("tenant"),
      perform: (context: BulkContext<Params>) => outboundPolicies(context),
    },
    {
      name: "remote-domains",
      cmdlet: REMOTE_DOMAINS,
      always: true,
      wanted: wants("tenant"),
      perform: (context: BulkContext<Params>) => remoteDomains(context),
    },
    groupRead<Params>({ wanted: followsGroups, groupIn }),
  ],
  perform,
  judge: forwardingJudge,
  rules: RULES,
  principalColumns: ["DestinationId", "DestinationAddress"],
  headline,
  access: { ...forwardingAccess, followsGroups },
  comparison: {
    key: ["Kind", "RuleId", "SettingId"],
    who: { ids: ["DestinationId", "DestinationAddress"], name: "DestinationRaw" },
    facts: ["Active", "Hidden", "KeepsCopy", "DestinationScope", "Setting"],
    source: "Source",
  },
});

async function perform(context: TaskContext<Params>): Promise<readonly FoundRow[]> {
  const { places } = context.params;
  const destinations = new Destinations(context);
  const found = await Promise.all([
    places.includes("mailboxes")
      ? ofThisMailbox(context, LISTING, (listed) => settingRows(context, destinations, listed))
      : [],
    places.includes("rules") ? rules(context, destinations) : [],
    places.includes("delegates") && isBooked(context.mailbox.type) ? delegates(context, destinations) : [],
  ]);
  return found.flat();
}

async function rules(context: TaskContext<Params>, destinations: Destinations): Promise<readonly FoundRow[]> {
  const read = await readRules(context, (rule) => rule.sends.length > 0);
  return ruleRows(context, destinations, read);
}

async function delegates(
  context: TaskContext<Params>,
  destinations: Destinations,
): Promise<readonly FoundRow[]> {
  return delegateRows(context, destinations, await context.read(DELEGATES, {}));
}

function headline(row: Row): string {
  if (row["DestinationScope"] === null) return `${String(row["SettingId"])}: ${String(row["Setting"])}`;
  const address = row["DestinationAddress"];
  const to = address === "unknown" ? row["DestinationRaw"] : address;
  return `mail of ${mailboxWords(row)} goes to ${String(to)} (${String(row["Kind"])})`;
}
