/** `Get-Group`: every group of the directory, with or without mail, and its SID. */
import type { Kind } from "../organisation/kinds.ts";
import { membersNow } from "../organisation/members.ts";
import { Columns } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { objectsOf } from "./objects.ts";
import { listOf } from "./parameters.ts";
import { IDENTITY_COLUMNS, always, of } from "./shared-columns.ts";
import { flag, text, texts } from "./wire-values.ts";

const LISTED: readonly Kind[] = ["group-mailbox", "distribution", "mail-security", "security"];

const COLUMNS = new Columns([
  ["DisplayName", of((recipient) => text(recipient.displayName))],
  [
    "GroupType",
    of(({ kind }) =>
      text(kind === "mail-security" || kind === "security" ? "Universal, SecurityEnabled" : "Universal"),
    ),
  ],
  ["ManagedBy", always(texts([]))],
  // By name only; a Microsoft 365 group's are not told here.
  [
    "Members",
    ({ model, view, recipient }) =>
      texts(
        recipient.kind === "group-mailbox"
          ? []
          : membersNow(model, recipient, view).map((index) => model.directory.at(index).name),
      ),
  ],
  ["SamAccountName", of((recipient) => text(recipient.samAccountName))],
  ["Sid", of((recipient) => text(recipient.sid))],
  ["SidHistory", always(texts([]))],
  ["IsDirSynced", of((recipient) => flag(recipient.dirSynced))],
  ["Notes", always(text(""))],
  ["ExternalDirectoryObjectId", of((recipient) => text(recipient.objectId))],
  ["RecipientType", of((recipient) => text(recipient.isRecipient ? recipient.typeDetails : "Group"))],
  ["RecipientTypeDetails", of((recipient) => text(recipient.typeDetails))],
  ["WindowsEmailAddress", of((recipient) => text(recipient.primarySmtp))],
  ...IDENTITY_COLUMNS,
]);

export const getGroup: Definition = {
  name: "Get-Group",
  roles: READERS,
  parameters: [
    "Identity",
    "Anr",
    "Filter",
    "OrganizationalUnit",
    "RecipientTypeDetails",
    "ResultSize",
    "SortBy",
  ],
  run: (model, request) =>
    rows(
      objectsOf(model, request, {
        kinds: LISTED,
        columns: COLUMNS,
        types: listOf(request, "RecipientTypeDetails"),
      }),
    ),
};
