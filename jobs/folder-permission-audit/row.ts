/** One entry of a folder as a row, and who it is for. */
import { UnusableReply } from "../../src/job/index.ts";
import type {
  CmdletReply,
  Directory,
  ExoRow,
  FoundRow,
  Principal,
  Row,
  TaskContext,
} from "../../src/job/index.ts";
import { splitList } from "../../src/values.ts";
import { textAt } from "../common/answers.ts";
import { JOINT, UNKNOWN, mailboxCells, originCells } from "../common/cells.ts";
import type { Folder } from "./folders.ts";

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

export async function entryRow(
  context: TaskContext<unknown>,
  folder: Folder,
  row: ExoRow,
  reply: CmdletReply,
): Promise<FoundRow> {
  const user = textAt(row, "User");
  if (user === "") throw new UnusableReply(PERMISSIONS, "an entry is nobody's", reply.requestId);
  const rights = splitList(row["AccessRights"]).toSorted((one, other) => (one < other ? -1 : 1));
  const who = await resolved(context.directory, user);
  const noise = isDefaultLevel(folder, who.class, rights) ? { noise: DEFAULT_LEVEL } : {};
  return {
    about: context.line,
    ...noise,
    row: {
      ...mailboxCells(context.mailbox),
      FolderPath: folder.path,
      FolderType: folder.isCalendar && folder.type !== "Calendar" ? "User Calendar" : folder.type || UNKNOWN,
      FolderId: folder.id,
      UserRaw: user,
      UserClass: who.class,
      ...userCells(who),
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
async function resolved(directory: Directory, user: string): Promise<Who> {
  const name = user.trim();
  if (/^default$/i.test(name)) return { class: "default" };
  if (/^anonymous$/i.test(name)) return { class: "anonymous" };
  if (/^(owner|member)@local$/i.test(name)) return { class: "local" };
  if (/^ExchangePublishedUser\./i.test(name)) return { class: "external" };
  const [sid] = /S-1-5-21(-\d+)+/i.exec(name) ?? [];
  const [principal, ...others] = await directory.find(sid ?? name);
  if (principal === undefined || others.length > 0)
    return { class: sid === undefined ? "unresolved" : "orphan-sid" };
  return { class: classOf(principal), principal };
}

function classOf({ type, guest }: Principal): UserClass {
  if (guest || type === "guest" || type === "contact") return "external";
  return type === "group" ? "group" : "user";
}

function userCells({ class: kind, principal }: Who): Row {
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
