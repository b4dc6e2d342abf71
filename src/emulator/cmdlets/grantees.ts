/** Whom a write means: somebody a right can be given to, or a trustee that already stands in a list. */
import type { Model } from "../organisation/model.ts";
import { SELF, type Trustee, trusteeKey } from "../organisation/trustee.ts";
import { oneObject } from "./objects.ts";
import { Refusal } from "./parameters.ts";
import { shownAs, sidOf } from "./trustees.ts";

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
