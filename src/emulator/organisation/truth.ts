/** Lists every permission that exists, straight from the model: no row is made on the way. */
import type { GrantorSort, PermissionFact } from "../cmdlet.ts";
import type { Entry } from "./entries.ts";
import { DELETED_MAILBOXES, type Kind, isDeleted } from "./kinds.ts";
import type { Trustee } from "./trustee.ts";
import type { Model } from "./model.ts";
import type { Recipient } from "./recipient.ts";

/** Objects of each sort of grantor. */
const KINDS: Readonly<Record<GrantorSort, readonly Kind[]>> = {
  mailboxes: ["user", "shared", "room", "equipment"],
  "microsoft-365-groups": ["group-mailbox"],
  groups: ["distribution", "mail-security", "dynamic"],
  "soft-deleted": DELETED_MAILBOXES,
};

/** All permissions on grantors of these sorts, grantor by grantor, every write included. */
export function* truth(
  model: Model,
  sorts: readonly GrantorSort[] = ["mailboxes"],
): Iterable<PermissionFact> {
  const { census } = model.plan;
  const ranges = new Set(sorts.flatMap((sort) => KINDS[sort]).map((kind) => census.rangeOf(kind)));
  for (const { first, end } of ranges)
    for (let index = first; index < end; index++)
      if (!model.directory.isRemoved(index)) yield* factsOf(model, model.directory.at(index));
}

/** One fact for a mailbox, trustee, right and kind of entry; a real grant counts before one that is noise. */
export function factsOf(model: Model, mailbox: Recipient): Iterable<PermissionFact> {
  const { entries, sendAs, delegates, set } = model.overlay.state(mailbox.index, "latest");
  const converted = set.get("recipienttypedetails")?.value;
  const mailboxType = typeof converted === "string" ? converted : mailbox.typeDetails;
  const mailboxGuid = mailbox.hasMailbox ? mailbox.exchangeGuid : mailbox.guid;
  const facts = new Map<string, PermissionFact>();
  const add = (right: string, ids: Ids, held: Pick<Entry, "allow" | "inherited" | "noise">): void => {
    const key = `${ids.trusteeSid} ${ids.trusteeId} ${right} ${held.allow}`;
    const known = facts.get(key);
    if (known !== undefined && (known.noise === "" || held.noise !== "")) return;
    const { allow, inherited, noise } = held;
    facts.set(key, { mailboxGuid, mailboxType, right, allow, inherited, ...ids, noise });
  };
  for (const entry of entries)
    for (const right of entry.rights) add(right, idsOf(model, entry.trustee), entry);
  // Nobody can send as a deleted mailbox, and no cmdlet tells who could.
  for (const { trustee, noise } of isDeleted(mailbox.kind) ? [] : sendAs)
    add("SendAs", idsOf(model, trustee), { ...GRANT, noise });
  for (const { index } of delegates)
    add("SendOnBehalf", index === undefined ? NOBODY : idsOf(model, { kind: "object", index }), GRANT);
  return facts.values();
}

type Ids = Pick<PermissionFact, "trusteeSid" | "trusteeId">;

const NOBODY: Ids = { trusteeSid: "", trusteeId: "" };
const GRANT = { allow: true, inherited: false, noise: "" };

function idsOf(model: Model, trustee: Trustee): Ids {
  if (trustee.kind === "outside") return { trusteeSid: trustee.sid, trusteeId: "" };
  const { sid, objectId } = model.directory.at(trustee.index);
  return { trusteeSid: sid, trusteeId: objectId };
}
