/** How a trustee is shown in a permission row, and how a caller may name one. */
import type { Trustee } from "../organisation/trustee.ts";
import type { Model } from "../organisation/model.ts";

/** Sign-in name for people, name for groups, the bare SID for those who are gone. */
export function shownAs(model: Model, trustee: Trustee): string {
  if (trustee.kind === "outside") return trustee.name;
  const recipient = model.directory.at(trustee.index);
  if (recipient.kind === "soft-deleted") return recipient.identity;
  return recipient.userPrincipalName === "" ? recipient.name : recipient.userPrincipalName;
}

export function sidOf(model: Model, trustee: Trustee): string {
  return trustee.kind === "outside" ? trustee.sid : model.directory.at(trustee.index).sid;
}
