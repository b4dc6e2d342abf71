/** `Get-` and `Set-MailboxAuditBypassAssociation`: whose doings no mailbox audits. No recorded row: names are the documented ones. */
import { bypassesAudit } from "../organisation/details.ts";
import { type Kind, LIVE_MAILBOXES } from "../organisation/kinds.ts";
import { Columns } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { rowsOf } from "./listing.ts";
import { objectsOf } from "./objects.ts";
import { textOf } from "./parameters.ts";
import { property, type Setting, toFlag } from "./settings.ts";
import { settingCmdlet } from "./setting-cmdlet.ts";
import { IDENTITY_COLUMNS, of } from "./shared-columns.ts";
import { flag, guid } from "./wire-values.ts";

/** What the service says with rows that are not all (exo-protocol.md 6.2). */
const TRUNCATED =
  "There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.";

export const AUDIT_BYPASS_COLUMNS = new Columns([
  ["ObjectId", of((recipient) => guid(recipient.guid))],
  ["AuditBypassEnabled", of((recipient) => flag(bypassesAudit(recipient)))],
  ...IDENTITY_COLUMNS,
]);

export const AUDIT_BYPASS_SETTINGS: readonly Setting[] = [property("AuditBypassEnabled", toFlag)];

/** Accounts without a mailbox, too: what they do in the mailboxes of others is what is not recorded. */
const LISTED: readonly Kind[] = [...LIVE_MAILBOXES, "mail-user", "account"];
/** Rows of a caller who does not say how many he wants. */
const UNASKED_ROWS = 1000;

export const getMailboxAuditBypassAssociation: Definition = {
  name: "Get-MailboxAuditBypassAssociation",
  roles: READERS,
  parameters: ["Identity", "ResultSize"],
  run(model, request) {
    const all = objectsOf(model, request, { kinds: LISTED, columns: AUDIT_BYPASS_COLUMNS });
    if (textOf(request, "ResultSize") !== undefined) return rows(all);
    const first = all.read(undefined, UNASKED_ROWS);
    return rows(rowsOf(first.rows), first.next === undefined ? {} : { warnings: [TRUNCATED] });
  },
};

export const setMailboxAuditBypassAssociation = settingCmdlet(
  "Set-MailboxAuditBypassAssociation",
  AUDIT_BYPASS_SETTINGS,
  AUDIT_BYPASS_COLUMNS,
);
