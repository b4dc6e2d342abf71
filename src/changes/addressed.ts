/** Where the mailbox goes in the parameters of a write: `Identity` for most cmdlets, another parameter for those that act on something of it. */
import type { Change, Mailbox, ParameterValue, Parameters } from "../job/index.ts";

const FOLDER = /^(add|set|remove)-mailboxfolderpermission$/i;
const RULE = /^(new|set|enable|disable|remove)-(inboxrule|sweeprule)$/i;
const MEMBER = /^(add|remove)-distributiongroupmember$/i;

/**
 * The parameters as they are sent. A folder is named by what stands behind the colon of `Identity` (`:\Kalender`, or a folder id), a rule and a
 * group by `Identity`; what a plan says of the mailbox itself does not count: it is always the target's immutable id.
 */
export function addressed({ cmdlet, parameters }: Change, mailbox: Mailbox): Parameters {
  const named = entryOf(parameters, "identity");
  if (FOLDER.test(cmdlet)) return { ...without(parameters, "identity"), Identity: folderOf(named, mailbox) };
  if (RULE.test(cmdlet)) return { ...without(parameters, "mailbox"), Mailbox: mailbox.id };
  if (MEMBER.test(cmdlet)) {
    // Groups know recipients, which have no ExchangeGuid as such.
    const member = entryOf(parameters, "member") ?? (mailbox.objectId || mailbox.guid || mailbox.id);
    return { ...without(parameters, "member"), Member: member };
  }
  return { ...without(parameters, "identity"), Identity: mailbox.id };
}

/** The folder of the mailbox that an identity names; the root when it names none (`exo-protocol.md` 10.8). */
export function folderOf(identity: ParameterValue | undefined, mailbox: Mailbox): string {
  const text = typeof identity === "string" ? identity : "";
  const [, folder = ""] = /^[^:]*:(.*)$/s.exec(text) ?? [];
  return folder === "" ? mailbox.id : `${mailbox.id}:${folder}`;
}

function entryOf(parameters: Parameters, name: string): ParameterValue | undefined {
  return Object.entries(parameters).find(([key]) => key.toLowerCase() === name)?.[1];
}

function without(parameters: Parameters, name: string): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([key]) => key.toLowerCase() !== name));
}
