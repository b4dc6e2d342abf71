/** Lists every permission that exists, straight from the model: no row is made on the way. */
import type { PermissionFact } from "../cmdlet.ts";
import type { Entry } from "./entries.ts";
import type { Trustee } from "./trustee.ts";
import type { Model } from "./model.ts";
import type { Recipient } from "./recipient.ts";

/** All permissions of user, shared, room and equipment mailboxes, mailbox by mailbox, every write included. */
export function* truth(model: Model): Iterable<PermissionFact> {
  const { first, end } = model.plan.census.mailboxes;
  for (let index = first; index < end; index++)
    if (!model.directory.isRemoved(index)) yield* factsOf(model, model.directory.at(index));
}

/** One fact for a mailbox, trustee, right and kind of entry; a real grant counts before one that is noise. */
export function factsOf(model: Model, mailbox: Recipient): Iterable<PermissionFact> {
  const { entries, sendAs, delegates, set } = model.overlay.state(mailbox.index, "latest");
  const converted = set.get("recipienttypedetails")?.value;
  const mailboxType = typeof converted === "string" ? converted : mailbox.typeDetails;
  const mailboxGuid = mailbox.exchangeGuid;
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
  for (const { trustee, noise } of sendAs) add("SendAs", idsOf(model, trustee), { ...GRANT, noise });
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
