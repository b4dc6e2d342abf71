/** How a trustee is shown in a permission row, and whom a caller means who names one. */
import type { Model } from "../organisation/model.ts";
import { SELF, type Trustee, trusteeKey } from "../organisation/trustee.ts";
import { oneObject } from "./objects.ts";
import { Refusal } from "./parameters.ts";

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

/** @throws {Refusal} when nobody, or somebody who cannot hold rights, or several are meant */
export function grantee(model: Model, identity: string): Trustee {
  if (identity.toLowerCase() === SELF.name.toLowerCase() || identity === SELF.sid) return SELF;
  const { index } = oneObject(
    model,
    identity,
    ({ sid, kind }) => sid !== "" && kind !== "soft-deleted",
    "argument-not-found",
  );
  return { kind: "object", index };
}

/**
 * Picks the trustees a removal means: by SID or shown name those who are gone, by any identity the others.
 * @throws {Refusal} when the identity means nobody at all
 */
export function trusteeMatcher(model: Model, identity: string): (trustee: Trustee) => boolean {
  const wanted = identity.toLowerCase();
  const found = new Set(model.directory.find(identity).map(({ index }) => `#${index}`));
  const isKnownForm = found.size > 0 || wanted.startsWith("s-1-") || wanted.includes("\\");
  if (!isKnownForm) throw new Refusal({ kind: "argument-not-found", subject: identity });
  return (trustee) =>
    found.has(trusteeKey(trustee)) ||
    shownAs(model, trustee).toLowerCase() === wanted ||
    sidOf(model, trustee).toLowerCase() === wanted;
}
