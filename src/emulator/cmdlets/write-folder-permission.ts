/** `Add-`, `Set-` and `Remove-MailboxFolderPermission`: what is there already, or not there, is an error (exo-protocol.md 10.8). */
import type { CmdletRequest } from "../cmdlet.ts";
import { type Folder, type FolderEntry, specialNamed } from "../organisation/folders.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { type Definition, MANAGERS, rows } from "./define.ts";
import { entriesOf, folderPermissionRow, namedFolder } from "./folder-cmdlets.ts";
import { rowsOf } from "./listing.ts";
import { oneObject } from "./objects.ts";
import { type EnumType, Refusal, membersOf, required, textOf } from "./parameters.ts";

const RIGHTS: EnumType = {
  type: "Microsoft.Exchange.Management.StoreTasks.MailboxFolderAccessRight[]",
  members: [
    "None",
    "Owner",
    "PublishingEditor",
    "Editor",
    "PublishingAuthor",
    "Author",
    "NonEditingAuthor",
    "Reviewer",
    "Contributor",
    "AvailabilityOnly",
    "LimitedDetails",
    "CreateItems",
    "CreateSubfolders",
    "DeleteAllItems",
    "DeleteOwnedItems",
    "EditAllItems",
    "EditOwnedItems",
    "FolderContact",
    "FolderOwner",
    "FolderVisible",
    "ReadItems",
  ],
};

/** Special users beside those that stand on every folder. */
const LOCAL = ["owner@local", "member@local"];

export const addMailboxFolderPermission: Definition = {
  name: "Add-MailboxFolderPermission",
  roles: MANAGERS,
  writes: true,
  parameters: ["Identity", "User", "AccessRights", "SendNotificationToUser", "SharingPermissionFlags"],
  run(model, request) {
    const { recipient, folder } = namedFolder(model, request);
    const user = userOf(model, request, recipient);
    if (currentOf(model, recipient, folder).some((entry) => isSame(entry, user)))
      throw new Refusal({ kind: "folder-user-exists", subject: user.user });
    const entry: FolderEntry = { ...user, rights: rightsOf(model, request), flags: flagsOf(request) };
    write(model, request, recipient, folder, (entries) => [...entries, entry]);
    return rows(rowsOf([folderPermissionRow(recipient, folder, entry)]));
  },
};

export const setMailboxFolderPermission: Definition = {
  name: "Set-MailboxFolderPermission",
  roles: MANAGERS,
  writes: true,
  parameters: ["Identity", "User", "AccessRights", "SendNotificationToUser", "SharingPermissionFlags"],
  run(model, request) {
    const { recipient, folder } = namedFolder(model, request);
    const user = userOf(model, request, recipient);
    if (!currentOf(model, recipient, folder).some((entry) => isSame(entry, user)))
      throw new Refusal({ kind: "folder-user-missing", subject: user.user });
    const change = { rights: rightsOf(model, request), flags: flagsOf(request) };
    write(model, request, recipient, folder, (entries) =>
      entries.map((entry) => (isSame(entry, user) ? { ...entry, ...change } : entry)),
    );
    return { kind: "nothing" };
  },
};

export const removeMailboxFolderPermission: Definition = {
  name: "Remove-MailboxFolderPermission",
  roles: MANAGERS,
  writes: true,
  parameters: ["Identity", "User", "Force", "ResetDelegateUserCollection", "SendNotificationToUser"],
  run(model, request) {
    const { recipient, folder } = namedFolder(model, request);
    const user = userOf(model, request, recipient);
    if (user.special !== undefined || LOCAL.includes(user.user.toLowerCase()))
      throw new Refusal({ kind: "special-user", subject: user.user });
    if (!currentOf(model, recipient, folder).some((entry) => isSame(entry, user)))
      throw new Refusal({ kind: "folder-user-missing", subject: user.user });
    write(model, request, recipient, folder, (entries) => entries.filter((entry) => !isSame(entry, user)));
    return { kind: "nothing" };
  },
};

type FolderUser = Pick<FolderEntry, "user" | "special" | "index">;

function userOf(model: Model, request: CmdletRequest, recipient: Recipient): FolderUser {
  const user = required(request, "User");
  const special = specialNamed(recipient, user);
  if (special !== undefined) return special;
  if (LOCAL.includes(user.toLowerCase())) return { user };
  const { displayName, index } = oneObject(
    model,
    user,
    ({ isRecipient }) => isRecipient,
    "argument-not-found",
  );
  return { user: displayName, index };
}

function isSame(entry: FolderEntry, { user, special, index }: FolderUser): boolean {
  if (special !== undefined || entry.special !== undefined) return entry.special === special;
  return index === undefined ? entry.user.toLowerCase() === user.toLowerCase() : entry.index === index;
}

function rightsOf(model: Model, request: CmdletRequest): readonly string[] {
  required(request, "AccessRights");
  return membersOf(model, request, "AccessRights", RIGHTS) ?? [];
}

function flagsOf(request: CmdletRequest): string | null {
  return textOf(request, "SharingPermissionFlags") ?? null;
}

function currentOf(model: Model, recipient: Recipient, folder: Folder): readonly FolderEntry[] {
  return entriesOf(model.overlay.state(recipient.index, "latest"), recipient, folder);
}

function write(
  model: Model,
  request: CmdletRequest,
  recipient: Recipient,
  folder: Folder,
  change: (entries: readonly FolderEntry[]) => readonly FolderEntry[],
): void {
  model.overlay.write(recipient.index, request, (state) => ({
    ...state,
    folders: new Map([...state.folders, [folder.id, change(entriesOf(state, recipient, folder))]]),
  }));
}
