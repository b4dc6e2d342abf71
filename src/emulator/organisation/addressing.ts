/** Addresses of an object: each holds its family name, by which it is found again. */
import { CAST } from "./census.ts";
import { isGroup, isPerson, isRecipient } from "./kinds.ts";
import { type Numbered, twinAlias, twinOf } from "./naming.ts";
import type { Plan } from "./plan.ts";
import { happens } from "./random.ts";

/** The name every tenant's discovery search mailbox has. */
const DISCOVERY_MAILBOX = "DiscoverySearchMailbox{D919BA05-46A6-415f-80AD-7E09334BB852}";
const PARTNER_DOMAIN = "partner.example";

export function aliasOf(plan: Plan, object: Numbered): string {
  const twin = twinOf(plan, object);
  return twin === undefined
    ? localPartOf(plan, object).replaceAll(/[{}]/g, "")
    : twinAlias(plan, object.index, twin);
}

/** With the casing it was stored in; empty for objects without mail. */
export function primarySmtpOf(plan: Plan, object: Numbered): string {
  if (!isRecipient(object.kind)) return "";
  const local = localPartOf(plan, object);
  if (object.kind === "guest" || object.kind === "contact") return `${local}@${PARTNER_DOMAIN}`;
  const address = `${local}@${domainOf(plan, object)}`;
  const isCapital = happens(plan.draws.address(object.index, 1), 120) && plan.quirk("stored-casing");
  return isCapital ? capitals(address) : address;
}

/** Empty for those who cannot sign in. */
export function userPrincipalNameOf(plan: Plan, object: Numbered): string {
  const { kind, index } = object;
  if (kind === "contact" || isGroup(kind)) return "";
  const local = localPartOf(plan, object);
  if (kind === "guest") return `${local}_${PARTNER_DOMAIN}#EXT#@${plan.domains.initial}`;
  if (kind === "account") return `${local}@${domainOf(plan, object)}`;
  // Sign-in name and address part ways on some accounts.
  return happens(plan.draws.address(index, 2), 50)
    ? `${local}@${plan.domains.initial}`
    : primarySmtpOf(plan, object);
}

/** All proxy addresses with their prefixes; the primary is the upper-case one, and not always the first. */
export function emailAddressesOf(
  plan: Plan,
  object: Numbered,
  own: { readonly guid: string; readonly dirSynced: boolean },
): readonly string[] {
  if (!isRecipient(object.kind)) return [];
  const { domains, ids, draws, options } = plan;
  const primary = primarySmtpOf(plan, object);
  const tag = ids.tag(object.index);
  const routing = `${localPartOf(plan, object)}@${domains.initial}`;
  const addresses = [`SMTP:${primary}`];
  if (routing !== primary.toLowerCase()) addresses.unshift(`smtp:${routing}`);
  if (happens(draws.address(object.index, 3), 300)) addresses.push(`smtp:old.${tag}@${domains.second}`);
  if (object.kind === "user") {
    addresses.unshift(`SIP:${primary.toLowerCase()}`);
    addresses.push(`SPO:SPO_${own.guid}@SPO_${options.tenantId}`);
  }
  if (own.dirSynced) addresses.push(`x500:/o=ExchangeOnPrem/ou=First/cn=Recipients/cn=${tag}`);
  return addresses;
}

/** Left side of the primary address, in lower case. */
function localPartOf(plan: Plan, object: Numbered): string {
  const { index, kind } = object;
  if (kind === "discovery") return DISCOVERY_MAILBOX.toLowerCase();
  const twin = twinOf(plan, object);
  if (twin !== undefined) return twinAlias(plan, index, twin).toLowerCase();
  const tag = plan.ids.tag(index);
  if (index === CAST.executive) return `ceo.${tag}`;
  if (index === CAST.hub) return `svc-backup.${tag}`;
  const style = plan.draws.address(index) % 100;
  if (!isPerson(kind)) return style < 50 ? tag : `${kind.slice(0, 4)}.${tag}`;
  if (style < 2) return `o'${tag}`;
  if (style < 3) return `r&d.${tag}`;
  const given = plan.displayNames.givenName(index);
  if (style < 60) return `${given}.${tag}`;
  return style < 80 ? `${given.charAt(0)}${tag}` : `${tag}.${given.charAt(0)}`;
}

function domainOf({ draws, domains }: Plan, { index, kind }: Numbered): string {
  const style = draws.domain(index) % 100;
  if (kind === "system" || kind === "discovery" || style < 8) return domains.initial;
  if (style < 12) return domains.international;
  return style < 30 ? domains.second : domains.main;
}

function capitals(address: string): string {
  return address.replaceAll(/(?:^|(?<=[.@]))[a-z]/g, (letter) => letter.toUpperCase());
}
