/** Finds out who a trustee is: by SID first, then by address or name. Never guesses: a name of several principals stays unresolved. */
import type { Count, Directory, Mailbox, Principal } from "../../src/job/index.ts";
import type { TrusteeClass } from "./columns.ts";
import type { Grant } from "./grant.ts";
import { forestName, isAccountSid, isSid, supportForestName, wellKnown } from "./well-known.ts";

export interface Trustee {
  readonly class: TrusteeClass;
  /** The row's own, else the principal's; empty when neither has one. */
  readonly sid: string;
  /** Who it is in the tenant; undefined for orphans, unknown names, and accounts that are nobody's. */
  readonly principal: Principal | undefined;
}

export async function resolveTrustee(
  directory: Directory,
  count: Count,
  mailbox: Mailbox,
  grant: Grant,
): Promise<Trustee> {
  const { sid, trustee: text } = grant;
  const known = wellKnown(sid, text);
  if (known !== undefined) return { class: known === "self" ? "self" : "system", sid, principal: undefined };
  if (forestName(text) !== undefined || supportForestName(text) !== undefined)
    return { class: "system", sid, principal: undefined };
  const principal =
    (await findBySid(directory, count, sid)) ?? (await findByText(directory, count, sid, text));
  if (principal === undefined) return { class: strangerClass(grant), sid, principal };
  return {
    class: isOwner(principal, mailbox) ? "self" : principalClass(principal),
    sid: sid || principal.sid,
    principal,
  };
}

async function findBySid(directory: Directory, count: Count, sid: string): Promise<Principal | undefined> {
  return sid === "" ? undefined : only(await directory.find(sid), count);
}

async function findByText(
  directory: Directory,
  count: Count,
  sid: string,
  text: string,
): Promise<Principal | undefined> {
  if (isSid(text)) return undefined;
  const found = only(await directory.find(text), count);
  if (found === undefined || sid === "" || found.sid === "") return found;
  // The SID belongs to nobody we know, and the name to somebody with another SID: a namesake, unless the name is an address,
  // which Exchange itself has looked up just now (an account with an earlier SID in its history).
  if (text.includes("@")) return found;
  count("trustee-namesake");
  return undefined;
}

function only(found: readonly Principal[], count: Count): Principal | undefined {
  if (found.length > 1) count("ambiguous-trustee");
  return found.length === 1 ? found[0] : undefined;
}

function isOwner(principal: Principal, mailbox: Mailbox): boolean {
  const ids = [mailbox.id, mailbox.objectId].filter((id) => id !== "");
  return ids.includes(principal.id) || principal.mailboxId === mailbox.id;
}

function principalClass(principal: Principal): TrusteeClass {
  if (principal.softDeleted) return "soft-deleted";
  switch (principal.type) {
    case "guest":
      return "guest";
    case "group":
      return "group";
    case "contact":
      return "external-account";
    // The account of a shared or resource mailbox is disabled as a rule: that is no news.
    case "shared":
    case "room":
    case "equipment":
      return "shared";
    case "user":
    case "mail-user":
    case "other":
      return principal.guest ? "guest" : principal.disabled ? "disabled" : "user";
  }
}

function strangerClass(grant: Grant): TrusteeClass {
  if (grant.trustee.includes("Soft Deleted Objects")) return "soft-deleted";
  if (grant.rights.some((right) => right.toLowerCase() === "externalaccount")) return "external-account";
  // Only a trustee that Exchange itself could not name is an orphan; a name we do not know may be a role group.
  return isAccountSid(grant.trustee.trim()) ? "orphan-sid" : "unresolved";
}
