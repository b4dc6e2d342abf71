/** Recipes for the rights on one folder (`exo-protocol.md` 10.8). */
import type { ExoValue, Mailbox } from "../job/index.ts";
import { splitList } from "../values.ts";
import { folderOf } from "./addressed.ts";
import { type Given, hasOnly, textIn, wordsIn } from "./given.ts";
import type { Recipe, Seeing } from "./recipe.ts";
import { listOf, onlyRow, property, rowsOf, unusable } from "./rows.ts";

/** Rights each role stands for: the service may show either. */
const ROLES: Readonly<Record<string, readonly string[]>> = {
  Author: ["CreateItems", "DeleteOwnedItems", "EditOwnedItems", "FolderVisible", "ReadItems"],
  Contributor: ["CreateItems", "FolderVisible"],
  Editor: [
    "CreateItems",
    "DeleteAllItems",
    "DeleteOwnedItems",
    "EditAllItems",
    "EditOwnedItems",
    "FolderVisible",
    "ReadItems",
  ],
  NonEditingAuthor: ["CreateItems", "DeleteOwnedItems", "FolderVisible", "ReadItems"],
  Owner: [
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
  PublishingAuthor: [
    "CreateItems",
    "CreateSubfolders",
    "DeleteOwnedItems",
    "EditOwnedItems",
    "FolderVisible",
    "ReadItems",
  ],
  PublishingEditor: [
    "CreateItems",
    "CreateSubfolders",
    "DeleteAllItems",
    "DeleteOwnedItems",
    "EditAllItems",
    "EditOwnedItems",
    "FolderVisible",
    "ReadItems",
  ],
  Reviewer: ["FolderVisible", "ReadItems"],
};

const RIGHTS = [
  ...new Set([
    ...Object.keys(ROLES),
    ...Object.values(ROLES).flat(),
    "None",
    "AvailabilityOnly",
    "LimitedDetails",
  ]),
];
const FLAGS = ["None", "Delegate", "CanViewPrivateItems"];

/** `Add-`, `Set-` and `Remove-MailboxFolderPermission`; `keeps`: whether an entry is there afterwards. */
export function folderRight(keeps: boolean): (given: Given, mailbox: Mailbox) => Recipe | undefined {
  return (given, mailbox) => {
    const user = textIn(given, "User");
    if (
      user === undefined ||
      !hasOnly(given, [
        "Identity",
        "User",
        "SendNotificationToUser",
        ...(keeps ? ["AccessRights", "SharingPermissionFlags"] : []),
      ])
    )
      return undefined;
    const rights = keeps ? wordsIn(given, "AccessRights", RIGHTS) : [];
    const hasFlags = given.has("sharingpermissionflags");
    const flags = hasFlags ? wordsIn(given, "SharingPermissionFlags", FLAGS) : [];
    if (rights === undefined || flags === undefined) return undefined;
    const wanted = keeps ? entryOf(rights, hasFlags ? flags : undefined) : NO_ENTRY;
    const cmdlet = "Get-MailboxFolderPermission";
    const Identity = folderOf(given.get("identity"), mailbox);
    return {
      // The first look shows that the folder is there: the second fails alike for a missing folder and a missing entry.
      looks: [
        { cmdlet, parameters: { Identity } },
        { cmdlet, parameters: { Identity, User: user } },
      ],
      see: ([folder, entry]) => {
        if (rowsOf(cmdlet, folder).length === 0) return unusable(cmdlet, "a folder has no entries at all");
        return seenOf(cmdlet, entry, hasFlags);
      },
      wants: (seen) => JSON.stringify(seen) === JSON.stringify(wanted),
    };
  };
}

const NO_ENTRY: ExoValue = { rights: null };

/** @throws {UnusableReply} */
function seenOf(cmdlet: string, reply: Seeing | undefined, hasFlags: boolean): ExoValue {
  if (reply === "gone" || rowsOf(cmdlet, reply).length === 0) return NO_ENTRY;
  const row = onlyRow(cmdlet, reply);
  const rights = splitList(listOf(cmdlet, row, "AccessRights"));
  return entryOf(rights, hasFlags ? splitList(property(cmdlet, row, "SharingPermissionFlags")) : undefined);
}

function entryOf(rights: readonly string[], flags: readonly string[] | undefined): ExoValue {
  const single = new Set(
    rights.flatMap((right) => ROLES[right] ?? [right]).filter((right) => right !== "None"),
  );
  return {
    rights: [...single].sort(),
    ...(flags && { flags: [...new Set(flags)].filter((flag) => flag !== "None").sort() }),
  };
}
