/** The catalogue: every job, by name. A new job is one file and one line here. */
import type { Job } from "../src/job/index.ts";
import { applyChanges } from "./apply-changes.ts";
import { auditBypassSweep } from "./audit-bypass-sweep.ts";
import { folderPermissionAudit } from "./folder-permission-audit.ts";
import { forwardingSweep } from "./forwarding-sweep.ts";
import { inboxRuleSweep } from "./inbox-rule-sweep.ts";
import { inventory } from "./inventory.ts";
import { mobileDeviceInventory } from "./mobile-device-inventory.ts";
import { nightly } from "./nightly.ts";
import { permissionAudit } from "./permission-audit.ts";
import { protocolsSweep } from "./protocols-sweep.ts";
import { quotaSweep } from "./quota-sweep.ts";
import { sharedSignInSweep } from "./shared-sign-in-sweep.ts";
import { smtpAuthSweep } from "./smtp-auth-sweep.ts";

export const catalogue: readonly Job[] = [
  inventory,
  permissionAudit,
  folderPermissionAudit,
  forwardingSweep,
  inboxRuleSweep,
  smtpAuthSweep,
  auditBypassSweep,
  protocolsSweep,
  sharedSignInSweep,
  quotaSweep,
  mobileDeviceInventory,
  nightly,
  applyChanges,
];
