/** One entry of a folder as a row, and who it is for. */
import { UnusableReply } from "../../src/job/index.ts";
import type { CmdletReply, Directory, FoundRow, Principal, Row, TaskContext } from "../../src/job/index.ts";
import { splitList } from "../../src/values.ts";
import { JOINT, UNKNOWN, mailboxCells, originCells } from "../common/cells.ts";
import { unreadCells } from "../common/groups/reach-cells.ts";
import type { Folder } from "./folders.ts";
import { ENGLISH, type Entry, type Special } from "./special.ts";
import { type ShownUser, sidIn, textKind } from "./user.ts";

export const PERMISSIONS = "Get-MailboxFolderPermission";
/** Noise rule: what every new mailbox has (`peers.md` 3a, NR9). */
export const DEFAULT_LEVEL = "NR9";

/** `default` is everybody in the tenant, `anonymous` everybody else; `local`: Owner@local and Member@local. */
export type UserClass =
  | "default"
  | "anonymous"
  | "local"
  | "user"
  | "group"
  | "external"
  | "orphan-sid"
  | "unresolved";

/** Id of the group that an entry lets in. */
export function groupIn(row: Row): string | undefined {
  return row["UserClass"] === "group" && row["AccessRights"] !== "None" ? String(row["UserId"]) : undefined;
}

/** An entry, and which of the special users it is for. */
interface ToldEntry extends Entry {
  readonly special: Special | undefined;
}

export async function entryRow(
  context: TaskContext<unknown>,
  folder: Folder,
  { row, user, special }: ToldEntry,
  reply: CmdletReply,
): Promise<FoundRow> {
  if (user.text.trim() === "") throw new UnusableReply(PERMISSIONS, "an entry is nobody's", reply.requestId);
  const rights = splitList(row["AccessRights"]).toSorted((one, other) => (one < other ? -1 : 1));
  const who: Who = special === undefined ? await resolved(context.directory, user) : { class: special };
  const noise = isDefaultLevel(folder, who.class, rights) ? { noise: DEFAULT_LEVEL } : {};
  return {
    about: context.line,
    ...noise,
    row: {
      ...mailboxCells(context.mailbox),
      FolderPath: folder.path,
      FolderType: folder.isCalendar && folder.type !== "Calendar" ? "User Calendar" : folder.type || UNKNOWN,
      FolderId: folder.id,
      UserRaw: user.text,
      UserClass: who.class,
      ...userCells(who),
      ...unreadCells(who.class === "group"),
      // An entry without rights is odd, but it is an entry: shown, not dropped.
      AccessRights: rights.join(JOINT) || UNKNOWN,
      SharingPermissionFlags: splitList(row["SharingPermissionFlags"]).join(JOINT) || null,
      ...originCells(context, reply, PERMISSIONS),
    },
  };
}

interface Who {
  readonly class: UserClass;
  readonly principal?: Principal;
}

/** Over JSON a user is only a name (`exo-protocol.md` 10.8); one that several have is nobody's. */
async function resolved(directory: Directory, { text, type, address }: ShownUser): Promise<Who> {
  const kind = textKind(text);
  if (kind === "local") return { class: "local" };
  if (kind === "published") return { class: "external" };
  const stranger: UserClass = type === "external" ? "external" : "unresolved";
  // Whom Exchange does not know is not the one who has the name now.
  if (type === "unknown" && kind === undefined) return { class: stranger };
  const [principal, ...others] = await directory.find(address || (sidIn(text) ?? text));
  if (principal === undefined || others.length > 0)
    return { class: kind === "sid" ? "orphan-sid" : stranger };
  return { class: type === "external" ? "external" : classOf(principal), principal };
}

function classOf({ type, guest }: Principal): UserClass {
  if (guest || type === "guest" || type === "contact") return "external";
  return type === "group" ? "group" : "user";
}

function userCells({ class: kind, principal }: Who): Row {
  // The same in every language, so that a mailbox that changes its own is not a change of access.
  if (kind === "default" || kind === "anonymous")
    return { UserId: kind, UserPrimarySmtp: null, UserDisplayName: ENGLISH[kind] };
  if (principal !== undefined)
    return {
      UserId: principal.id,
      UserPrimarySmtp: principal.primarySmtp || null,
      UserDisplayName: principal.displayName || principal.name || null,
    };
  const missing = kind === "unresolved" || kind === "orphan-sid" || kind === "external" ? UNKNOWN : null;
  return { UserId: missing, UserPrimarySmtp: missing, UserDisplayName: missing };
}

function isDefaultLevel({ isCalendar }: Folder, user: UserClass, rights: readonly string[]): boolean {
  if (user !== "default" && user !== "anonymous" && user !== "local") return false;
  return rights.every(
    (right) => right === "None" || (right === "AvailabilityOnly" && isCalendar && user === "default"),
  );
}
