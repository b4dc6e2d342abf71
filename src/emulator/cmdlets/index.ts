/** The cmdlets of the pretend service: each answers with typed rows or a failure in Exchange's words, from the organisation's model. */
import type { Cmdlet } from "../cmdlet.ts";
import type { Model } from "../organisation/model.ts";
import { type Definition, defineCmdlet } from "./define.ts";
import { getGroup } from "./get-group.ts";
import { getMailbox } from "./get-mailbox.ts";
import { getMailboxPermission } from "./get-mailbox-permission.ts";
import { getRecipient } from "./get-recipient.ts";
import { getRecipientPermission } from "./get-recipient-permission.ts";
import { getUser } from "./get-user.ts";

const DEFINITIONS: readonly Definition[] = [
  getGroup,
  getMailbox,
  getMailboxPermission,
  getRecipient,
  getRecipientPermission,
  getUser,
];

/** All cmdlets by lower-case name. */
export function createCmdlets(model: Model): ReadonlyMap<string, Cmdlet> {
  return new Map(
    DEFINITIONS.map((definition) => [definition.name.toLowerCase(), defineCmdlet(model, definition)]),
  );
}
