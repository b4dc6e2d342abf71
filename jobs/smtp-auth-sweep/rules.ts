/** What deserves a look about SMTP AUTH (`peers.md` 3c, SW03), and how much. Pure. */
import { UNKNOWN } from "../common/cells.ts";
import type { Rule } from "../common/rules.ts";

export const RULES: readonly Rule[] = [
  {
    id: "smtp-auth-on",
    severity: "high",
    why: "the mailbox itself allows SMTP AUTH, whatever the tenant says: a password is enough to send as its owner",
    fires: (row) => row["SmtpAuth"] === "on",
  },
  {
    id: "smtp-auth-by-tenant",
    severity: "high",
    why: "the mailbox follows the tenant, which allows SMTP AUTH: a password is enough to send as its owner",
    fires: (row) => row["SmtpAuth"] === "follows-tenant" && row["Effective"] === "on",
  },
  {
    id: "tenant-allows-smtp-auth",
    severity: "high",
    why: "the tenant allows SMTP AUTH to every mailbox that does not forbid it",
    fires: (row) => row["About"] === "tenant" && row["TenantSmtpAuth"] === "on",
  },
  {
    id: "smtp-auth-unknown",
    severity: UNKNOWN,
    why: "whether SMTP AUTH is allowed depends on a setting of the tenant that could not be read",
    fires: (row) => row["Effective"] === UNKNOWN,
  },
];
