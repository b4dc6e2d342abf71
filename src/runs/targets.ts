/** Targets of the manifest and back again: what is kept of a mailbox, and how a task finds it. */
import { changeSchema, digestOf } from "../changes/index.ts";
import type { Change, Mailbox } from "../job/index.ts";
import type { Json, NewTarget, Target } from "../journal/index.ts";
import { targetIdOf } from "./mailbox.ts";

/** A line of the manifest as the executor sees it. */
export type Subject =
  | { readonly kind: "mailbox"; readonly mailbox: Mailbox; readonly small: boolean }
  /** A planned write. */
  | { readonly kind: "change"; readonly mailbox: Mailbox; readonly change: Change }
  /** A name from the user's list that no mailbox has. */
  | { readonly kind: "nobody"; readonly identity: string }
  | { readonly kind: "bulk"; readonly name: string; readonly small: boolean };

export function mailboxTarget({ addresses, ...mailbox }: Mailbox, small: boolean): NewTarget {
  const id = targetIdOf(mailbox);
  return {
    kind: "mailbox",
    id,
    objectId: mailbox.objectId,
    label: mailbox.primarySmtp || mailbox.displayName,
    data: {
      ...mailbox,
      small,
      // A large run has an index of names.
      ...(small && addresses !== undefined && { addresses }),
      ...(id !== mailbox.id && { mailboxId: mailbox.id }),
    },
  };
}

/** Its id holds all that is sent, so the sealed manifest is the plan. */
export function changeTarget(mailbox: Mailbox, { cmdlet, parameters }: Change): NewTarget {
  const id = `change:${digestOf({ cmdlet, parameters }, mailbox.id)}`;
  const change: Json = { cmdlet, parameters: JSON.parse(JSON.stringify(parameters)) };
  const { addresses: _, ...known } = mailbox;
  return { ...mailboxTarget(mailbox, true), id, data: { ...known, mailboxId: mailbox.id, change } };
}

/** @param change that was planned for it: each is a line of its own */
export function nobodyTarget(identity: string, change?: Change): NewTarget {
  const name = identity.toLowerCase();
  return {
    kind: "mailbox",
    id: change === undefined ? `name:${name}` : `name:${name}:${digestOf(change, name)}`,
    objectId: "",
    label: identity,
    data: { nobody: identity },
  };
}

export function bulkTarget(
  name: string,
  cmdlet: string,
  { small = false, last = false }: { readonly small?: boolean; readonly last?: boolean | undefined } = {},
): NewTarget {
  const data = small ? { small } : null;
  const label = last ? `${cmdlet}, by what was found` : `${cmdlet} of the whole tenant`;
  return { kind: "bulk", id: name, objectId: "", label, data };
}

export function subjectOf(target: Target): Subject {
  const data = record(target.data);
  if (target.kind === "bulk") return { kind: "bulk", name: target.id, small: data["small"] === true };
  const nobody = data["nobody"];
  if (typeof nobody === "string") return { kind: "nobody", identity: nobody };
  const text = (name: string): string => (typeof data[name] === "string" ? data[name] : "");
  const mailbox = {
    id: text("mailboxId") || target.id,
    objectId: target.objectId,
    type: text("type") as Mailbox["type"],
    primarySmtp: text("primarySmtp"),
    displayName: text("displayName"),
    userPrincipalName: text("userPrincipalName"),
    name: text("name"),
    alias: text("alias"),
    identity: text("identity"),
    distinguishedName: text("distinguishedName"),
    guid: text("guid"),
    ...(data["hasArchive"] === true && { hasArchive: true as const }),
  };
  const change = changeSchema.safeParse(data["change"]);
  return change.success
    ? { kind: "change", mailbox, change: change.data }
    : { kind: "mailbox", mailbox, small: data["small"] === true };
}

function record(value: Json): { readonly [key: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : {};
}
