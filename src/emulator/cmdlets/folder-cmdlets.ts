/** `Get-MailboxFolderStatistics` and `Get-MailboxFolderPermission` (exo-protocol.md 10.8, 10.9). */
import type { CmdletRequest, WireRow } from "../cmdlet.ts";
import {
  type Folder,
  type FolderEntry,
  findFolder,
  folderEntriesOf,
  foldersOf,
  specialNamed,
} from "../organisation/folders.ts";
import type { State } from "../organisation/overlay.ts";
import type { Recipient } from "../organisation/recipient.ts";
import type { Model } from "../organisation/model.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { folderOf } from "./folder-identity.ts";
import { rowsOf } from "./listing.ts";
import { aboutMailbox, oneObject } from "./objects.ts";
import { type EnumType, Refusal, isOn, membersOf, textOf } from "./parameters.ts";
import { date, flag, guid, int32, size, text, texts } from "./wire-values.ts";

const SCOPES: EnumType = {
  type: "Microsoft.Exchange.Data.Directory.SystemConfiguration.ElcFolderType",
  members: [
    "Calendar",
    "Contacts",
    "DeletedItems",
    "Drafts",
    "Inbox",
    "JunkEmail",
    "Journal",
    "Notes",
    "Outbox",
    "SentItems",
    "Tasks",
    "All",
    "ManagedCustomFolder",
    "RssSubscriptions",
    "SyncIssues",
    "ConversationHistory",
    "Personal",
    "RecoverableItems",
    "NonIpmRoot",
    "LegacyArchiveJournals",
    "Clutter",
    "Archive",
  ],
};

export const getMailboxFolderStatistics: Definition = {
  name: "Get-MailboxFolderStatistics",
  roles: READERS,
  parameters: [
    "Identity",
    "Archive",
    "DiagnosticInfo",
    "FolderScope",
    "IncludeAnalysis",
    "IncludeOldestAndNewestItems",
    "IncludeSoftDeletedRecipients",
    "ResultSize",
    "SkipCount",
    "UseCustomRouting",
  ],
  run(model, request) {
    const [scope] = membersOf(model, request, "FolderScope", SCOPES) ?? [];
    const withDates = isOn(request, "IncludeOldestAndNewestItems");
    const skip = Number(textOf(request, "SkipCount") ?? 0);
    return rows(
      aboutMailbox(model, request, ["Identity"], ({ recipient }) =>
        foldersOf(recipient)
          .filter((folder) => isInScope(folder, scope))
          .slice(Number.isFinite(skip) ? skip : 0)
          .map((folder) => statisticsRow(recipient, folder, withDates)),
      ),
    );
  },
};

/** Without a scope the recoverable items are left out. */
function isInScope({ scope: own }: Folder, scope: string | undefined): boolean {
  if (scope === undefined || scope === "All") return own !== "RecoverableItems";
  return own === scope;
}

function statisticsRow(recipient: Recipient, folder: Folder, withDates: boolean): WireRow {
  const { createdMs, changedMs } = recipient;
  return [
    ["CreationTime", date(createdMs)],
    ["LastModifiedTime", date(changedMs)],
    ["Name", text(folder.name)],
    ["FolderPath", text(folder.path)],
    ["FolderId", text(folder.id)],
    ["FolderType", text(folder.type)],
    ["FolderSize", size(folder.bytes)],
    ["ItemsInFolder", int32(folder.items)],
    ["DeletedItemsInFolder", int32(0)],
    ["FolderAndSubfolderSize", size(folder.bytes)],
    ["ItemsInFolderAndSubfolders", int32(folder.items)],
    ["VisibleItemsInFolder", int32(folder.items)],
    ["HiddenItemsInFolder", int32(0)],
    ...(withDates
      ? ([
          ["OldestItemReceivedDate", date(createdMs)],
          ["NewestItemReceivedDate", date(changedMs)],
        ] as const)
      : []),
    ["ContainerClass", text(folder.containerClass)],
    ["ContentMailboxGuid", guid(recipient.exchangeGuid)],
    ["Movable", flag(folder.type === "User Created")],
    ["RecoverableItemsFolder", flag(folder.scope === "RecoverableItems")],
    ["SearchFolder", flag(false)],
    ["Identity", text(`${recipient.name}${folder.path.replaceAll("/", "\\")}`)],
    ["IsValid", flag(true)],
    ["ObjectState", text("Unchanged")],
  ];
}

export const getMailboxFolderPermission: Definition = {
  name: "Get-MailboxFolderPermission",
  roles: READERS,
  parameters: ["Identity", "GroupMailbox", "ResultSize", "SkipCount", "UseCustomRouting", "User"],
  run(model, request) {
    const { recipient, folder } = namedFolder(model, request);
    const user = textOf(request, "User")?.toLowerCase();
    const special = user === undefined ? undefined : specialNamed(recipient, user)?.special;
    const state = model.overlay.state(recipient.index, request);
    const entries = entriesOf(state, recipient, folder);
    const known =
      user === undefined || special !== undefined ? [] : model.directory.find(user).map(({ index }) => index);
    const wanted = entries.filter(
      (entry) =>
        user === undefined ||
        (special !== undefined && entry.special === special) ||
        (special === undefined && entry.user.toLowerCase() === user) ||
        (entry.index !== undefined && known.includes(entry.index)),
    );
    if (wanted.length === 0) throw new Refusal({ kind: "folder-user-missing", subject: user ?? "" });
    return rows(rowsOf(wanted.map((entry) => folderPermissionRow(recipient, folder, entry))));
  },
};

export interface NamedFolder {
  readonly recipient: Recipient;
  readonly folder: Folder;
}

/** @throws {Refusal} when the mailbox or the folder is not there */
export function namedFolder(model: Model, request: CmdletRequest): NamedFolder {
  const identity = textOf(request, "Identity") ?? "";
  const named = folderOf(identity);
  const recipient = oneObject(
    model,
    named.mailbox,
    ({ hasMailbox, kind }) => hasMailbox && kind !== "soft-deleted",
  );
  const folder = findFolder(recipient, named.folder);
  if (folder === undefined) throw new Refusal({ kind: "not-found", subject: identity });
  return { recipient, folder };
}

export function entriesOf(state: State, recipient: Recipient, folder: Folder): readonly FolderEntry[] {
  return state.folders.get(folder.id) ?? folderEntriesOf(recipient, folder);
}

export function folderPermissionRow(recipient: Recipient, folder: Folder, entry: FolderEntry): WireRow {
  return [
    ["FolderName", text(folder.name)],
    ["User", text(entry.user)],
    ["AccessRights", texts(entry.rights)],
    ["SharingPermissionFlags", text(entry.flags)],
    ["Identity", text(`${recipient.name}:${folder.path.replaceAll("/", "\\")}`)],
    ["IsValid", flag(true)],
    ["ObjectState", text("Unchanged")],
  ];
}
