/** Properties that many rows share, and two ways to write a column down. */
import type { WireValue } from "../cmdlet.ts";
import type { Recipient } from "../organisation/recipient.ts";
import type { Column } from "./columns.ts";
import { date, flag, guid, text, texts } from "./wire-values.ts";

export function of(read: (recipient: Recipient) => WireValue | undefined): Column[1] {
  return ({ recipient }) => read(recipient);
}

export function always(value: WireValue): Column[1] {
  return () => value;
}

function organizationId({ plan }: Recipient): string {
  const parent = `${plan.forestDns.toLowerCase()}/Microsoft Exchange Hosted Organizations/${plan.options.domain}`;
  return `${parent} - ${plan.forestDns.toLowerCase()}/ConfigurationUnits/${plan.options.domain}/Configuration`;
}

/** The tail of every directory object's row. */
export const IDENTITY_COLUMNS: readonly Column[] = [
  ["Identity", of((recipient) => text(recipient.identity))],
  ["Id", of((recipient) => text(recipient.identity))],
  ["IsValid", always(flag(true))],
  ["ExchangeVersion", always(text("0.20 (15.0.0.0)"))],
  ["Name", of((recipient) => text(recipient.name))],
  ["DistinguishedName", of((recipient) => text(recipient.distinguishedName))],
  [
    "ObjectCategory",
    of(({ plan, isGroup }) => text(`${plan.forestDns}/Configuration/Schema/${isGroup ? "Group" : "Person"}`)),
  ],
  [
    "ObjectClass",
    of(({ isGroup }) =>
      texts(isGroup ? ["top", "group"] : ["top", "person", "organizationalPerson", "user"]),
    ),
  ],
  ["WhenChanged", of((recipient) => date(recipient.changedMs))],
  ["WhenCreated", of((recipient) => date(recipient.createdMs))],
  ["WhenChangedUTC", of((recipient) => date(recipient.changedMs))],
  ["WhenCreatedUTC", of((recipient) => date(recipient.createdMs))],
  ["ExchangeObjectId", of((recipient) => guid(recipient.guid))],
  ["OrganizationalUnitRoot", of(({ plan }) => text(plan.options.domain))],
  ["OrganizationId", of((recipient) => text(organizationId(recipient)))],
  ["Guid", of((recipient) => guid(recipient.guid))],
  ["OriginatingServer", of(({ plan }) => text(`AM0${plan.forest.slice(-4)}DC001.${plan.forestDns}`))],
  ["ObjectState", always(text("Unchanged"))],
];
