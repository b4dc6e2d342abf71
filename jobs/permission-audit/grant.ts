/** Rows of Exchange turned into grants: one right, given or denied, as the service told it. Pure; `exo-protocol.md` 10.2, 10.4, 10.5. */
import { UnusableReply } from "../../src/job/index.ts";
import type { CmdletReply, ExoRow, ExoValue, Page } from "../../src/job/index.ts";
import { splitList } from "../../src/values.ts";
import { complete, flagAt, textAt } from "../common/answers.ts";
import { JOINT, UNKNOWN } from "./columns.ts";
import { isSid } from "./well-known.ts";

export const FULL_ACCESS = "Get-MailboxPermission";
export const SEND_AS = "Get-RecipientPermission";
export const SEND_ON_BEHALF = "Get-Mailbox";
/** Tell who may send on behalf of groups without a mailbox (`exo-protocol.md` 10.2, 10.16). */
export const LIST = "Get-DistributionGroup";
export const DYNAMIC_LIST = "Get-DynamicDistributionGroup";

export interface Grant {
  /** The cmdlet that told of it. */
  readonly source: string;
  /** The grant was true at some time after this. */
  readonly readAtMs: number;
  readonly right: string;
  /** All rights of the same entry. */
  readonly rights: readonly string[];
  /** The entry's rights as they were written. */
  readonly raw: string;
  readonly allow: boolean;
  readonly inherited: boolean;
  readonly trustee: string;
  /** Empty when the service sent none. */
  readonly sid: string;
}

/** @throws {UnusableReply} when a row has no trustee, or `Deny` or `IsInherited` is neither true nor false */
export function fullAccessGrants(reply: CmdletReply): readonly Grant[] {
  return complete(FULL_ACCESS, reply).rows.flatMap((row) =>
    entries(row, {
      cmdlet: FULL_ACCESS,
      answer: reply,
      trustee: textAt(row, "User"),
      sid: textAt(row, "UserSid"),
      allow: !flagAt(row, "Deny", { cmdlet: FULL_ACCESS, answer: reply }),
      inherited: flagAt(row, "IsInherited", { cmdlet: FULL_ACCESS, answer: reply }),
    }),
  );
}

/** One row of a SendAs listing. @throws {UnusableReply} when the row has no trustee, or is neither Allow nor Deny */
export function sendAsGrants(row: ExoRow, answer: CmdletReply | Page): readonly Grant[] {
  const control = textAt(row, "AccessControlType").toLowerCase();
  if (control !== "" && control !== "allow" && control !== "deny")
    throw new UnusableReply(SEND_AS, "AccessControlType is neither Allow nor Deny", answer.requestId);
  return entries(row, {
    cmdlet: SEND_AS,
    answer,
    trustee: textAt(row, "Trustee"),
    sid: textAt(row, "TrusteeSidString"),
    allow: control !== "deny",
    inherited: flagAt(row, "IsInherited", { cmdlet: SEND_AS, answer }),
  });
}

/** Delegates of one row of a mailbox or a list: names, GUIDs or display names, never addresses. */
export function sendOnBehalfGrants(
  row: ExoRow,
  answer: CmdletReply | Page,
  source: string = SEND_ON_BEHALF,
): readonly Grant[] {
  const value = row["GrantSendOnBehalfTo"];
  // A delegate's name may contain a comma, so this list is never split.
  const delegates = (Array.isArray(value) ? value : [value])
    .filter((delegate) => typeof delegate === "string")
    .filter((delegate) => delegate.trim() !== "");
  return delegates.map((delegate) => ({
    source,
    readAtMs: answer.sentAtMs,
    right: "SendOnBehalf",
    rights: ["SendOnBehalf"],
    raw: "GrantSendOnBehalfTo",
    allow: true,
    inherited: false,
    trustee: delegate,
    sid: isSid(delegate) ? delegate.trim() : "",
  }));
}

interface Entry {
  readonly cmdlet: string;
  readonly answer: CmdletReply | Page;
  readonly trustee: string;
  readonly sid: string;
  readonly allow: boolean;
  readonly inherited: boolean;
}

/** One access control entry as grants, a right each. */
function entries(row: ExoRow, entry: Entry): readonly Grant[] {
  const trustee = entry.trustee || entry.sid;
  if (trustee === "") throw new UnusableReply(entry.cmdlet, "a row names no trustee", entry.answer.requestId);
  const rights = splitList(row["AccessRights"]);
  const grant = {
    source: entry.cmdlet,
    readAtMs: entry.answer.sentAtMs,
    rights,
    raw: rawText(row["AccessRights"]),
    allow: entry.allow,
    inherited: entry.inherited,
    trustee,
    sid: isSid(entry.sid) ? entry.sid.trim() : isSid(trustee) ? trustee.trim() : "",
  };
  // An entry without rights is odd, but it is an entry: shown, not dropped.
  return (rights.length > 0 ? rights : [UNKNOWN]).map((right) => ({ ...grant, right }));
}

function rawText(value: ExoValue | undefined): string {
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  return elements.filter((element) => typeof element === "string").join(JOINT);
}
