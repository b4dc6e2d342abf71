/** Lists every permission that exists, straight from the model: no row is made on the way. */
import type { PermissionFact } from "../cmdlet.ts";
import type { Trustee } from "./trustee.ts";
import type { Model } from "./model.ts";
import type { Recipient } from "./recipient.ts";

/** All permissions of user, shared, room and equipment mailboxes, mailbox by mailbox, every write included. */
export function* truth(model: Model): Iterable<PermissionFact> {
  const { first, end } = model.plan.census.mailboxes;
  for (let index = first; index < end; index++) yield* factsOf(model, model.directory.at(index));
}

function* factsOf(model: Model, mailbox: Recipient): Iterable<PermissionFact> {
  const { entries, sendAs, delegates } = model.overlay.state(mailbox.index, "latest");
  const mailboxGuid = mailbox.exchangeGuid;
  const seen = new Set<string>();
  const fact = (
    right: string,
    trustee: { readonly trusteeSid: string; readonly trusteeId: string },
    {
      allow,
      inherited,
      noise,
    }: { readonly allow: boolean; readonly inherited: boolean; readonly noise: string },
  ): PermissionFact[] => {
    const key = `${trustee.trusteeSid} ${trustee.trusteeId} ${right} ${allow}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ mailboxGuid, mailboxType: mailbox.typeDetails, right, allow, inherited, ...trustee, noise }];
  };
  for (const entry of entries)
    for (const right of entry.rights) yield* fact(right, idsOf(model, entry.trustee), entry);
  for (const { trustee, noise } of sendAs)
    yield* fact("SendAs", idsOf(model, trustee), { allow: true, inherited: false, noise });
  for (const { index } of delegates) {
    const trustee = index === undefined ? NO_IDS : idsOf(model, { kind: "object", index });
    yield* fact("SendOnBehalf", trustee, { allow: true, inherited: false, noise: "" });
  }
}

const NO_IDS = { trusteeSid: "", trusteeId: "" };

function idsOf(model: Model, trustee: Trustee): { readonly trusteeSid: string; readonly trusteeId: string } {
  if (trustee.kind === "outside") return { trusteeSid: trustee.sid, trusteeId: "" };
  const { sid, objectId } = model.directory.at(trustee.index);
  return { trusteeSid: sid, trusteeId: objectId };
}
