/** Which recipe looks after which write. */
import type { Change, Mailbox } from "../job/index.ts";
import { disableMailbox, enableMailbox, mailboxGone } from "./existence.ts";
import { folderRight } from "./folder-rights.ts";
import { type Given, givenIn } from "./given.ts";
import { groupMember } from "./group-member.ts";
import { inboxRule, newInboxRule } from "./inbox-rule.ts";
import { moveRequest } from "./move-request.ts";
import type { Recipe } from "./recipe.ts";
import { mailboxRight, sendAs } from "./rights.ts";
import { settings } from "./settings.ts";

type Cook = (given: Given, mailbox: Mailbox) => Recipe | undefined;

const COOKS: ReadonlyMap<string, Cook> = new Map([
  ["add-mailboxpermission", mailboxRight(true)],
  ["remove-mailboxpermission", mailboxRight(false)],
  ["add-recipientpermission", sendAs(true)],
  ["remove-recipientpermission", sendAs(false)],
  ["add-mailboxfolderpermission", folderRight(true)],
  ["set-mailboxfolderpermission", folderRight(true)],
  ["remove-mailboxfolderpermission", folderRight(false)],
  ["add-distributiongroupmember", groupMember(true)],
  ["remove-distributiongroupmember", groupMember(false)],
  ["new-inboxrule", newInboxRule],
  ["enable-inboxrule", inboxRule("on")],
  ["disable-inboxrule", inboxRule("off")],
  ["remove-inboxrule", inboxRule("gone")],
  ["new-moverequest", moveRequest],
  ["enable-mailbox", enableMailbox],
  ["disable-mailbox", disableMailbox],
  ["remove-mailbox", mailboxGone],
]);

/**
 * How to look whether a change happened. Undefined when nobody knows: a cmdlet without a recipe, a parameter without a readable counterpart, a
 * value that cannot be compared. A write without a recipe whose reply is lost stays unresolved.
 */
export function recipeFor({ cmdlet, parameters }: Change, mailbox: Mailbox): Recipe | undefined {
  const given = givenIn(parameters);
  if (given === undefined) return undefined;
  const cook = COOKS.get(cmdlet.toLowerCase());
  return cook === undefined ? settings(cmdlet, given, mailbox) : cook(given, mailbox);
}
