/** Who can be named in a permission, and how one is drawn. */
import type { Plan } from "./plan.ts";
import { Recipient } from "./recipient.ts";

/** Somebody named in an entry. Accounts outside the directory carry the name a reader sees. */
export type Trustee =
  | { readonly kind: "object"; readonly index: number }
  | { readonly kind: "outside"; readonly sid: string; readonly name: string };

export const SELF = {
  kind: "outside",
  sid: "S-1-5-10",
  name: "NT AUTHORITY\\SELF",
} as const satisfies Trustee;
export const NOBODY = { kind: "outside", sid: "S-1-0-0", name: "NULL SID" } as const satisfies Trustee;

/** The same for the same account: entries of one list are told apart by it. */
export function trusteeKey(trustee: Trustee): string {
  return trustee.kind === "object" ? `#${trustee.index}` : trustee.sid;
}

/** Anybody who could hold a right: mostly people, some groups and guests, a few who are gone or never were here. */
export function drawTrustee(plan: Plan, index: number, part: number): Trustee {
  const { census, ids, quirk } = plan;
  const hundredth = plan.draws.grants(index, part) % 100;
  const draw = plan.draws.grants(index, part + 6);
  const object = (found: number | undefined): Trustee => ({
    kind: "object",
    index: found ?? drawPerson(plan, index, part),
  });
  if (hundredth < 5 && quirk("orphaned-sids")) {
    // An account that is gone shows as its bare SID.
    const sid = ids.deletedSid(draw);
    return { kind: "outside", sid, name: sid };
  }
  if (hundredth < 6)
    return { kind: "outside", sid: ids.foreignSid(draw), name: `FABRIKAM\\svc${draw % 1000}` };
  if (hundredth < 8) return object(census.pick(census.range("soft-deleted"), draw));
  if (hundredth < 11) return object(census.pick(census.range("guest"), draw));
  if (hundredth < 18) return object(census.pick(census.range("mail-security"), draw));
  if (hundredth < 19) return object(census.pick(census.range("mail-user"), draw));
  if (hundredth < 20) return object(census.pick(census.range("security"), draw));
  if (hundredth < 23) return object(drawPerson(plan, index, part, true));
  if (hundredth < 24) return object(census.pick(census.mailboxes, draw));
  return object(undefined);
}

/** A user mailbox other than the mailbox itself (where there is another): one that can sign in, or one that cannot. */
export function drawPerson(plan: Plan, index: number, part: number, disabled = false): number {
  const { census } = plan;
  const start = census.pick(census.mailboxes, plan.draws.grants(index, part + 7)) ?? 0;
  for (let step = 0; step < 200; step++) {
    const at = (start + step) % census.mailboxes.end;
    if (at === index || census.kindOf(at) !== "user") continue;
    if (new Recipient(plan, at).accountDisabled === disabled) return at;
  }
  return start;
}
