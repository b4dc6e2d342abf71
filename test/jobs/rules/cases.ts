/** For each rule of the catalogue: rows that make it fire, and rows just as near that must not. */
import type { GroupReach, Row } from "../../../src/job/index.ts";

export interface RuleCase {
  readonly fires: Row;
  readonly silent: Row;
  /** Parameters of the job; its own where absent. */
  readonly params?: object;
  /** Rows of the same mailbox that stand beside it, so that it fires; the silent row stands alone. */
  readonly beside?: readonly Row[];
  /** What the run has read of the group in the rows. */
  readonly reach?: { readonly fires?: GroupReach; readonly silent?: GroupReach };
}

const GRANT: Row = {
  MailboxId: "box-1",
  MailboxPrimarySmtp: "sales@contoso.com",
  MailboxType: "shared",
  Right: "FullAccess",
  AccessRightsRaw: "FullAccess",
  Allow: true,
  Inherited: false,
  TrusteeRaw: "anna@contoso.com",
  TrusteeSid: "S-1-5-21-1-2-3-4",
  TrusteeId: "anna-id",
  TrusteeClass: "user",
  ReadAtUtc: "2026-05-04T03:02:01.000Z",
  Source: "Get-MailboxPermission",
};
const GROUP: Row = { ...GRANT, TrusteeId: "Team-Id", TrusteeClass: "group" };
const REACH: GroupReach = { id: "team-id", people: 7, guests: 0 };
const SEND_AS: Row = { ...GRANT, Right: "SendAs" };
const ENTRY: Row = {
  MailboxId: "box-1",
  FolderType: "Inbox",
  UserClass: "user",
  AccessRights: "Reviewer",
  SharingPermissionFlags: null,
};
const CALENDAR: Row = { ...ENTRY, FolderType: "Calendar" };
const FORWARD: Row = {
  Kind: "rule-forward",
  Active: true,
  Hidden: false,
  DestinationScope: "external",
  DestinationAddress: "eve@out.example",
  DestinationType: "address",
  Setting: null,
};
const INSIDE: Row = { ...FORWARD, DestinationScope: "internal", DestinationType: "user" };
const POLICY: Row = {
  Kind: "outbound-policy",
  Active: null,
  Hidden: null,
  DestinationScope: null,
  Setting: "AutoForwardingMode=On",
};
const DOMAIN: Row = { ...POLICY, Kind: "remote-domain", Setting: "AutoForwardEnabled=True" };
const RULE: Row = {
  RuleName: "Invoices",
  Enabled: true,
  Hidden: false,
  Conditions: "From",
  Deletes: false,
  MovesTo: null,
};
const SMTP: Row = { About: "mailbox", SmtpAuth: "off", TenantSmtpAuth: "off", Effective: "off" };
const AUDIT: Row = { Kind: "settings", Audit: "on", DefaultAuditSet: "Admin; Delegate; Owner" };
const PROTOCOLS: Row = {
  Pop: "off",
  Imap: "off",
  EwsEffective: "off",
  ActiveSync: "off",
  ReadAtUtc: "2026-05-04T03:02:01.000Z",
};
const AFTER_EWS: Row = { ...PROTOCOLS, EwsEffective: "on", ReadAtUtc: "2027-04-01T00:00:00.000Z" };
const STORE: Row = {
  Store: "mailbox",
  Opened: true,
  UsedBytes: 10,
  QuotaBytes: 100,
  AutoExpanding: null,
  Source: "Get-MailboxStatistics",
};
const ARCHIVE: Row = { ...STORE, Store: "archive", AutoExpanding: false };
const SHARED: Row = {
  MailboxPrimarySmtp: "room@contoso.com",
  MailboxType: "shared",
  SignIn: "allowed",
  Licensed: true,
};
const ROOM: Row = { ...SHARED, MailboxType: "room" };
const DEVICE: Row = { MailboxId: "box-1", AccessState: "Allowed", AccessStateReason: "Global" };

const near = (row: Row, fires: Row, silent: Row = {}): RuleCase => ({
  fires: { ...row, ...fires },
  silent: { ...row, ...silent },
});

/** By job and rule. */
export const CASES: Readonly<Record<string, Readonly<Record<string, RuleCase>>>> = {
  "permission-audit": {
    "external-access": near(GRANT, { TrusteeClass: "guest" }),
    hub: { ...near(GRANT, {}), params: { hubMailboxes: 1, hubPercent: 100 } },
    "disabled-account": near(GRANT, { TrusteeClass: "disabled" }),
    "sensitive-mailbox": {
      ...near(GRANT, {}, { MailboxId: "box-2", MailboxPrimarySmtp: "other@contoso.com" }),
      params: { sensitive: ["sales@contoso.com"] },
    },
    "explicit-deny": near(GRANT, { Allow: false }, { Allow: false, Inherited: true }),
    "orphan-access": near(
      GRANT,
      { TrusteeClass: "orphan-sid" },
      { TrusteeClass: "orphan-sid", Right: "DeleteItem" },
    ),
    "full-access-on-user-mailbox": near(GRANT, { MailboxType: "user" }),
    "send-as-without-full-access": near(SEND_AS, {}, { MailboxType: "user" }),
    "guests-through-group": {
      ...near(GROUP, {}),
      reach: { fires: { ...REACH, guests: 1 }, silent: REACH },
    },
    "large-group": {
      ...near(GROUP, {}),
      params: { manyPeople: 7 },
      reach: { fires: { ...REACH, people: 8 }, silent: REACH },
    },
    "group-members-unknown": {
      ...near(GROUP, {}),
      reach: { fires: { ...REACH, gap: "refused" }, silent: REACH },
    },
    "trustee-unresolved": near(GRANT, { TrusteeClass: "unresolved" }),
    "orphan-entry": near(
      GRANT,
      { TrusteeClass: "orphan-sid", Right: "DeleteItem" },
      { TrusteeClass: "orphan-sid" },
    ),
    "delegate-unresolved": near(
      GRANT,
      { Right: "SendOnBehalf", TrusteeClass: "unresolved" },
      { Right: "SendOnBehalf" },
    ),
    "soft-deleted-trustee": near(GRANT, { TrusteeClass: "soft-deleted" }),
    "group-not-automapped": near(
      GRANT,
      { TrusteeClass: "group" },
      { TrusteeClass: "group", Right: "SendAs" },
    ),
  },
  "folder-permission-audit": {
    "everybody-reads-mail": near(
      ENTRY,
      { UserClass: "default" },
      { UserClass: "default", AccessRights: "None" },
    ),
    "everybody-opens-folder": near(
      { ...ENTRY, FolderType: "User Created" },
      { UserClass: "anonymous" },
      { UserClass: "user" },
    ),
    "calendar-above-policy": near(
      CALENDAR,
      { UserClass: "default", AccessRights: "Editor" },
      { UserClass: "default", AccessRights: "None" },
    ),
    "calendar-open-to-anybody": near(CALENDAR, { UserClass: "anonymous" }, { UserClass: "default" }),
    "external-sharing": near(
      CALENDAR,
      { UserClass: "external" },
      { UserClass: "external", AccessRights: "None" },
    ),
    "guests-through-group": {
      ...near({ ...ENTRY, UserClass: "group", UserId: "Team-Id" }, {}),
      reach: { fires: { ...REACH, guests: 1 }, silent: REACH },
    },
    "group-members-unknown": {
      ...near({ ...ENTRY, UserClass: "group", UserId: "Team-Id" }, {}),
      reach: { fires: { ...REACH, gap: "refused" }, silent: REACH },
    },
    "user-unresolved": near(ENTRY, { UserClass: "unresolved" }),
    "orphan-entry": near(ENTRY, { UserClass: "orphan-sid" }),
    "sees-private-items": near(
      CALENDAR,
      { SharingPermissionFlags: "Delegate, CanViewPrivateItems" },
      { SharingPermissionFlags: "Delegate" },
    ),
  },
  "forwarding-sweep": {
    "external-forwarding": near(FORWARD, {}, { Active: false }),
    "hidden-forwarding": near(INSIDE, { Hidden: true }),
    "auto-forwarding-allowed": near(POLICY, {}, { Setting: "AutoForwardingMode=Off" }),
    "remote-domain-allows-forwarding": { ...near(DOMAIN, {}), beside: [POLICY] },
    "external-forwarding-at-rest": near(FORWARD, { Active: false }),
    "destination-unknown": near(FORWARD, { DestinationScope: "unknown" }),
    "external-forwarding-by-group": {
      ...near({ ...INSIDE, DestinationType: "group", DestinationId: "Team-Id" }, {}),
      reach: { fires: { ...REACH, contacts: 1 }, silent: REACH },
    },
    "forwarding-to-group": {
      ...near({ ...INSIDE, DestinationType: "group", DestinationId: "Team-Id" }, {}),
      reach: { fires: { ...REACH, gap: "refused" }, silent: REACH },
    },
    "allowed-forwarding": {
      ...near(FORWARD, {}, { DestinationAddress: "eve@elsewhere.example" }),
      params: { allowedDomains: ["out.example"] },
    },
    "internal-forwarding": near(INSIDE, {}, { DestinationScope: "external" }),
  },
  "inbox-rule-sweep": {
    "hidden-rule": near(RULE, { Hidden: true }),
    "deletes-all-mail": near(RULE, { Deletes: true, Conditions: null }, { Deletes: true }),
    "moves-mail-out-of-sight": near(RULE, { MovesTo: "RSS Feeds" }, { MovesTo: "Invoices" }),
    "name-says-nothing": near(RULE, { RuleName: ".." }, { RuleName: "..", Enabled: false }),
    "deletes-some-mail": near(RULE, { Deletes: true }, { Deletes: true, Conditions: null }),
  },
  "smtp-auth-sweep": {
    "smtp-auth-on": near(SMTP, { SmtpAuth: "on", Effective: "on" }),
    "smtp-auth-by-tenant": near(
      SMTP,
      { SmtpAuth: "follows-tenant", TenantSmtpAuth: "on", Effective: "on" },
      { SmtpAuth: "follows-tenant" },
    ),
    "tenant-allows-smtp-auth": near(
      SMTP,
      { About: "tenant", SmtpAuth: null, TenantSmtpAuth: "on", Effective: "on" },
      { TenantSmtpAuth: "on" },
    ),
    "smtp-auth-unknown": near(SMTP, { SmtpAuth: "follows-tenant", Effective: "unknown" }),
  },
  "audit-bypass-sweep": {
    "audit-bypassed": near(AUDIT, { Kind: "bypass", Audit: null }),
    "tenant-audit-off": near(AUDIT, { Kind: "tenant", Audit: "off" }, { Kind: "tenant" }),
    "audit-off": near(AUDIT, { Audit: "off" }),
    "audit-actions-chosen": near(AUDIT, { DefaultAuditSet: "Admin; Owner" }),
    "audit-unknown": near(AUDIT, { Audit: "unknown" }),
  },
  "protocols-sweep": {
    "ews-on": { fires: { ...AFTER_EWS, ReadAtUtc: "2027-03-31T23:59:59.000Z" }, silent: AFTER_EWS },
    "pop-on": near(PROTOCOLS, { Pop: "on" }),
    "imap-on": near(PROTOCOLS, { Imap: "on" }),
    "activesync-on": { ...near(PROTOCOLS, { ActiveSync: "on" }), params: { forbidden: ["activesync"] } },
    "ews-left-on": near(AFTER_EWS, {}, { EwsEffective: "off" }),
    "ews-unset": near(PROTOCOLS, { EwsEffective: "unknown" }),
  },
  "quota-sweep": {
    "mailbox-full": near(STORE, { UsedBytes: 100 }),
    "mailbox-fills-up": near(STORE, { UsedBytes: 92 }),
    "recoverable-items-full": near({ ...STORE, Store: "recoverable-items" }, { UsedBytes: 100 }),
    "archive-full": near(ARCHIVE, { UsedBytes: 100 }, { UsedBytes: 100, AutoExpanding: true }),
    "archive-fills-up": near(ARCHIVE, { UsedBytes: 92 }, { UsedBytes: 92, AutoExpanding: true }),
    "share-unknown": near(STORE, { QuotaBytes: "unknown" }),
  },
  "shared-sign-in-sweep": {
    "shared-sign-in": near(SHARED, {}, { SignIn: "blocked" }),
    "unlicensed-sign-in": near(SHARED, { Licensed: false }),
    "resource-sign-in": near(ROOM, {}, { SignIn: "blocked" }),
    "sign-in-unknown": near(ROOM, { SignIn: "unknown" }),
    "expected-sign-in": {
      ...near(ROOM, {}, { MailboxPrimarySmtp: "other@contoso.com" }),
      params: { expected: ["room@contoso.com"] },
    },
  },
  "mobile-device-inventory": {
    "device-quarantined": near(DEVICE, { AccessState: "Quarantined" }),
    "access-unknown": near(DEVICE, { AccessState: "unknown" }),
    "allowed-by-exception": near(DEVICE, { AccessStateReason: "Individual" }),
    "owner-unknown": near(DEVICE, { MailboxId: null }),
    "device-blocked": near(DEVICE, { AccessState: "Blocked" }),
  },
};
