/** What a tenant wants to know every night: a set of reading jobs over one list of its mailboxes; `docs/decisions/0016`. */
import { auditBypassSweep } from "./audit-bypass-sweep.ts";
import { compose } from "./common/compose.ts";
import { folderPermissionAudit } from "./folder-permission-audit.ts";
import { forwardingSweep } from "./forwarding-sweep.ts";
import { inboxRuleSweep } from "./inbox-rule-sweep.ts";
import { inventory } from "./inventory.ts";
import { mobileDeviceInventory } from "./mobile-device-inventory.ts";
import { permissionAudit } from "./permission-audit.ts";
import { protocolsSweep } from "./protocols-sweep.ts";
import { quotaSweep } from "./quota-sweep.ts";
import { sharedSignInSweep } from "./shared-sign-in-sweep.ts";
import { smtpAuthSweep } from "./smtp-auth-sweep.ts";

/** What finds something by rules. */
const USUAL = [
  permissionAudit,
  forwardingSweep,
  inboxRuleSweep,
  smtpAuthSweep,
  auditBypassSweep,
  protocolsSweep,
  sharedSignInSweep,
  quotaSweep,
];

/** Only by name: two calls or more for each mailbox, or lists without findings. */
const MORE = [folderPermissionAudit, inventory, mobileDeviceInventory];

export const nightly = compose(
  "nightly",
  "Runs a set of sweeps and audits over one list of the tenant's mailboxes",
  [...USUAL, ...MORE],
  USUAL.map(({ name }) => name),
);
