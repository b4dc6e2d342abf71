/** Tells who there is, straight from the model: no row is made on the way. */
import type { PrincipalFact } from "../cmdlet.ts";
import { type Kind, isDeleted } from "./kinds.ts";
import type { Model } from "./model.ts";

const WITH_ACCOUNT: ReadonlySet<Kind> = new Set([
  "user",
  "shared",
  "room",
  "equipment",
  "scheduling",
  "discovery",
  "guest",
  "mail-user",
  "account",
]);

export function* principals(model: Model): Iterable<PrincipalFact> {
  for (let index = 0; index < model.plan.census.size; index++) {
    if (model.directory.isRemoved(index)) continue;
    const one = model.directory.at(index);
    // Arbitration mailboxes are in no listing.
    if (one.kind === "system") continue;
    yield {
      type: one.typeDetails,
      guid: one.guid,
      mailboxGuid: one.hasMailbox ? one.exchangeGuid : "",
      objectId: one.objectId,
      sid: one.sid,
      userPrincipalName: one.userPrincipalName,
      primarySmtpAddress: one.primarySmtp,
      addresses: one.emailAddresses,
      legacyExchangeDN: one.legacyExchangeDN,
      softDeleted: isDeleted(one.kind),
      guest: one.isGuest,
      accountDisabled: WITH_ACCOUNT.has(one.kind) ? one.accountDisabled : null,
    };
  }
}
