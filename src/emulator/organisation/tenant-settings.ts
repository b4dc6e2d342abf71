/** Settings of the tenant itself that sweeps look at; the cmdlets and the truth both have them from here. */

/** Outbound spam policies: only the exception for some users lets mail be forwarded out by itself. */
export const OUTBOUND_POLICIES = [
  { name: "Default", isDefault: true, autoForwarding: "Automatic" },
  { name: "Executives = <b>exempt</b>", isDefault: false, autoForwarding: "On" },
  { name: "Nobody", isDefault: false, autoForwarding: "Off" },
] as const;

export const REMOTE_DOMAINS = [
  { name: "Default", domain: "*", autoForward: true },
  { name: "Partner", domain: "partner.example", autoForward: false },
] as const;

/** Rules of the tenant's mail flow, whoever's mail it is. Targets without an `@` are mailboxes of the tenant, by what stands before it. */
export const TRANSPORT_RULES = [
  { name: "Disclaimer", state: "Enabled", mode: "Enforce", sends: {} },
  {
    name: "Copies <script>of all</script> mail",
    state: "Enabled",
    mode: "Enforce",
    sends: { BlindCopyTo: ["copies@watching.example"], CopyTo: ["postmaster"] },
  },
  {
    name: "Old brand",
    state: "Disabled",
    mode: "Enforce",
    sends: { RedirectMessageTo: ["Sales@partner.example"] },
  },
  {
    name: "Try-out",
    state: "Enabled",
    mode: "AuditAndNotify",
    sends: { AddToRecipients: ["boss@partner.example"] },
  },
] as const satisfies readonly TransportRule[];

/** Actions of such a rule that send mail on, by their names in a row. */
export const TRANSPORT_ACTIONS = ["AddToRecipients", "BlindCopyTo", "CopyTo", "RedirectMessageTo"] as const;

export interface TransportRule {
  readonly name: string;
  readonly state: "Enabled" | "Disabled";
  readonly mode: "Audit" | "AuditAndNotify" | "Enforce";
  readonly sends: Partial<Record<(typeof TRANSPORT_ACTIONS)[number], readonly string[]>>;
}

/** Of the tenant as a whole: what a mailbox falls back to. */
export const TENANT_DEFAULTS = {
  smtpAuthDisabled: false,
  auditDisabled: false,
  ewsEnabled: null,
} as const;
