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

/** Of the tenant as a whole: what a mailbox falls back to. */
export const TENANT_DEFAULTS = {
  smtpAuthDisabled: false,
  auditDisabled: false,
  ewsEnabled: null,
} as const;
