/** Cmdlets about the tenant itself (exo-protocol.md 10.15), and the migration batches it does not have (10.18). */
import type { WireRow } from "../cmdlet.ts";
import type { Plan } from "../organisation/plan.ts";
import {
  OUTBOUND_POLICIES,
  REMOTE_DOMAINS,
  TENANT_DEFAULTS,
  TRANSPORT_ACTIONS,
  TRANSPORT_RULES,
  type TransportRule,
} from "../organisation/tenant-settings.ts";
import { type Definition, NO_ROWS, READERS, rows } from "./define.ts";
import { rowsOf } from "./listing.ts";
import { Refusal, textOf } from "./parameters.ts";
import { flag, guid, int32, none, size, text, texts } from "./wire-values.ts";

const MB = 2 ** 20;

export const getOrganizationConfig: Definition = {
  name: "Get-OrganizationConfig",
  roles: READERS,
  parameters: ["RetrieveEwsOperationAccessPolicy"],
  run: ({ plan }) =>
    rows(
      rowsOf([
        [
          ["Name", text(plan.options.domain)],
          ["DisplayName", text("Contoso")],
          ["Guid", guid(plan.options.tenantId)],
          ["AuditDisabled", flag(TENANT_DEFAULTS.auditDisabled)],
          ["AutoExpandingArchiveEnabled", flag(false)],
          ["AutoEnableArchiveMailbox", flag(false)],
          ["BookingsEnabled", flag(true)],
          ["CustomerLockboxEnabled", flag(false)],
          ["DefaultAuthenticationPolicy", none()],
          ["EwsEnabled", flag(TENANT_DEFAULTS.ewsEnabled)],
          ["EwsApplicationAccessPolicy", none()],
          // One element with commas, like access rights (exo-protocol.md 5.3).
          ["EwsAllowedAppIDs", texts([`${plan.options.tenantId}, 00000002-0000-0ff1-ce00-000000000000`])],
          ["FocusedInboxOn", none()],
          ["IsDehydrated", flag(false)],
          ["MailTipsLargeAudienceThreshold", int32(25)],
          ["OAuth2ClientProfileEnabled", flag(true)],
          ["PublicFoldersEnabled", text("Local")],
          ["RejectDirectSend", flag(false)],
          ["Identity", text(plan.options.domain)],
          ["IsValid", flag(true)],
          ["ObjectState", text("Unchanged")],
        ],
      ]),
    ),
};

export const getTransportConfig: Definition = {
  name: "Get-TransportConfig",
  roles: READERS,
  parameters: [],
  run: () =>
    rows(
      rowsOf([
        [
          ["Identity", text("Transport Settings")],
          ["SmtpClientAuthenticationDisabled", flag(TENANT_DEFAULTS.smtpAuthDisabled)],
          ["AllowLegacyTLSClients", none()],
          ["MaxReceiveSize", size(36 * MB)],
          ["MaxSendSize", size(35 * MB)],
          ["MaxRecipientEnvelopeLimit", text("500")],
          ["MessageExpiration", text("1.00:00:00")],
          ["JournalingReportNdrTo", text("<>")],
          ["ExternalPostmasterAddress", none()],
          ["IsValid", flag(true)],
          ["ObjectState", text("Unchanged")],
        ],
      ]),
    ),
};

export const getAcceptedDomain: Definition = {
  name: "Get-AcceptedDomain",
  roles: READERS,
  parameters: ["Identity", "ResultSize"],
  run({ plan }, request) {
    const identity = textOf(request, "Identity")?.toLowerCase() ?? "";
    const { initial, main, second, international } = plan.domains;
    const wanted = [initial, main, second, international].filter(
      (domain) => identity === "" || domain.toLowerCase() === identity,
    );
    if (wanted.length === 0) throw new Refusal({ kind: "not-found", subject: identity });
    return rows(rowsOf(wanted.map((domain) => domainRow(plan, domain))));
  },
};

function domainRow({ domains }: Plan, domain: string): WireRow {
  return [
    ["DomainName", text(domain)],
    ["CatchAllRecipientID", none()],
    ["DomainType", text(domain === domains.second ? "InternalRelay" : "Authoritative")],
    ["MatchSubDomains", flag(false)],
    ["AddressBookEnabled", flag(true)],
    ["Default", flag(domain === domains.main)],
    ["IsDefault", flag(domain === domains.main)],
    ["InitialDomain", flag(domain === domains.initial)],
    ["AuthenticationType", text("Managed")],
    ["Name", text(domain)],
    ["Identity", text(domain)],
    ["IsValid", flag(true)],
    ["ObjectState", text("Unchanged")],
  ];
}

export const getMigrationBatch: Definition = {
  name: "Get-MigrationBatch",
  roles: READERS,
  about: [],
  parameters: [
    "Identity",
    "DiagnosticInfo",
    "Endpoint",
    "IncludeReport",
    "Partition",
    "ResultSize",
    "Status",
  ],
  run(_, request) {
    const identity = textOf(request, "Identity") ?? "";
    if (identity !== "") throw new Refusal({ kind: "not-found", subject: identity });
    return rows(NO_ROWS);
  },
};

/** No recorded row: names are the documented ones. */
export const getHostedOutboundSpamFilterPolicy: Definition = {
  name: "Get-HostedOutboundSpamFilterPolicy",
  roles: READERS,
  about: [],
  parameters: ["Identity"],
  run({ plan }, request) {
    const found = named(OUTBOUND_POLICIES, textOf(request, "Identity"));
    return rows(
      rowsOf(
        found.map(({ name, isDefault, autoForwarding }) => [
          ["AdminDisplayName", text("")],
          ["RecipientLimitExternalPerHour", int32(0)],
          ["RecipientLimitInternalPerHour", int32(0)],
          ["RecipientLimitPerDay", int32(0)],
          ["ActionWhenThresholdReached", text("BlockUserForToday")],
          ["AutoForwardingMode", text(autoForwarding)],
          ["BccSuspiciousOutboundMail", flag(false)],
          ["NotifyOutboundSpam", flag(false)],
          ["IsDefault", flag(isDefault)],
          ["Enabled", flag(true)],
          ...tailOf(plan, name),
        ]),
      ),
    );
  },
};

/** No recorded row: names are the documented ones. */
export const getRemoteDomain: Definition = {
  name: "Get-RemoteDomain",
  roles: READERS,
  about: [],
  parameters: ["Identity", "ResultSize"],
  run({ plan }, request) {
    const found = named(REMOTE_DOMAINS, textOf(request, "Identity"));
    return rows(
      rowsOf(
        found.map(({ name, domain, autoForward }) => [
          ["DomainName", text(domain)],
          ["IsInternal", flag(false)],
          ["AllowedOOFType", text("External")],
          ["AutoReplyEnabled", flag(true)],
          ["AutoForwardEnabled", flag(autoForward)],
          ["DeliveryReportEnabled", flag(true)],
          ["NDREnabled", flag(true)],
          ["TNEFEnabled", none()],
          ["TrustedMailOutboundEnabled", flag(false)],
          ...tailOf(plan, name),
        ]),
      ),
    );
  },
};

/** No recorded row: names are the documented ones. */
export const getTransportRule: Definition = {
  name: "Get-TransportRule",
  roles: READERS,
  about: [],
  parameters: ["Identity", "DlpPolicy", "ExcludeConditionActionDetails", "Filter", "ResultSize", "State"],
  run({ plan }, request) {
    const found = named<TransportRule>(TRANSPORT_RULES, textOf(request, "Identity"));
    return rows(
      rowsOf(
        found.map(({ name, state, mode, sends }, priority) => [
          ["Priority", int32(priority)],
          ["State", text(state)],
          ["Mode", text(mode)],
          ...TRANSPORT_ACTIONS.map((action) => {
            const to = sends[action];
            return [
              action,
              to === undefined ? none() : texts(to.map((one) => addressIn(plan, one))),
            ] as const;
          }),
          ...tailOf(plan, name),
        ]),
      ),
    );
  },
};

function addressIn({ domains }: Plan, to: string): string {
  return to.includes("@") ? to : `${to}@${domains.main}`;
}

/** @throws {Refusal} when an identity means none of them */
function named<T extends { readonly name: string }>(all: readonly T[], identity = ""): readonly T[] {
  const found = all.filter(({ name }) => identity === "" || name.toLowerCase() === identity.toLowerCase());
  if (found.length === 0) throw new Refusal({ kind: "not-found", subject: identity });
  return found;
}

function tailOf({ ids }: Plan, name: string): WireRow {
  return [
    ["Identity", text(name)],
    ["Id", text(name)],
    ["Name", text(name)],
    [
      "Guid",
      guid(`${Buffer.from(name.padEnd(4)).toString("hex", 0, 4)}${ids.guid("directory", 0).slice(8)}`),
    ],
    ["IsValid", flag(true)],
    ["ObjectState", text("Unchanged")],
  ];
}
