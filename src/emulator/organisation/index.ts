/**
 * A pretend tenant of any size: mailboxes, people, groups and who may open what, all worked out from a seed when asked for.
 *
 * Promises: the same options give the same tenant; memory does not grow with the number of mailboxes, only with writes;
 * every identity Exchange accepts leads to its object in constant time; `truth()` does not pass through the code that makes rows.
 * Never: speaks HTTP, pages, throttles or fails on purpose. That is the server's.
 */
import { createCmdlets, objectFacts } from "../cmdlets/index.ts";
import type { Organisation, OrganisationOptions } from "../cmdlet.ts";
import { Directory } from "./directory.ts";
import { folderEntries } from "./folder-entries.ts";
import { groupAccess } from "./group-access.ts";
import { groupReceivers } from "./group-receivers.ts";
import { heldOn } from "./held.ts";
import { auditBypassed, mailboxFacts } from "./mailbox-facts.ts";
import type { Model } from "./model.ts";
import { Overlay } from "./overlay.ts";
import { createPlan } from "./plan.ts";
import { principals } from "./principals.ts";
import { truth } from "./truth.ts";

export { DATA_QUIRKS, type DataQuirk } from "./quirks.ts";

/** Most mailboxes a tenant can have: ids carry 24 bits, and the other objects need their share. */
const MOST_MAILBOXES = 1_000_000;

/**
 * Makes a tenant of `mailboxes` user, shared, room and equipment mailboxes, and everything around them.
 * @throws {RangeError} when `mailboxes` is not a whole number from 1 to 1,000,000
 */
export function createOrganisation(options: OrganisationOptions): Organisation {
  const {
    tenantId,
    domain,
    mailboxes,
    seed,
    legacy = false,
    quirk = () => true,
    writeLagMs = () => 0,
    staleMs = () => 0,
  } = options;
  if (!Number.isInteger(mailboxes) || mailboxes < 1 || mailboxes > MOST_MAILBOXES)
    throw new RangeError(
      `Cannot make an organisation of ${mailboxes} mailboxes: give 1 to ${MOST_MAILBOXES}`,
    );
  const plan = createPlan({ tenantId, domain, mailboxes, seed, legacy, quirk });
  const directory = new Directory(plan);
  const model: Model = {
    plan,
    directory,
    overlay: new Overlay(
      (index) => heldOn(plan, index),
      writeLagMs,
      staleMs,
      (index) => directory.isRemoved(index),
    ),
  };
  return {
    tenantId,
    domain,
    mailboxes,
    cmdlets: createCmdlets(model),
    get changes() {
      return model.overlay.changes;
    },
    truth: (sorts) => truth(model, sorts),
    groupAccess: (sorts) => groupAccess(model, sorts),
    groupReceivers: () => groupReceivers(model),
    mailboxFacts: () => mailboxFacts(model),
    folderEntries: () => folderEntries(model),
    principals: () => principals(model),
    auditBypassed: () => auditBypassed(model),
    factsAbout: (identity) => model.directory.find(identity).map((found) => objectFacts(model, found)),
    *written() {
      for (const index of model.overlay.objects()) yield objectFacts(model, model.directory.at(index));
    },
    targets: () => targets(model),
    remove(identity) {
      const found = model.directory.find(identity);
      for (const { index } of found) model.directory.remove(index);
      return found.length > 0;
    },
  };
}

function* targets({ plan, directory }: Model): Iterable<string> {
  for (let index = plan.census.mailboxes.first; index < plan.census.mailboxes.end; index++)
    if (!directory.isRemoved(index)) yield plan.ids.guid("exchange", index);
}
