/** `Get-` and `Set-MailboxAuditBypassAssociation`: whose doings no mailbox audits. No recorded row: names are the documented ones. */
import { LIVE_MAILBOXES } from "../organisation/kinds.ts";
import { Columns } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { objectsOf } from "./objects.ts";
import { property, type Setting, toFlag } from "./settings.ts";
import { settingCmdlet } from "./setting-cmdlet.ts";
import { IDENTITY_COLUMNS, always, of } from "./shared-columns.ts";
import { flag, guid } from "./wire-values.ts";

export const AUDIT_BYPASS_COLUMNS = new Columns([
  ["ObjectId", of((recipient) => guid(recipient.guid))],
  ["AuditBypassEnabled", always(flag(false))],
  ...IDENTITY_COLUMNS,
]);

export const AUDIT_BYPASS_SETTINGS: readonly Setting[] = [property("AuditBypassEnabled", toFlag)];

export const getMailboxAuditBypassAssociation: Definition = {
  name: "Get-MailboxAuditBypassAssociation",
  roles: READERS,
  parameters: ["Identity", "ResultSize"],
  run: (model, request) =>
    rows(objectsOf(model, request, { kinds: LIVE_MAILBOXES, columns: AUDIT_BYPASS_COLUMNS })),
};

export const setMailboxAuditBypassAssociation = settingCmdlet(
  "Set-MailboxAuditBypassAssociation",
  AUDIT_BYPASS_SETTINGS,
  AUDIT_BYPASS_COLUMNS,
);
