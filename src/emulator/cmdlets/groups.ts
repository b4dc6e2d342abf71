/** Group cmdlets: `Get-DistributionGroup`, `Get-DynamicDistributionGroup`, `Get-UnifiedGroup` and their members (exo-protocol.md 10.16). */
import type { CmdletRequest, RowSource } from "../cmdlet.ts";
import type { Kind } from "../organisation/kinds.ts";
import { type MemberRole, membersNow, membersOfGroup } from "../organisation/members.ts";
import type { Model } from "../organisation/model.ts";
import { type Column, Columns, Seen } from "./columns.ts";
import { type Definition, NO_ROWS, READERS, rows } from "./define.ts";
import { RECIPIENT_COLUMNS } from "./get-recipient.ts";
import { listing } from "./listing.ts";
import { objectsOf, oneObject } from "./objects.ts";
import { listOf, membersOf, textOf } from "./parameters.ts";
import { IDENTITY_COLUMNS, always, of } from "./shared-columns.ts";
import { date, flag, guid, int32, none, text, texts } from "./wire-values.ts";

const GROUP_COLUMNS: readonly Column[] = [
  ["Alias", of((recipient) => text(recipient.alias))],
  ["DisplayName", of((recipient) => text(recipient.displayName))],
  ["EmailAddresses", of((recipient) => texts(recipient.emailAddresses))],
  ["ExternalDirectoryObjectId", of((recipient) => text(recipient.objectId))],
  ["GrantSendOnBehalfTo", ({ state }) => texts(state.delegates.map(({ words }) => words))],
  ["HiddenFromAddressListsEnabled", always(flag(false))],
  ["LegacyExchangeDN", of((recipient) => text(recipient.legacyExchangeDN))],
  ["ManagedBy", of((group) => texts(membersOfGroup(group, "owner").map((owner) => owner.name)))],
  ["PrimarySmtpAddress", of((recipient) => text(recipient.primarySmtp))],
  ["RecipientType", of((recipient) => text(recipient.typeDetails))],
  ["RecipientTypeDetails", of((recipient) => text(recipient.typeDetails))],
  ["RequireSenderAuthenticationEnabled", always(flag(true))],
  ["IsDirSynced", of((recipient) => flag(recipient.dirSynced))],
  ["WindowsEmailAddress", of((recipient) => text(recipient.primarySmtp))],
];

const DISTRIBUTION_COLUMNS = new Columns([
  [
    "GroupType",
    of(({ kind }) => text(kind === "mail-security" ? "Universal, SecurityEnabled" : "Universal")),
  ],
  ["SamAccountName", of((recipient) => text(recipient.samAccountName))],
  ["MemberJoinRestriction", always(text("Closed"))],
  ["MemberDepartRestriction", always(text("Closed"))],
  ["IsValid", always(flag(true))],
  ...GROUP_COLUMNS,
  ...IDENTITY_COLUMNS.filter(([name]) => name !== "IsValid"),
]);

const DYNAMIC_COLUMNS = new Columns([
  ["RecipientFilter", always(text("(RecipientTypeDetails -eq 'UserMailbox')"))],
  ["IncludedRecipients", always(text("MailboxUsers"))],
  ...GROUP_COLUMNS,
  ...IDENTITY_COLUMNS,
]);

const UNIFIED_COLUMNS = new Columns([
  ["AccessType", of(({ index }) => text(index % 3 === 0 ? "Public" : "Private"))],
  ["ExchangeGuid", of((recipient) => guid(recipient.exchangeGuid))],
  ["ExpirationTime", always(none())],
  ["GroupMemberCount", of((group) => int32(membersOfGroup(group, "member").length))],
  [
    "GroupExternalMemberCount",
    of((group) => int32(membersOfGroup(group, "member").filter(({ isGuest }) => isGuest).length)),
  ],
  ["HiddenFromExchangeClientsEnabled", always(flag(true))],
  ["ResourceProvisioningOptions", of(({ index }) => texts(index % 2 === 0 ? ["Team"] : []))],
  ["SharePointSiteUrl", always(none())],
  ["WhenSoftDeleted", always(none())],
  ["WelcomeMessageEnabled", always(flag(true))],
  ["LastExchangeChangedTime", of((recipient) => date(recipient.changedMs))],
  ...GROUP_COLUMNS,
  ...IDENTITY_COLUMNS,
]);

function groupListing(
  name: string,
  kinds: readonly Kind[],
  columns: Columns,
  parameters: readonly string[],
): Definition {
  return {
    name,
    roles: READERS,
    parameters: ["Identity", "Anr", "Filter", "ResultSize", "SortBy", ...parameters],
    run: (model, request) =>
      rows(objectsOf(model, request, { kinds, columns, types: listOf(request, "RecipientTypeDetails") })),
  };
}

export const getDistributionGroup = groupListing(
  "Get-DistributionGroup",
  ["distribution", "mail-security"],
  DISTRIBUTION_COLUMNS,
  [
    "ManagedBy",
    "OrganizationalUnit",
    "RecipientTypeDetails",
    "IncludeGrantSendOnBehalfToWithDisplayNames",
    "IncludeManagedByWithDisplayNames",
  ],
);

export const getDynamicDistributionGroup = groupListing(
  "Get-DynamicDistributionGroup",
  ["dynamic"],
  DYNAMIC_COLUMNS,
  ["ManagedBy", "OrganizationalUnit", "IncludeSystemObjects"],
);

export const getUnifiedGroup = groupListing("Get-UnifiedGroup", ["group-mailbox"], UNIFIED_COLUMNS, [
  "IncludeAllProperties",
  "IncludeSoftDeletedGroups",
]);

/** Nothing for a Microsoft 365 group: emptiness is no proof (exo-protocol.md 6.5). */
export const getDistributionGroupMember: Definition = {
  name: "Get-DistributionGroupMember",
  roles: READERS,
  parameters: ["Identity", "IncludeSoftDeletedObjects", "ReadFromDomainController", "ResultSize"],
  run(model, request) {
    const group = oneObject(model, textOf(request, "Identity"), ({ kind }) =>
      ["distribution", "mail-security", "group-mailbox"].includes(kind),
    );
    if (group.kind === "group-mailbox") return rows(NO_ROWS);
    return rows(memberRows(model, request, membersNow(model, group, request)));
  },
};

/** Everybody its filter means: here, each user's mailbox. */
export const getDynamicDistributionGroupMember: Definition = {
  name: "Get-DynamicDistributionGroupMember",
  roles: READERS,
  parameters: ["Identity", "IncludeSoftDeletedObjects", "ResultSize"],
  run(model, request) {
    const group = oneObject(model, textOf(request, "Identity"), ({ kind }) => kind === "dynamic");
    return rows(memberRows(model, request, membersNow(model, group, request)));
  },
};

/** The service's own group with a role; others have their members elsewhere. */
export const getRoleGroupMember: Definition = {
  name: "Get-RoleGroupMember",
  roles: READERS,
  parameters: ["Identity", "ReadFromDomainController", "ResultSize"],
  run(model, request) {
    const group = oneObject(
      model,
      textOf(request, "Identity"),
      ({ typeDetails }) => typeDetails === "RoleGroup",
    );
    return rows(memberRows(model, request, membersNow(model, group, request)));
  },
};

function memberRows(model: Model, request: CmdletRequest, members: readonly number[]): RowSource {
  return listing([{ first: 0, end: members.length }], (nth) =>
    members
      .slice(nth, nth + 1)
      .map((index) =>
        RECIPIENT_COLUMNS.row(new Seen(model, request, model.directory.at(index)), request.select),
      ),
  );
}

const LINK_TYPES = {
  type: "Microsoft.Exchange.Management.RecipientTasks.LinkType",
  members: ["Aggregators", "EventSubscribers", "Members", "Owners", "Subscribers"],
};

export const getUnifiedGroupLinks: Definition = {
  name: "Get-UnifiedGroupLinks",
  roles: READERS,
  parameters: ["Identity", "LinkType", "ResultSize"],
  run(model, request) {
    const group = oneObject(model, textOf(request, "Identity"), ({ kind }) => kind === "group-mailbox");
    const [link] = membersOf(model, request, "LinkType", LINK_TYPES) ?? [];
    const role: MemberRole | undefined =
      link === "Owners" ? "owner" : link === "Members" ? "member" : undefined;
    const linked = role === undefined ? [] : membersOfGroup(group, role);
    return rows(
      listing([{ first: 0, end: linked.length }], (nth) =>
        linked
          .slice(nth, nth + 1)
          .map((member) => RECIPIENT_COLUMNS.row(new Seen(model, request, member), request.select)),
      ),
    );
  },
};
